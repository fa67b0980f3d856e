//! Records as JSON Lines.

use std::{
    io::{self, BufReader, Read},
    num::NonZeroUsize,
};

use ca2a_core::ErrorCode;
use ca2a_covers::covers;
use ca2a_trace::{
    Reason,
    lines::{LinesReport, LinesVerifier, MAX_LINE},
};

use crate::support::{AT, NOW, context, key, keys, records};

fn verify(input: impl Read, threads: usize) -> io::Result<LinesReport> {
    // A small buffer, so that lines lie across its edges.
    let input = BufReader::with_capacity(100, input);
    LinesVerifier::new(keys()).verify(input, AT, NonZeroUsize::new(threads).unwrap())
}

/// `count` lines; every `bad`-th, from line `bad` on, is a record with one byte flipped.
fn lines(count: usize, bad: usize) -> Vec<u8> {
    let records = records();
    let mut input = Vec::new();
    for number in 1..=count {
        let mut line = records[number % records.len()].canonical().to_vec();
        if number % bad == 0 {
            let place = number % (line.len() - 100);
            line[place] ^= 1;
        }
        input.extend(line);
        input.push(b'\n');
    }
    input
}

/// covers TRC-47, TRC-48
#[test]
fn every_line_is_verified_whatever_the_threads() {
    covers!(accept, "TRC-47", "TRC-48");
    covers!(refuse, "TRC-47");
    let input = lines(1_000, 7);
    let one = verify(&input[..], 1).unwrap();
    assert_eq!((one.verified(), one.refused()), (1_000 - 142, 142));
    let numbers: Vec<u64> = one.first_faults().iter().map(|fault| fault.line).collect();
    assert_eq!(numbers, (1..=16).map(|number| number * 7).collect::<Vec<_>>());
    for threads in [2, 3, 8] {
        assert_eq!(verify(&input[..], threads).unwrap(), one);
    }
    let good = lines(10, 11);
    assert_eq!(verify(&good[..], 2).unwrap().verified(), 10);
    assert_eq!(verify(good.trim_ascii_end(), 2).unwrap().verified(), 10);
    assert_eq!(verify(&b""[..], 2).unwrap(), LinesReport::default());
}

/// covers TRC-47
#[test]
fn a_record_of_another_key_or_time_is_refused() {
    covers!(accept, "TRC-47");
    covers!(refuse, "TRC-47");
    let verifier = LinesVerifier::new(keys());
    let record = &records()[0];
    verifier.verify_line(record.canonical(), AT).unwrap();
    let stranger = context("planner").sign("spiffe://acme.example/x", NOW, None, &key(9)).unwrap();
    let refused = verifier.verify_line(stranger.canonical(), AT).unwrap_err();
    assert_eq!((refused.code(), refused.reason()), (ErrorCode::TraceRecordInvalid, Reason::UntrustedKey));
    let young = verifier.max_age(Some(1)).verify_line(record.canonical(), AT).unwrap_err();
    assert_eq!(young.reason(), Reason::Stale);
}

/// covers TRC-48
#[test]
fn blank_torn_and_endless_lines_are_refused_and_the_next_is_read() {
    covers!(accept, "TRC-48");
    covers!(refuse, "TRC-48");
    let good = records()[0].canonical().to_vec();
    let long = vec![b' '; 3 * MAX_LINE];
    let torn = &good[..good.len() / 2];
    let input = [&good[..], b"", &long, &good, torn, &good].join(&b'\n');
    let report = verify(&input[..], 2).unwrap();
    assert_eq!((report.verified(), report.refused()), (3, 3));
    let numbers: Vec<u64> = report.first_faults().iter().map(|fault| fault.line).collect();
    assert_eq!(numbers, [2, 3, 5]);
    // A record of the largest size that is read is still read, one byte more is not.
    let padded = |length: usize| [&good[..], &vec![b' '; length - good.len()]].concat();
    assert_eq!(verify(&padded(MAX_LINE)[..], 1).unwrap().verified(), 1);
    assert_eq!(verify(&padded(MAX_LINE + 1)[..], 1).unwrap().refused(), 1);
}

/// Ends with a fault instead of an end.
struct Torn<'a>(&'a [u8]);

impl Read for Torn<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.0.read(into)? {
            0 => Err(io::Error::other("the disk is gone")),
            read => Ok(read),
        }
    }
}

/// covers TRC-48
#[test]
fn an_input_that_breaks_off_is_no_report() {
    covers!(refuse, "TRC-48");
    let input = lines(300, 400);
    assert_eq!(verify(Torn(&input), 2).unwrap_err().to_string(), "the disk is gone");
}
