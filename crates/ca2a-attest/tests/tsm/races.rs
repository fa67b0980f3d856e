//! What other processes do to an entry in between, and what the kernel does not say: only the counter tells (ATT-521).

use std::time::Duration;

use ca2a_attest::collect::CollectError;
use ca2a_covers::covers;

use super::{
    fake::{FIELD, Fake, Fault, Op},
    kernel::report,
};

const THEIRS: [u8; 64] = [0xee; 64];

/// One race: the second attempt gives the report that was asked for.
fn is_seen(mut fake: Fake) {
    let report = fake.collect().unwrap();
    assert_eq!(report.attempts(), 2);
    assert_eq!(fake.clock.sleeps, [Duration::from_millis(10)]);
    assert_eq!(report.bytes()[0x50..0x90], FIELD);
    assert!(fake.kernel.entries.is_empty());
}

#[test]
fn a_request_that_the_kernel_drops_is_seen_before_a_report_is_read() {
    covers!(refuse, "ATT-521");
    let mut fake = Fake::snp().with(Op::Write("inblob"), Fault::Dropped, 1);
    assert_eq!(fake.collect().unwrap().attempts(), 2);
    assert_eq!(fake.calls(Op::Read("outblob")), 1);
}

#[test]
fn a_level_that_the_kernel_drops_is_seen() {
    is_seen(Fake::snp().with(Op::Write("privlevel"), Fault::Dropped, 1));
}

#[test]
fn a_request_that_the_kernel_drops_for_ever_ends_at_the_deadline() {
    let mut fake = Fake::snp().with(Op::Write("inblob"), Fault::Dropped, u32::MAX);
    let error = fake.collect().unwrap_err();
    let CollectError::Deadline { attempts: 16, setback } = &error else { panic!("{error}") };
    assert_eq!(&**setback, "the request was not taken: `generation` is 16 and not 17");
    assert_eq!(fake.calls(Op::Read("outblob")), 0);
    assert_eq!(fake.clock.now(), Duration::from_millis(9_270));
}

#[test]
fn a_write_that_was_cut_short_is_made_again() {
    covers!(accept, "ATT-522");
    is_seen(Fake::snp().with(Op::Write("inblob"), Fault::Partial(12), 1));
}

#[test]
fn another_request_before_ours_is_seen() {
    covers!(refuse, "ATT-521");
    is_seen(Fake::snp().with(Op::Write("inblob"), Fault::Other(THEIRS), 1));
}

#[test]
fn another_request_before_the_report_is_read_is_seen() {
    covers!(refuse, "ATT-521");
    is_seen(Fake::snp().with(Op::Read("outblob"), Fault::Other(THEIRS), 1));
}

#[test]
fn another_request_between_report_and_table_is_seen() {
    covers!(refuse, "ATT-521");
    is_seen(Fake::snp().with(Op::Read("auxblob"), Fault::Other(THEIRS), 1));
}

#[test]
fn another_request_before_the_provider_is_read_is_seen() {
    covers!(refuse, "ATT-521");
    is_seen(Fake::snp().with(Op::Read("provider"), Fault::Other(THEIRS), 1));
}

#[test]
fn another_process_that_never_rests_wins_until_the_deadline() {
    covers!(refuse, "ATT-521", "ATT-522");
    let mut fake = Fake::snp().with(Op::Read("outblob"), Fault::Other(THEIRS), u32::MAX);
    let error = fake.collect().unwrap_err();
    let CollectError::Deadline { attempts: 16, setback } = &error else { panic!("{error}") };
    assert!(setback.starts_with("another process used the entry"), "{setback}");
}

/// The counter stands still and the report is about something else: firmware or host lie, and would do so again.
#[test]
fn a_report_over_another_field_is_final() {
    covers!(refuse, "ATT-525");
    let mut fake = Fake::snp().with(Op::Read("outblob"), Fault::Holds(report(&THEIRS)), 1);
    let error = fake.collect().unwrap_err();
    assert!(matches!(error, CollectError::Foreign), "{error}");
    assert!(fake.clock.sleeps.is_empty());
}

#[test]
fn an_entry_that_another_process_removes_is_final() {
    for file in ["generation", "outblob", "provider"] {
        let mut fake = Fake::tdx().with(Op::Read(file), Fault::Removed, 1);
        let error = fake.collect().unwrap_err();
        assert!(matches!(error, CollectError::Step { .. }), "{file}: {error}");
        assert!(fake.clock.sleeps.is_empty());
    }
}
