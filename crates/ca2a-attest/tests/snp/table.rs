//! Certificate tables. Covers ATT-124.

use ca2a_attest::verify::snp::{CertificateTable, Endorsements, SnpVerifier, TableEntry, TableError, check};
use ca2a_covers::covers;
use proptest::prelude::*;

use crate::evidence::{Evidence, NOW};

#[test]
fn a_table_is_all_that_a_report_needs() {
    let Some(evidence) = Evidence::turin() else { return };
    covers!(accept, "ATT-114", "ATT-124");
    let [key, ask, ark] = &evidence.path[..] else { panic!() };
    let whole = evidence.verify(&SnpVerifier::new(), NOW, None).unwrap();
    let tables: [&[(TableEntry, &[u8])]; 4] = [
        &[(TableEntry::Vcek, key)],
        &[(TableEntry::Ark, ark), (TableEntry::Ask, ask), (TableEntry::Vcek, key)],
        &[(TableEntry::Vcek, key), (TableEntry::Crl, b"a host's word"), (TableEntry::Other([9; 16]), b"")],
        &[(TableEntry::Vlek, b"of no use here"), (TableEntry::Vcek, key)],
    ];
    for entries in tables {
        // A host pads its table to whole pages.
        let mut table = CertificateTable::to_bytes(entries);
        table.resize(8192, 0);
        let endorsements = Endorsements::from_table(&table, &evidence.report).unwrap();
        let verified = SnpVerifier::new().verify(&evidence.report, &endorsements, NOW, None).unwrap();
        assert_eq!(verified, whole);
    }
}

#[test]
fn the_table_has_the_key_that_the_report_names() {
    let Some(evidence) = Evidence::vlek() else { return };
    covers!(accept, "ATT-124");
    covers!(refuse, "ATT-114", "ATT-124");
    let key = &evidence.path[0];
    let as_vlek = CertificateTable::to_bytes(&[(TableEntry::Vlek, key)]);
    let endorsements = Endorsements::from_table(&as_vlek, &evidence.report).unwrap();
    assert!(SnpVerifier::new().verify(&evidence.report, &endorsements, Evidence::VLEK_NOW, None).is_ok());
    let as_vcek = CertificateTable::to_bytes(&[(TableEntry::Vcek, key)]);
    let missing = Endorsements::from_table(&as_vcek, &evidence.report).unwrap_err();
    assert_eq!(missing.check, check::ENDORSEMENT_MISSING);
    // The authority of the other kind of key is left aside, and the built-in one found.
    let foreign = Evidence::turin().unwrap().path[1].clone();
    let both = CertificateTable::to_bytes(&[(TableEntry::Vlek, key), (TableEntry::Ask, &foreign)]);
    let endorsements = Endorsements::from_table(&both, &evidence.report).unwrap();
    assert!(SnpVerifier::new().verify(&evidence.report, &endorsements, Evidence::VLEK_NOW, None).is_ok());
}

#[test]
fn the_guids_are_those_of_the_specification() {
    let table = CertificateTable::to_bytes(&[(TableEntry::Vcek, b"x")]);
    // 63da758d-e664-4564-adc5-f4b93be8accd, its first three groups little-endian.
    let guid =
        [0x8d, 0x75, 0xda, 0x63, 0x64, 0xe6, 0x64, 0x45, 0xad, 0xc5, 0xf4, 0xb9, 0x3b, 0xe8, 0xac, 0xcd];
    assert_eq!(table[..16], guid);
    assert_eq!(table[16..24], [48, 0, 0, 0, 1, 0, 0, 0]);
}

#[test]
fn what_is_no_table_is_refused() {
    covers!(refuse, "ATT-124");
    let table = CertificateTable::to_bytes(&[(TableEntry::Vcek, b"key"), (TableEntry::Ask, b"ask")]);
    let with = |at: usize, byte: u8| {
        let mut table = table.clone();
        table[at] = byte;
        table
    };
    let parse = |table: &[u8]| CertificateTable::parse(table).map(|_| ());
    assert_eq!(parse(&[]), Err(TableError::Unterminated));
    assert_eq!(parse(&table[..71]), Err(TableError::Unterminated));
    assert_eq!(parse(&table[..table.len() - 1]), Err(TableError::OutOfBounds(1)));
    assert_eq!(parse(&with(16, 0)), Err(TableError::OutOfBounds(0)), "an entry inside the directory");
    assert_eq!(parse(&with(20, 200)), Err(TableError::OutOfBounds(0)), "an entry that is too long");
    assert_eq!(parse(&with(23, 255)), Err(TableError::OutOfBounds(0)), "a length that overflows");
    let twice = CertificateTable::to_bytes(&[(TableEntry::Vcek, b"one"), (TableEntry::Vcek, b"two")]);
    assert_eq!(parse(&twice), Err(TableError::Repeated(1)));
    let many: Vec<_> = (1..=33).map(|kind| (TableEntry::Other([kind; 16]), &b""[..])).collect();
    assert_eq!(parse(&CertificateTable::to_bytes(&many)), Err(TableError::TooMany(32)));
}

proptest! {
    #[test]
    fn a_table_reads_as_it_was_written(values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..12)) {
        let entries: Vec<_> =
            values.iter().zip(1..).map(|(value, kind)| (TableEntry::Other([kind; 16]), value.as_slice())).collect();
        let bytes = CertificateTable::to_bytes(&entries);
        let table = CertificateTable::parse(&bytes).unwrap();
        prop_assert_eq!(table.iter().collect::<Vec<_>>(), entries);
    }

    #[test]
    fn hostile_bytes_are_a_table_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(table) = CertificateTable::parse(&bytes) {
            prop_assert!(table.iter().len() <= CertificateTable::MAX_ENTRIES);
        }
    }
}
