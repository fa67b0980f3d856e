//! Every single-byte change and every truncation of the evidence is refused, or yields the genuine claims. Covers ATT-311,
//! ATT-347.
//!
//! A byte of what is signed is changed in two ways, every third byte of certificates and logs in one; with `CA2A_LONG=1`
//! every byte in all 255 ways. What survives is printed by class, and the classes are asserted: bytes under a signature or
//! digest are never among them.

use std::collections::BTreeMap;

use ca2a_attest::verify::tpm::{TpmClaims, certificates_from_pem, checks, verify};
use ca2a_covers::covers;

use crate::evidence::{Case, failed, folder};

/// The offsets at which a change or a cut of `bytes` leaves what `survives` calls the genuine claims.
pub fn sweep(bytes: &[u8], effort: Effort, mut survives: impl FnMut(&[u8]) -> bool) -> Vec<usize> {
    let all: Vec<u8> = (1..=255).collect();
    let long = std::env::var_os("CA2A_LONG").is_some();
    let (changes, stride) = if long { (&all[..], 1) } else { effort };
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

/// The changes of a byte, and which bytes: every one, every other one.
type Effort = (&'static [u8], usize);

pub const CHEAP: Effort = (&[0x01, 0x80], 1);
pub const DEAR: Effort = (&[0x01], 3);

/// Offsets, counted by class.
pub fn classes<'c>(survivors: &[usize], class: impl Fn(usize) -> &'c str) -> BTreeMap<&'c str, usize> {
    let mut classes = BTreeMap::new();
    survivors.iter().for_each(|at| *classes.entry(class(*at)).or_default() += 1);
    classes
}

/// Cases with certificates, so that they are genuine as they stand.
fn cases() -> impl Iterator<Item = Case> {
    [
        "tpm-gce-cos85-sha256",
        "tpm-made-ecc-sha256-0to7",
        "tpm-made-rsa-sha256-0to7",
        "tpm-ms-ref-rsassa-sha384",
    ]
    .into_iter()
    .filter_map(Case::named)
}

/// Whether the case with `name` replaced verifies, and then with which claims.
fn with(case: &Case, name: &str, bytes: &[u8], genuine: &TpmClaims) -> bool {
    let parts = case.parts();
    let mut evidence = parts.evidence();
    match name {
        "quote" => evidence.quote = bytes,
        "sig" => evidence.signature = bytes,
        "pcr_values" => evidence.pcr_values = Some(bytes),
        "public" => evidence.public = Some(bytes),
        other => panic!("{other}"),
    }
    match verify(&evidence, &case.trust(), case.now) {
        Ok(verified) => {
            assert_eq!(verified.claims(), genuine, "{}: {name}", case.id);
            true
        }
        Err(error) => {
            assert!(error.check.as_str().starts_with("tpm."), "{error}");
            false
        }
    }
}

#[test]
fn nothing_that_is_signed_or_under_a_digest_survives() {
    let Some(_) = folder() else { return };
    covers!(refuse, "ATT-311");
    for case in cases() {
        let genuine = case.verify().unwrap().claims().clone();
        let parts = case.parts();
        let evidence = parts.evidence();
        let parts = [
            ("quote", Some(evidence.quote)),
            ("sig", Some(evidence.signature)),
            ("pcr_values", evidence.pcr_values),
        ];
        for (name, bytes) in parts.into_iter().filter_map(|(name, bytes)| Some((name, bytes?))) {
            let survivors = sweep(bytes, CHEAP, |mutant| with(&case, name, mutant, &genuine));
            assert!(survivors.is_empty(), "{}: {name}: {survivors:?}", case.id);
        }
    }
}

/// The public area is signed by nobody. What is left of it is the key, which is certified, and the attributes of an
/// attestation key: a change of these is refused by the policy, and no other leaves a trace.
#[test]
fn of_a_public_area_only_what_is_nothing_to_attestation_survives() {
    let Some(_) = folder() else { return };
    covers!(accept, "ATT-311");
    covers!(refuse, "ATT-311");
    for case in cases() {
        let parts = case.parts();
        let Some(public) = parts.evidence().public else { continue };
        let genuine = case.verify().unwrap().claims().clone();
        let survivors = sweep(public, CHEAP, |mutant| {
            let mut evidence = parts.evidence();
            evidence.public = Some(mutant);
            match verify(&evidence, &case.trust(), case.now) {
                Ok(verified) if *verified.claims() == genuine => true,
                Ok(verified) => {
                    assert_eq!(failed(&case.policy(), verified, &case.request()), ["tpm.ak-attributes"]);
                    false
                }
                Err(_) => false,
            }
        });
        let class = |at| match at {
            // Its hash makes the Name, which means nothing where no parent is shown.
            2..4 => "nameAlg",
            4..8 => "objectAttributes",
            _ => "other",
        };
        let classes = classes(&survivors, class);
        println!("{}: bytes of the public area whose change leaves the same claims: {classes:?}", case.id);
        assert!(!classes.contains_key("other"), "{survivors:?}");
    }
}

#[test]
fn no_changed_certificate_survives_but_a_root_that_is_known_anyway() {
    let Some(_) = folder() else { return };
    covers!(refuse, "ATT-311");
    for case in cases() {
        let genuine = case.verify().unwrap().claims().clone();
        let parts = case.parts();
        let certificates = parts.certificates().to_vec();
        for at in 0..certificates.len() {
            let mut mutants = certificates.clone();
            let survivors = sweep(&certificates[at], DEAR, |mutant| {
                mutants[at] = mutant.to_vec();
                let mut evidence = parts.evidence();
                evidence.certificates = &mutants;
                match verify(&evidence, &case.trust(), case.now) {
                    Ok(verified) => {
                        assert_eq!(verified.claims(), &genuine);
                        true
                    }
                    Err(_) => false,
                }
            });
            assert!(survivors.is_empty(), "{}: certificate {at}: {survivors:?}", case.id);
        }
    }
}

#[test]
fn of_pem_only_blanks_survive() {
    let Some(case) = Case::named("tpm-made-ecc-sha256-0to7") else { return };
    covers!(accept, "ATT-311");
    let text = case.file("chain").unwrap();
    let genuine = certificates_from_pem(text).unwrap();
    let survivors = sweep(text, DEAR, |text| certificates_from_pem(text).is_ok_and(|read| read == genuine));
    println!(
        "offsets of PEM text whose change leaves the same certificates: {survivors:?} of {}",
        text.len()
    );
    assert!(survivors.iter().all(|at| text[*at].is_ascii_whitespace()), "{survivors:?}");
}

/// Of an event log the digests of the bank that is quoted count, and what frames them. The digests of other banks, the
/// data and types of events, and the vendor's words are under no digest of ours.
#[test]
fn of_an_event_log_what_is_under_no_digest_survives() {
    let Some(case) = Case::named("tpm-gce-cos85-sha256") else { return };
    covers!(accept, "ATT-311");
    covers!(refuse, "ATT-310", "ATT-311");
    let genuine = case.verify().unwrap().claims().clone();
    let parts = case.parts();
    let log = parts.evidence().event_log.unwrap();
    let survivors = sweep(log, DEAR, |mutant| {
        let mut evidence = parts.evidence();
        evidence.event_log = Some(mutant);
        match verify(&evidence, &case.trust(), case.now) {
            Ok(verified) => verified.claims() == &genuine,
            Err(error) => {
                assert_eq!(error.check, checks::EVENT_LOG_STRUCTURE);
                false
            }
        }
    });
    let kinds = places(log);
    let classes = classes(&survivors, |at| kinds[at]);
    println!("bytes of {} of the event log whose change leaves the same claims: {classes:#?}", log.len());
    assert!(!classes.contains_key("the digest of the quoted bank"));
    assert!(!classes.contains_key("lengths and counts"));
}

/// What each byte of a log with the banks SHA-1, SHA-256 and SHA-384 belongs to.
fn places(log: &[u8]) -> Vec<&'static str> {
    let mut kinds = Vec::new();
    let mut put = |count: usize, kind: &'static str| kinds.extend(std::iter::repeat_n(kind, count));
    let word = |at: usize| u32::from_le_bytes(log[at..at + 4].try_into().unwrap()) as usize;
    let size = word(28);
    put(32 + size, "the header");
    let mut at = 32 + size;
    while at < log.len() {
        put(4, "the register");
        put(4, "the type");
        put(4, "lengths and counts");
        for (length, kind) in [
            (20, "digests of other banks"),
            (32, "the digest of the quoted bank"),
            (48, "digests of other banks"),
        ] {
            put(2, "lengths and counts");
            put(length, kind);
        }
        put(4, "lengths and counts");
        let size = word(at + 12 + 106);
        put(size, "the data");
        at += 12 + 106 + 4 + size;
    }
    assert_eq!(kinds.len(), log.len());
    kinds
}
