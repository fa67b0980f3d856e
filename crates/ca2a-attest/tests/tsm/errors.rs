//! Each errno of the kernel: how often it is tried, and until when (ATT-521 to ATT-523).

use std::time::Duration;

use ca2a_attest::collect::{
    CollectError,
    tsm::{self, TsmFs as _},
};
use ca2a_core::ErrorCode;
use ca2a_covers::covers;

use super::{
    fake::{Fake, Fault, Op, PATIENCE, RANDOMNESS},
    kernel::Kernel,
};

const EIO: i32 = 5;
const EINTR: i32 = 4;
const ENOENT: i32 = 2;
const ENXIO: i32 = 6;
const EAGAIN: i32 = 11;
const EACCES: i32 = 13;
const EBUSY: i32 = 16;
const EINVAL: i32 = 22;
const ENOTTY: i32 = 25;
const EFBIG: i32 = 27;
const ETIMEDOUT: i32 = 110;

const OUTBLOB: Op = Op::Read("outblob");

/// Strikes `op` three times: the fourth attempt succeeds, after three pauses that grow.
fn passes(mut fake: Fake, op: Op) {
    let report = fake.collect().unwrap();
    assert_eq!(fake.calls(op), 4);
    if op != Op::Make {
        assert_eq!(report.attempts(), 4);
    }
    let pauses: Vec<u128> = fake.clock.sleeps.iter().map(Duration::as_millis).collect();
    // Without jitter (randomness of zeros) a pause is half of 20 ms, of 40 ms, of 80 ms.
    assert_eq!(pauses, [10, 20, 40]);
    assert!(fake.kernel.entries.is_empty(), "the entry is left behind");
}

/// Strikes `op` for ever: it is tried until ten seconds have nearly gone by, and not after.
fn gives_up_at_the_deadline(mut fake: Fake, op: Op) -> String {
    let error = fake.collect().unwrap_err();
    let CollectError::Deadline { attempts, setback } = &error else { panic!("{error}") };
    // 10, 20, 40, .. 640 ms make 1.27 s; then one second each: 8 of them fit before the tenth second.
    assert_eq!(*attempts, 16);
    assert_eq!(fake.calls(op), 16);
    assert_eq!(fake.clock.now(), Duration::from_millis(9_270));
    assert!(fake.clock.now() < PATIENCE);
    assert_eq!(error.code(), ErrorCode::AttestationFailed);
    assert!(fake.kernel.entries.is_empty(), "the entry is left behind");
    setback.to_string()
}

/// Strikes `op` once: that is the end, at once.
fn is_final(mut fake: Fake, op: Op) -> CollectError {
    let error = fake.collect().unwrap_err();
    assert_eq!(fake.calls(op), 1);
    assert!(fake.clock.sleeps.is_empty());
    assert!(fake.kernel.entries.is_empty(), "the entry is left behind");
    error
}

fn step(error: &CollectError) -> (&str, Option<i32>) {
    let CollectError::Step { step, source } = error else { panic!("{error}") };
    (step, source.raw_os_error())
}

#[test]
fn the_first_attempt_is_enough_where_nothing_is_in_the_way() {
    covers!(accept, "ATT-519", "ATT-521");
    let mut fake = Fake::snp();
    let report = fake.collect().unwrap();
    assert_eq!((report.attempts(), fake.clock.sleeps.len()), (1, 0));
    assert_eq!(fake.calls(Op::Write("inblob")), 1);
    assert_eq!(fake.calls(Op::Read("generation")), 3);
}

#[test]
fn ebusy_of_outblob_passes() {
    covers!(accept, "ATT-522");
    passes(Fake::tdx().with(OUTBLOB, Fault::Errno(EBUSY), 3), OUTBLOB);
}

#[test]
fn eintr_of_outblob_passes() {
    covers!(accept, "ATT-522");
    passes(Fake::tdx().with(OUTBLOB, Fault::Errno(EINTR), 3), OUTBLOB);
}

#[test]
fn eagain_of_outblob_passes() {
    covers!(accept, "ATT-522");
    passes(Fake::snp().with(OUTBLOB, Fault::Errno(EAGAIN), 3), OUTBLOB);
}

#[test]
fn ebusy_of_inblob_passes() {
    let op = Op::Write("inblob");
    passes(Fake::snp().with(op, Fault::Errno(EBUSY), 3), op);
}

#[test]
fn ebusy_of_privlevel_passes() {
    let op = Op::Write("privlevel");
    passes(Fake::snp().with(op, Fault::Errno(EBUSY), 3), op);
}

#[test]
fn eintr_of_auxblob_passes() {
    let op = Op::Read("auxblob");
    passes(Fake::snp().with(op, Fault::Errno(EINTR), 3), op);
}

#[test]
fn eintr_of_mkdir_passes() {
    passes(Fake::snp().with(Op::Make, Fault::Errno(EINTR), 3), Op::Make);
}

#[test]
fn ebusy_for_ever_ends_at_the_deadline() {
    covers!(refuse, "ATT-519", "ATT-522");
    let setback = gives_up_at_the_deadline(Fake::tdx().with(OUTBLOB, Fault::Errno(EBUSY), u32::MAX), OUTBLOB);
    assert!(setback.starts_with("reading `outblob`: "), "{setback}");
}

#[test]
fn eintr_of_mkdir_for_ever_ends_at_the_deadline() {
    covers!(refuse, "ATT-522");
    gives_up_at_the_deadline(Fake::snp().with(Op::Make, Fault::Errno(EINTR), u32::MAX), Op::Make);
}

#[test]
fn what_the_kernel_takes_long_for_counts() {
    covers!(refuse, "ATT-522");
    let slow = Fault::Late(Duration::from_secs(6), EINTR);
    let mut fake = Fake::snp().with(OUTBLOB, slow, u32::MAX);
    let error = fake.collect().unwrap_err();
    assert!(matches!(error, CollectError::Deadline { attempts: 2, .. }), "{error}");
    assert_eq!(fake.calls(OUTBLOB), 2);
}

#[test]
fn einval_of_outblob_is_final() {
    covers!(refuse, "ATT-519", "ATT-523");
    let error = is_final(Fake::snp().with(OUTBLOB, Fault::Errno(EINVAL), 1), OUTBLOB);
    assert_eq!(step(&error), ("reading `outblob`", Some(EINVAL)));
}

#[test]
fn enotty_of_a_wiped_key_is_final() {
    covers!(refuse, "ATT-523");
    let error = is_final(Fake::snp().with(OUTBLOB, Fault::Errno(ENOTTY), 1), OUTBLOB);
    assert_eq!(step(&error), ("reading `outblob`", Some(ENOTTY)));
    assert_eq!(error.code(), ErrorCode::AttestationFailed);
}

#[test]
fn etimedout_is_final_for_the_kernel_has_waited() {
    covers!(refuse, "ATT-523");
    let error = is_final(Fake::tdx().with(OUTBLOB, Fault::Errno(ETIMEDOUT), 1), OUTBLOB);
    assert_eq!(step(&error), ("reading `outblob`", Some(ETIMEDOUT)));
}

#[test]
fn eio_of_the_hypercall_is_final() {
    covers!(refuse, "ATT-523");
    let error = is_final(Fake::tdx().with(OUTBLOB, Fault::Errno(EIO), 1), OUTBLOB);
    assert_eq!(step(&error), ("reading `outblob`", Some(EIO)));
}

#[test]
fn efbig_of_auxblob_is_final() {
    let op = Op::Read("auxblob");
    let error = is_final(Fake::snp().with(op, Fault::Errno(EFBIG), 1), op);
    assert_eq!(step(&error), ("reading `auxblob`", Some(EFBIG)));
}

#[test]
fn eacces_of_mkdir_is_final() {
    let error = is_final(Fake::snp().with(Op::Make, Fault::Errno(EACCES), 1), Op::Make);
    assert_eq!(step(&error), ("making an entry in `the fake`", Some(EACCES)));
}

#[test]
fn enoent_of_mkdir_means_no_such_interface() {
    covers!(refuse, "ATT-523");
    let error = is_final(Fake::snp().with(Op::Make, Fault::Errno(ENOENT), 1), Op::Make);
    assert!(matches!(error, CollectError::NoInterface { .. }), "{error}");
    assert_eq!(error.code(), ErrorCode::AttestationUnsupported);
}

#[test]
fn enxio_of_mkdir_means_no_provider() {
    covers!(refuse, "ATT-523");
    let mut fake = Fake::of(Kernel { provider: None, ..Kernel::snp() });
    let error = fake.collect().unwrap_err();
    assert!(matches!(error, CollectError::NoProvider { .. }), "{error}");
    assert_eq!((fake.calls(Op::Make), error.code()), (1, ErrorCode::AttestationUnsupported));
}

#[test]
fn enxio_of_outblob_means_that_the_provider_went_away() {
    let error = is_final(Fake::snp().with(OUTBLOB, Fault::Errno(ENXIO), 1), OUTBLOB);
    let text = error.to_string();
    assert!(text.starts_with("`the fake` has no provider"), "{text}");
}

#[test]
fn an_entry_of_the_same_name_is_not_taken_over() {
    covers!(refuse, "ATT-519");
    let mut fake = Fake::snp();
    fake.make(&format!("ca2a-{}", "00".repeat(16))).unwrap();
    let error = fake.collect().unwrap_err();
    assert!(matches!(error, CollectError::Step { .. }), "{error}");
    assert_eq!(fake.kernel.entries.len(), 1, "the entry of the other process is gone");
}

#[test]
fn a_guest_above_vmpl_0_asks_at_its_floor() {
    covers!(accept, "ATT-519");
    let mut fake = Fake::of(Kernel { floor: Some(2), ..Kernel::snp() });
    assert_eq!(fake.collect().unwrap().attempts(), 1);
    assert_eq!(fake.calls(Op::Write("privlevel")), 1);
}

#[test]
fn a_floor_that_is_no_level_is_final() {
    for floor in ["4", "-1", "two", ""] {
        let op = Op::Read("privlevel_floor");
        let error = is_final(Fake::snp().with(op, Fault::Holds(floor.into()), 1), op);
        assert!(matches!(error, CollectError::Content { file: "privlevel_floor", .. }), "{error}");
    }
}

#[test]
fn a_provider_without_levels_is_given_none() {
    let mut fake = Fake::tdx();
    fake.collect().unwrap();
    assert_eq!(fake.calls(Op::Write("privlevel")), 0);
}

#[test]
fn a_provider_that_nobody_here_knows_is_refused() {
    covers!(refuse, "ATT-523");
    let mut fake = Fake::of(Kernel { provider: Some("arm_cca_guest"), ..Kernel::tdx() });
    let error = fake.collect().unwrap_err();
    assert!(error.to_string().contains("`arm_cca_guest`"), "{error}");
    assert_eq!(error.code(), ErrorCode::AttestationUnsupported);
}

#[test]
fn the_platform_is_seen_without_a_report() {
    covers!(accept, "ATT-523");
    let (mut snp, mut tdx) = (Fake::snp(), Fake::tdx());
    for (fake, name) in [(&mut snp, "sev-snp"), (&mut tdx, "tdx")] {
        let mut clock = fake.clock.clone();
        let found = tsm::detect(fake, &mut clock, RANDOMNESS, PATIENCE).unwrap();
        assert_eq!(found.as_str(), name);
        assert_eq!((fake.calls(OUTBLOB), fake.calls(Op::Write("inblob"))), (0, 0));
        assert!(fake.kernel.entries.is_empty());
    }
}
