//! Event logs of trust domains (ATT-230, ATT-232).

use ca2a_attest::verify::{
    EvidenceError,
    tdx::{Quote, ReplayedCcel, checks},
};

use super::evidence::{Case, cases};

fn replay(case: &Case, log: &[u8]) -> Result<ReplayedCcel, EvidenceError> {
    let quote = case.quote();
    Quote::parse(&quote).unwrap().body().replay(log)
}

#[test]
fn every_case_gets_its_verdict() {
    for case in cases("ccel") {
        let log = case.file("log").unwrap();
        let replayed = replay(&case, &log);
        println!("{}: {replayed:?}", case.id);
        assert_eq!(replayed.is_ok(), case.verdict.starts_with("accept"), "{}", case.id);
    }
}

/// Whatever is changed in what a digest covers, the log is refused: it leads elsewhere, or its data is not that of its
/// digest. A third of this log is under no digest. Every fifth byte, and with `CA2A_LONG=1` every one.
#[test]
fn a_digest_that_is_changed_is_seen() {
    let Some(case) = cases("ccel").into_iter().find(|case| case.verdict == "accept") else { return };
    let log = case.file("log").unwrap();
    let mut survivors = Vec::new();
    let mut refused = 0;
    let stride = if std::env::var_os("CA2A_LONG").is_some() { 1 } else { 5 };
    for at in (0..log.len()).step_by(stride) {
        let mut changed = log.clone();
        changed[at] ^= 1;
        match replay(&case, &changed) {
            Ok(_) => survivors.push(at),
            Err(error) => {
                assert_eq!(error.check, checks::EVENT_LOG);
                refused += 1;
            }
        }
    }
    println!("event log of {} bytes: {refused} changes refused, {} not covered", log.len(), survivors.len());
    assert!(survivors.len() < refused * 3 / 5, "more than the hints is not covered");
    for length in (0..log.len()).step_by(97) {
        let cut = replay(&case, &log[..length]);
        // Only what stands behind the last event, the unused rest of the table, may be missing.
        assert!(cut.is_err() || log[length..].iter().all(|byte| *byte == 0xff || *byte == 0), "{length}");
    }
}
