//! Event logs made here, for registers that a made quote signs: ATT-230, ATT-232, ATT-250.

use aws_lc_rs::digest::{SHA384, digest};
use ca2a_attest::{
    appraisal::{Context, PlatformPolicy as _, tdx::TdxPolicy},
    verify::tdx::{Quote, checks},
};
use ca2a_covers::covers;

use super::plan::{NOW, Plan};

const SEPARATOR: u32 = 0x4;
const IPL: u32 = 0xd;
const VARIABLE_BOOT: u32 = 0x8000_0002;
const SHA384_ID: u16 = 0x0c;
/// Where RTMR0 stands in a body.
const RTMR: usize = 328;

/// An event, and the data that its digest was made of.
#[derive(Clone)]
struct Event {
    register: u32,
    kind: u32,
    data: Vec<u8>,
    measured: Vec<u8>,
}

fn event(register: u32, kind: u32, data: &[u8]) -> Event {
    Event { register, kind, data: data.into(), measured: data.into() }
}

fn sha384(parts: &[&[u8]]) -> Vec<u8> {
    digest(&SHA384, &parts.concat()).as_ref().to_vec()
}

fn sized(data: &[u8]) -> Vec<u8> {
    [&u32::try_from(data.len()).unwrap().to_le_bytes()[..], data].concat()
}

/// The log of `events` with the digests of `bank`, filled up as a table of ACPI is.
fn log(events: &[Event], bank: u16) -> Vec<u8> {
    let length: u16 = if bank == SHA384_ID { 48 } else { 32 };
    let mut spec = b"Spec ID Event03\0\0\0\0\0\0\x02\0\x02\x01\0\0\0".to_vec();
    spec.extend([bank.to_le_bytes(), length.to_le_bytes()].concat());
    spec.push(0);
    let mut out = [&[0, 0, 0, 0, 3, 0, 0, 0][..], &[0; 20], &sized(&spec)].concat();
    for event in events {
        out.extend([event.register, event.kind, 1].map(u32::to_le_bytes).concat());
        out.extend(bank.to_le_bytes());
        out.extend_from_slice(&sha384(&[&event.measured])[..length.into()]);
        out.extend(sized(&event.data));
    }
    out.extend([0xff; 64]);
    out
}

/// A plan whose registers are those that `events` lead to.
fn measured(events: &[Event]) -> Plan {
    let mut registers = [[0; 48]; 4];
    for event in events {
        let Some(register) = registers.get_mut((event.register as usize).wrapping_sub(1)) else { continue };
        *register = sha384(&[&*register, &sha384(&[&event.measured])]).try_into().unwrap();
    }
    let mut plan = Plan::new();
    plan.body[RTMR..RTMR + 4 * 48].copy_from_slice(&registers.concat());
    plan.event_log = Some(log(events, SHA384_ID));
    plan
}

/// A boot: something in every register, two events in the first of them.
fn boot() -> Vec<Event> {
    vec![
        event(1, SEPARATOR, &[0; 4]),
        event(2, IPL, b"a loader"),
        event(1, IPL, b"a table"),
        event(3, IPL, b"a kernel"),
        event(4, SEPARATOR, b"\0\0\0\0"),
    ]
}

#[track_caller]
fn refused(plan: Plan) {
    let error = plan.verify().unwrap_err();
    println!("{error}");
    assert_eq!(error.check, checks::EVENT_LOG);
}

#[test]
fn a_log_that_leads_to_the_registers_is_a_claim() {
    covers!(accept, "ATT-230", "ATT-250");
    covers!(refuse, "ATT-250");
    let verified = measured(&boot()).verify().unwrap();
    assert_eq!(verified.claims().event_log.unwrap().events, 5);
    let policy = TdxPolicy { require_event_log: true, ..TdxPolicy::default() };
    let failed = |claims| {
        let checks = policy.appraise(claims, &Context { now: NOW, ..Context::default() });
        checks.into_iter().filter(|check| check.failed()).map(|check| check.id).collect::<Vec<_>>()
    };
    assert!(failed(verified.claims()).is_empty());
    assert_eq!(failed(Plan::new().verify().unwrap().claims()), [checks::EVENT_LOG]);
}

#[test]
fn a_log_that_leads_elsewhere_is_refused() {
    covers!(refuse, "ATT-230");
    let with = |change: fn(&mut Vec<Event>)| {
        let mut events = boot();
        change(&mut events);
        let mut plan = measured(&boot());
        plan.event_log = Some(log(&events, SHA384_ID));
        refused(plan);
    };
    with(|events| {
        events.pop();
    });
    with(|events| events.swap(0, 2));
    with(|events| events[3].measured = b"another kernel".to_vec());
    with(|events| events[3].register = 4);
    // MRTD, and a register that no quote signs: even where the rest leads to the four.
    with(|events| events.push(event(0, IPL, b"firmware")));
    with(|events| events.push(event(5, IPL, b"more")));
    with(Vec::clear);
}

#[test]
fn a_log_is_of_the_registers_hash_and_whole() {
    covers!(refuse, "ATT-230");
    let mut other_bank = measured(&boot());
    other_bank.event_log = Some(log(&boot(), 0x0b));
    refused(other_bank);
    let whole = log(&boot(), SHA384_ID);
    let end = whole.len() - 64;
    for length in [0, 8, 60, end - 1] {
        let mut cut = measured(&boot());
        cut.event_log = Some(whole[..length].to_vec());
        refused(cut);
    }
    let mut more = measured(&boot());
    more.event_log = Some([&whole[..], &[1]].concat());
    refused(more);
}

/// UEFI_VARIABLE_DATA of a variable called `B` with `value`.
fn variable(value: &[u8]) -> Vec<u8> {
    let lengths = [1_u64.to_le_bytes(), (value.len() as u64).to_le_bytes()].concat();
    [&[7; 16][..], &lengths, b"B\0", value].concat()
}

#[test]
fn data_that_were_measured_are_those_of_the_digest() {
    covers!(accept, "ATT-232");
    covers!(refuse, "ATT-232");
    const MEASURED: [u32; 5] = [SEPARATOR, 0x8000_0001, 0x8000_0006, 0x8000_0007, 0x8000_00e0];
    let with = |kind, data: &[u8], of: &[u8]| {
        let event = Event { register: 1, kind, data: data.into(), measured: of.into() };
        let events = [&boot()[..], &[event]].concat();
        // The registers are those of the digests: what the log says beside them is another matter.
        Quote::parse(&measured(&events).make().quote).unwrap().body().replay(&log(&events, SHA384_ID)).is_ok()
    };
    for kind in MEASURED {
        assert!(with(kind, b"data", b"data"), "{kind:#x}");
        assert!(!with(kind, b"data", b"other data"), "{kind:#x}");
    }
    let boot = variable(b"disk");
    assert!(with(VARIABLE_BOOT, &boot, &boot), "whole");
    assert!(with(VARIABLE_BOOT, &boot, b"disk"), "its value");
    assert!(!with(VARIABLE_BOOT, &boot, b"net"));
    assert!(!with(VARIABLE_BOOT, &boot[..boot.len() - 1], b"disk"), "no variable");
    assert!(!with(VARIABLE_BOOT, &[&boot[..], &[0]].concat(), b"disk"), "more than a variable");
    // A hint is whatever it is.
    assert!(with(IPL, b"a kernel", b"what was loaded"));
}
