//! Whatever happens: no report over another field, no attempt after the deadline, nothing left behind.

use std::time::Duration;

use ca2a_attest::collect::CollectError;
use proptest::{collection::vec, prelude::*, sample::select};

use super::{
    fake::{FIELD, FILES, Fake, Fault, Op, PATIENCE},
    kernel::Kernel,
};

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        1 => Just(Op::Make),
        6 => select(&FILES[..]).prop_map(Op::Read),
        3 => select(&["inblob", "privlevel"][..]).prop_map(Op::Write),
    ]
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        select(vec![2, 4, 5, 6, 11, 13, 16, 22, 25, 27, 110]).prop_map(Fault::Errno),
        (0_u64..8_000).prop_map(|late| Fault::Late(Duration::from_millis(late), 16)),
        (0_usize..1_200).prop_map(Fault::Short),
        Just(Fault::Dropped),
        (0_usize..1).prop_map(Fault::Partial),
        any::<u8>().prop_map(|byte| Fault::Other([byte; 64])),
        vec(any::<u8>(), 0..1_300).prop_map(Fault::Holds),
    ]
}

fn kernel() -> impl Strategy<Value = Kernel> {
    let provider = select(vec![Some("sev_guest"), Some("tdx_guest"), Some("arm_cca_guest"), None]);
    let floor = proptest::option::of(0_u8..4);
    let table = proptest::option::of(vec(any::<u8>(), 0..200));
    (provider, floor, table).prop_map(|(provider, floor, table)| Kernel {
        provider,
        floor,
        table,
        entries: std::collections::BTreeMap::new(),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_setback_gives_a_report_over_another_field(
        kernel in kernel(),
        faults in vec((op(), fault(), prop_oneof![1_u32..4, Just(u32::MAX)]), 0..6),
    ) {
        let mut fake = Fake::of(kernel);
        for (op, fault, times) in faults {
            fake = fake.with(op, fault, times);
        }
        let outcome = fake.collect();
        if let Some(last) = fake.clock.sleeps.last() {
            prop_assert!(*last <= Duration::from_secs(2));
        }
        let slept: Duration = fake.clock.sleeps.iter().sum();
        prop_assert!(slept < PATIENCE);
        prop_assert!(fake.kernel.entries.is_empty());
        match outcome {
            Ok(report) => {
                let start = if report.platform().as_str() == "sev-snp" { 0x50 } else { 48 + 520 };
                let at = if report.bytes()[0] == 5 && start != 0x50 { start + 6 } else { start };
                prop_assert_eq!(&report.bytes()[at..at + 64], &FIELD);
                prop_assert!(report.attempts() as usize <= fake.calls(Op::Read("generation")));
            }
            Err(CollectError::Deadline { attempts, .. }) => prop_assert!((1..=16).contains(&attempts)),
            Err(_) => {}
        }
    }
}
