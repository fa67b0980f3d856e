//! Keys that were verified before. Covers ATT-125.

use ca2a_attest::verify::snp::{EndorsementCache, SnpVerifier, check};
use ca2a_covers::covers;

use crate::maker::{ARK, Authorities, Certificate, Crl, NOW, report};

fn trusting(made: &Authorities) -> SnpVerifier {
    SnpVerifier::new().with_root(&made.ark.der).unwrap()
}

#[test]
fn a_verdict_with_a_cache_is_the_verdict_without() {
    covers!(accept, "ATT-125");
    covers!(refuse, "ATT-125");
    let made = Authorities::new();
    let (verifier, cache) = (trusting(&made), EndorsementCache::new(8));
    let plain = made.evidence().verify(&verifier, NOW, None).unwrap();
    for round in 0..3 {
        let evidence = made.evidence();
        let verified = evidence.verify(&verifier, NOW, Some(&cache)).unwrap();
        assert_eq!(verified.claims().report.measurement, plain.claims().report.measurement, "{round}");
        assert_eq!((verified.not_after(), verified.anchors()), (plain.not_after(), plain.anchors()));
        assert_eq!(cache.len(), 1);
    }
    // What is about the report is judged every time.
    let mut forged = made.evidence();
    forged.report[0x90] ^= 1;
    assert_eq!(forged.verify(&verifier, NOW, Some(&cache)).unwrap_err().check, check::SIGNATURE);
    // A chain is remembered by all of its bytes.
    for at in 0..3 {
        let mut altered = made.evidence();
        let last = altered.path[at].len() - 1;
        altered.path[at][last] ^= 1;
        assert!(altered.verify(&verifier, NOW, Some(&cache)).is_err(), "certificate {at}");
    }
    let other = made.endorsing(report(|report| report[0x1a0] = 8));
    assert_eq!(other.verify(&verifier, NOW, Some(&cache)).unwrap_err().check, check::HWID);
}

#[test]
fn what_is_remembered_ends_with_its_dates() {
    covers!(refuse, "ATT-125");
    let made = Authorities::new();
    let (verifier, cache) = (trusting(&made), EndorsementCache::new(8));
    let verified = made.evidence().verify(&verifier, NOW, Some(&cache)).unwrap();
    let last = verified.not_after();
    assert!(made.evidence().verify(&verifier, last, Some(&cache)).is_ok());
    let late = made.evidence().verify(&verifier, last + 1, Some(&cache)).unwrap_err();
    assert_eq!(late.check, check::CHAIN_DATES);
    let early = made.evidence().verify(&verifier, 1_700_000_000, Some(&cache)).unwrap_err();
    assert_eq!(early.check, check::CHAIN_DATES);
}

#[test]
fn another_verifier_remembers_for_itself() {
    covers!(refuse, "ATT-125");
    let made = Authorities::new();
    let cache = EndorsementCache::new(8);
    made.evidence().verify(&trusting(&made), NOW, Some(&cache)).unwrap();
    // One that does not trust the root, and one that has a list which revokes the authority.
    let refused = made.evidence().verify(&SnpVerifier::new(), NOW, Some(&cache)).unwrap_err();
    assert_eq!(refused.check, check::CHAIN);
    let stricter = trusting(&made).with_crl(&Crl::new("ARK-Milan", &[2]).sign(&ARK)).unwrap();
    let refused = made.evidence().verify(&stricter, NOW, Some(&cache)).unwrap_err();
    assert_eq!(refused.check, check::ASK_REVOKED);
}

#[test]
fn refusals_are_not_remembered_and_the_memory_is_bounded() {
    covers!(accept, "ATT-125");
    let cache = EndorsementCache::new(4);
    for serial in 10..30 {
        let vcek = Certificate { serial, ..Certificate::vcek() };
        let made = Authorities::with(Certificate::ask(), vcek);
        let mut bad = made.evidence();
        bad.path[1][700] ^= 1;
        assert!(bad.verify(&trusting(&made), NOW, Some(&cache)).is_err());
        made.evidence().verify(&trusting(&made), NOW, Some(&cache)).unwrap();
        assert!(cache.len() <= 4 && !cache.is_empty(), "{}", cache.len());
    }
}
