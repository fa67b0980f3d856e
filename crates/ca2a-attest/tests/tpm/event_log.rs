//! The TCG event log. Covers ATT-380 to ATT-383.

use ca2a_attest::verify::{
    event_log::{Event, EventLog, Padding},
    hash::HashAlgorithm,
};
use ca2a_covers::covers;
use proptest::prelude::*;

const EV_SEPARATOR: u32 = 4;

fn sized(data: &[u8]) -> Vec<u8> {
    [&u32::try_from(data.len()).unwrap().to_le_bytes()[..], data].concat()
}

fn header(banks: &[(u16, u16)]) -> Vec<u8> {
    let mut spec = b"Spec ID Event03\0".to_vec();
    spec.extend([0, 0, 0, 0, 0, 2, 0, 2]);
    spec.extend(u32::try_from(banks.len()).unwrap().to_le_bytes());
    for (id, size) in banks {
        spec.extend(id.to_le_bytes());
        spec.extend(size.to_le_bytes());
    }
    spec.push(0);
    [&[0, 0, 0, 0, 3, 0, 0, 0][..], &[0; 20], &sized(&spec)].concat()
}

fn event(register: u32, kind: u32, digests: &[(u16, &[u8])], data: &[u8]) -> Vec<u8> {
    let mut out = [register.to_le_bytes(), kind.to_le_bytes()].concat();
    out.extend(u32::try_from(digests.len()).unwrap().to_le_bytes());
    for (id, digest) in digests {
        out.extend(id.to_le_bytes());
        out.extend_from_slice(digest);
    }
    out.extend(sized(data));
    out
}

const SHA256: u16 = 0x0b;
const BOTH: [(u16, u16); 2] = [(SHA256, 32), (0x12, 32)];

/// A register, the type of an event, its digest and its data.
pub type Measured = (u32, u32, [u8; 32], &'static [u8]);

/// Two banks, one of which nobody here knows.
pub fn log(events: &[Measured]) -> Vec<u8> {
    let mut log = header(&BOTH);
    for (register, kind, digest, data) in events {
        log.extend(event(*register, *kind, &[(SHA256, digest), (0x12, &[9; 32])], data));
    }
    log
}

fn replay(log: &[u8], register: u32, value: &[u8]) -> bool {
    let log = EventLog::parse(log, Padding::None).unwrap();
    log.replay(HashAlgorithm::Sha256).unwrap().gives(register, value)
}

fn extend(value: &[u8], digest: &[u8]) -> Box<[u8]> {
    HashAlgorithm::Sha256.digest(&[value, digest])
}

#[test]
fn registers_are_extended_in_order() {
    covers!(accept, "ATT-382");
    covers!(refuse, "ATT-382");
    let log = log(&[(0, EV_SEPARATOR, [1; 32], b""), (1, 8, [5; 32], b""), (0, EV_SEPARATOR, [2; 32], b"")]);
    assert!(replay(&log, 0, &extend(&extend(&[0; 32], &[1; 32]), &[2; 32])));
    assert!(!replay(&log, 0, &extend(&extend(&[0; 32], &[2; 32]), &[1; 32])));
    assert!(replay(&log, 1, &extend(&[0; 32], &[5; 32])));
    assert!(replay(&log, 2, &[0; 32]), "nobody extends it");
    assert!(!replay(&log, 2, &[0; 31]));
    let read = EventLog::parse(&log, Padding::None).unwrap();
    assert_eq!(read.banks(), [HashAlgorithm::Sha256]);
    assert!(read.replay(HashAlgorithm::Sha384).is_none());
}

/// EV_NO_ACTION extends nothing; that of the startup locality says where PCR 0 begins, if it comes first.
#[test]
fn no_action_is_none() {
    covers!(accept, "ATT-381");
    covers!(refuse, "ATT-381");
    let other = (0, Event::NO_ACTION, [7; 32], &b"whatever"[..]);
    let locality = (0, Event::NO_ACTION, [0; 32], &b"StartupLocality\0\x03"[..]);
    let measured = (0, EV_SEPARATOR, [1; 32], &b""[..]);
    let mut start = [0; 32];
    assert!(replay(&log(&[other, measured]), 0, &extend(&start, &[1; 32])));
    assert!(replay(&log(&[measured, locality]), 0, &extend(&start, &[1; 32])));
    start[31] = 3;
    assert!(replay(&log(&[other, locality, measured]), 0, &extend(&start, &[1; 32])));
}

#[test]
fn data_count_only_under_their_digest() {
    covers!(accept, "ATT-383");
    covers!(refuse, "ATT-383");
    let digest: [u8; 32] = HashAlgorithm::Sha256.digest(&[b"\0\0\0\0"]).as_ref().try_into().unwrap();
    let log = log(&[
        (7, EV_SEPARATOR, digest, b"\0\0\0\0"),
        (7, EV_SEPARATOR, digest, b"\0\0\0\x01"),
        (7, Event::NO_ACTION, digest, b"\0\0\0\0"),
    ]);
    let read = EventLog::parse(&log, Padding::None).unwrap();
    let measured: Vec<bool> =
        read.events().iter().map(|event| event.data_is_measured(HashAlgorithm::Sha256)).collect();
    assert_eq!(measured, [true, false, false]);
}

#[test]
fn a_log_is_read_to_its_last_byte() {
    covers!(accept, "ATT-380");
    covers!(refuse, "ATT-380");
    let good = log(&[(0, EV_SEPARATOR, [1; 32], b"abc")]);
    assert!(EventLog::parse(&good, Padding::None).is_ok());
    let head = header(&BOTH).len();
    for end in (0..good.len()).filter(|end| *end != head) {
        assert!(EventLog::parse(&good[..end], Padding::None).is_err(), "{end}");
    }
    let padded = |byte: u8| [&good[..], &[byte; 40]].concat();
    assert!(EventLog::parse(&padded(0xff), Padding::None).is_err());
    assert!(EventLog::parse(&padded(0xff), Padding::Table).is_ok());
    assert!(EventLog::parse(&padded(0x00), Padding::Table).is_ok());
    assert!(EventLog::parse(&[padded(0x00), vec![1]].concat(), Padding::Table).is_err());
}

#[test]
fn a_header_declares_the_banks_of_every_event() {
    covers!(accept, "ATT-380");
    covers!(refuse, "ATT-380");
    let parse =
        |header: Vec<u8>, event: Vec<u8>| EventLog::parse(&[header, event].concat(), Padding::None).is_ok();
    let digest = [1; 32];
    let good = || event(0, EV_SEPARATOR, &[(0x12, &digest), (SHA256, &digest)], b"");
    assert!(parse(header(&BOTH), good()), "in any order");
    assert!(!parse(header(&BOTH), event(0, EV_SEPARATOR, &[(SHA256, &digest)], b"")), "one is missing");
    assert!(
        !parse(header(&BOTH), event(0, EV_SEPARATOR, &[(SHA256, &digest), (SHA256, &digest)], b"")),
        "twice"
    );
    assert!(
        !parse(header(&BOTH), event(0, EV_SEPARATOR, &[(SHA256, &digest), (4, &digest[..20])], b"")),
        "another"
    );
    for banks in [&[(SHA256, 20)][..], &[(SHA256, 32), (SHA256, 32)], &[(0x77, 0)], &[(0x77, 65)], &[]] {
        assert!(!parse(header(banks), Vec::new()), "{banks:?}");
    }
    let mut old = header(&BOTH);
    let place = old.windows(2).position(|pair| pair == b"03").unwrap();
    old[place + 1] = b'2';
    assert!(!parse(old, Vec::new()));
}

proptest! {
    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), headed in any::<bool>()) {
        let bytes = if headed { [header(&BOTH), bytes].concat() } else { bytes };
        for padding in [Padding::None, Padding::Table] {
            if let Ok(log) = EventLog::parse(&bytes, padding) {
                for bank in HashAlgorithm::ALL {
                    let _ = log.replay(bank);
                }
            }
        }
    }
}
