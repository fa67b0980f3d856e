//! Every single-byte change and every truncation of the evidence is refused, or yields the genuine claims. Covers ATT-126.
//!
//! A byte of a report is changed in two ways, a byte of a certificate, which costs RSA, in one, and of the authorities'
//! certificates every fifth byte is; with `CA2A_LONG=1` every byte in all 255 ways. What survives is printed by class.

use std::collections::BTreeMap;

use ca2a_attest::verify::snp::{CertificateTable, EndorsementCache, Endorsements, SnpVerifier, TableEntry};
use ca2a_covers::covers;

use crate::evidence::{Evidence, NOW, pem};

/// How thorough to be where it is not `CA2A_LONG`.
#[derive(Clone, Copy)]
struct Effort {
    changes: &'static [u8],
    stride: usize,
}

const CHEAP: Effort = Effort { changes: &[0x01, 0x80], stride: 1 };
const DEAR: Effort = Effort { changes: &[0x01], stride: 1 };
const DEAREST: Effort = Effort { changes: &[0x01], stride: 5 };

/// Hands every mutant of `bytes` to `survives`, which says whether it verified with the genuine claims and panics where
/// it verified with others. Returns the offsets of the survivors.
fn sweep(bytes: &[u8], effort: Effort, mut survives: impl FnMut(&[u8]) -> bool) -> Vec<usize> {
    let all: Vec<u8> = (1..=255).collect();
    let long = std::env::var_os("CA2A_LONG").is_some();
    let (changes, stride) = if long { (&all[..], 1) } else { (effort.changes, effort.stride) };
    let mut survivors = Vec::new();
    let mut mutant = bytes.to_vec();
    for at in (0..bytes.len()).step_by(stride) {
        for change in changes {
            mutant[at] ^= change;
            if survives(&mutant) {
                survivors.push(at);
            }
            mutant[at] = bytes[at];
        }
        if survives(&bytes[..at]) {
            survivors.push(at);
        }
    }
    survivors.dedup();
    survivors
}

/// Whether `report` under `endorsements` verifies; if so, its claims have to be the genuine ones of `evidence`.
fn judge(
    evidence: &Evidence,
    report: &[u8],
    endorsements: &Endorsements<'_>,
    now: u64,
    cache: &EndorsementCache,
) -> bool {
    let verifier = SnpVerifier::new();
    let genuine = evidence.verify(&verifier, now, Some(cache)).unwrap();
    match verifier.verify(report, endorsements, now, Some(cache)) {
        Ok(verified) => {
            assert_eq!(verified.claims(), genuine.claims());
            true
        }
        Err(error) => {
            assert!(error.check.as_str().starts_with("snp."), "{error}");
            false
        }
    }
}

fn all() -> Option<[(&'static str, Evidence, u64); 3]> {
    Some([
        ("turin v5", Evidence::turin()?, NOW),
        ("milan v2", Evidence::milan()?, NOW),
        ("milan v3 vlek", Evidence::vlek()?, Evidence::VLEK_NOW),
    ])
}

#[test]
fn no_changed_report_survives() {
    let Some(all) = all() else { return };
    covers!(refuse, "ATT-126");
    for (name, evidence, now) in all {
        let cache = EndorsementCache::new(8);
        let survivors = sweep(&evidence.report, CHEAP, |report| {
            judge(&evidence, report, &evidence.endorsements(), now, &cache)
        });
        assert!(survivors.is_empty(), "{name}: {survivors:?}");
    }
}

#[test]
fn no_changed_certificate_survives() {
    let Some(all) = all() else { return };
    covers!(refuse, "ATT-126");
    for (name, evidence, now) in all {
        let cache = EndorsementCache::new(8);
        for at in 0..evidence.path.len() {
            let mut mutant = evidence.clone();
            let effort = if at == 0 { DEAR } else { DEAREST };
            let survivors = sweep(&evidence.path[at], effort, |der| {
                mutant.path[at] = der.to_vec();
                judge(&evidence, &evidence.report, &mutant.endorsements(), now, &cache)
            });
            assert!(survivors.is_empty(), "{name}, certificate {at}: {survivors:?}");
        }
    }
}

#[test]
fn of_a_table_only_what_nobody_reads_survives() {
    let Some(evidence) = Evidence::turin() else { return };
    covers!(accept, "ATT-126");
    covers!(refuse, "ATT-124", "ATT-126");
    let [key, ask, ark] = &evidence.path[..] else { panic!() };
    let cache = EndorsementCache::new(8);
    let table = CertificateTable::to_bytes(&[
        (TableEntry::Vcek, key),
        (TableEntry::Ask, ask),
        (TableEntry::Ark, ark),
    ]);
    let survivors = sweep(&table, DEAR, |table| match Endorsements::from_table(table, &evidence.report) {
        Ok(endorsements) => judge(&evidence, &evidence.report, &endorsements, NOW, &cache),
        Err(_) => false,
    });
    let key_end = 96 + key.len();
    let class = |at: &usize| match *at {
        0..24 => "entry of the key",
        24..48 => "entry of the authority, which is built in too",
        48..72 => "entry of the root, which nobody reads",
        72..88 => "end of the directory",
        88..96 => "offset and length of that end, which nobody reads",
        at if at < key_end => "the key's certificate",
        at if at < key_end + ask.len() => "the authority's certificate, which is built in too",
        _ => "the root's certificate, which nobody reads",
    };
    let mut classes = BTreeMap::<_, usize>::new();
    survivors.iter().for_each(|at| *classes.entry(class(at)).or_default() += 1);
    println!("bytes of a certificate table whose change leaves the same claims: {classes:#?}");
    for refused in ["entry of the key", "end of the directory", "the key's certificate"] {
        assert!(!classes.contains_key(refused), "{refused}");
    }
}

#[test]
fn of_pem_only_blanks_survive() {
    let Some(evidence) = Evidence::turin() else { return };
    covers!(accept, "ATT-126");
    covers!(refuse, "ATT-108");
    let cache = EndorsementCache::new(8);
    let text = pem(&evidence.path[..1]);
    let survivors = sweep(text.as_bytes(), DEAR, |text| match Endorsements::pem(text) {
        Ok(endorsements) => judge(&evidence, &evidence.report, &endorsements, NOW, &cache),
        Err(_) => false,
    });
    println!("offsets of PEM text whose change leaves the same claims: {survivors:?} of {}", text.len());
    let blank = |at: &usize| text.as_bytes()[*at].is_ascii_whitespace();
    assert!(!survivors.is_empty() && survivors.iter().all(blank), "{survivors:?}");
}
