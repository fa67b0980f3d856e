//! Files that end early (ATT-524).

use ca2a_attest::collect::CollectError;
use ca2a_covers::covers;

use super::{
    fake::{Fake, Fault, Op},
    kernel::{Kernel, quote, table},
};

/// The file ends early once: the second attempt reads all of it.
fn is_read_again(mut fake: Fake, file: &'static str, length: usize) {
    fake = fake.with(Op::Read(file), Fault::Short(length), 1);
    let report = fake.collect().unwrap_or_else(|error| panic!("{file} of {length} bytes: {error}"));
    assert_eq!(report.attempts(), 2, "{file} of {length} bytes");
    assert_eq!(fake.clock.sleeps.len(), 1);
}

#[test]
fn a_report_that_ends_early_is_read_again() {
    covers!(refuse, "ATT-524");
    for length in [0, 1, 64, 0x90, 1183] {
        is_read_again(Fake::snp(), "outblob", length);
    }
}

/// Up to the end of its signature data a quote says how long it is; the zeros behind that are nobody's.
#[test]
fn a_quote_that_ends_early_is_read_again() {
    covers!(accept, "ATT-524");
    covers!(refuse, "ATT-524");
    let whole = quote(&[0; 64]);
    let signed = 48 + 584 + 4 + usize::from(whole[48 + 584]);
    for length in [0, 1, 48, 48 + 583, 48 + 584, 48 + 587, 48 + 588, signed - 1] {
        is_read_again(Fake::tdx(), "outblob", length);
    }
    let mut fake = Fake::tdx().with(Op::Read("outblob"), Fault::Short(signed), 1);
    assert_eq!(fake.collect().unwrap().attempts(), 1);
}

#[test]
fn a_table_that_ends_early_is_read_again() {
    covers!(refuse, "ATT-524", "ATT-526");
    let whole = table(b"a certificate").len();
    for length in [1, 23, 24, 47, 48, whole - 1] {
        is_read_again(Fake::snp(), "auxblob", length);
    }
}

#[test]
fn a_report_that_always_ends_early_ends_at_the_deadline() {
    covers!(refuse, "ATT-524");
    let mut fake = Fake::snp().with(Op::Read("outblob"), Fault::Short(600), u32::MAX);
    let error = fake.collect().unwrap_err();
    let CollectError::Deadline { attempts: 16, setback } = &error else { panic!("{error}") };
    assert_eq!(&**setback, "`outblob` ended after 600 bytes");
}

#[test]
fn a_counter_that_is_no_number_is_final() {
    for text in ["", "\n", "one", "-1", "18446744073709551616", "\u{0661}"] {
        let mut fake = Fake::snp().with(Op::Read("generation"), Fault::Holds(text.into()), 1);
        let error = fake.collect().unwrap_err();
        assert!(matches!(error, CollectError::Content { file: "generation", .. }), "{text:?}: {error}");
        assert!(fake.clock.sleeps.is_empty());
    }
}

#[test]
fn a_host_without_certificates_is_no_error() {
    covers!(accept, "ATT-524", "ATT-526");
    for table in [None, Some(Vec::new())] {
        let mut fake = Fake::of(Kernel { table, ..Kernel::snp() });
        assert_eq!(fake.collect().unwrap().certificate_table(), None);
    }
    let mut fake = Fake::snp();
    assert_eq!(fake.collect().unwrap().certificate_table(), Some(&*table(b"a certificate")));
}
