//! Revocation lists, all made here: the evidence has none. Covers ATT-107, ATT-117.

use ca2a_attest::{
    EvidenceError,
    appraisal::{CheckId, Context, Outcome, PlatformPolicy as _, snp::SnpPolicy},
    verify::snp::{SnpVerifier, check},
};
use ca2a_covers::covers;

use crate::maker::{ARK, ASK, Authorities, Certificate, Crl, How, KEY_USAGE, STRANGER, UNHEARD_OF, tlv};

fn trusting(made: &Authorities) -> SnpVerifier {
    SnpVerifier::new().with_root(&made.ark.der).unwrap()
}

/// What the verifier says once it has `crl`.
fn with_crl(crl: &[u8]) -> Result<(), EvidenceError> {
    let made = Authorities::new();
    let verifier = trusting(&made).with_crl(crl)?;
    made.evidence().verify(&verifier, made.now(), None).map(|_| ())
}

fn refused(crl: &[u8]) -> CheckId {
    let error = with_crl(crl).unwrap_err();
    println!("{error}");
    error.check
}

#[test]
fn a_revoked_authority_is_refused() {
    covers!(refuse, "ATT-107", "ATT-117");
    assert_eq!(refused(&Crl::new("ARK-Milan", &[9, 2]).sign(&ARK)), check::ASK_REVOKED);
}

#[test]
fn a_revoked_key_is_refused() {
    covers!(refuse, "ATT-107", "ATT-117");
    assert_eq!(refused(&Crl::new("SEV-Milan", &[3]).sign(&ASK)), check::VEK_REVOKED);
}

#[test]
fn a_serial_number_counts_only_among_its_issuers() {
    covers!(accept, "ATT-107", "ATT-117");
    // The root revokes a certificate 3, the authority one 2: neither is the key or the authority.
    assert!(with_crl(&Crl::new("ARK-Milan", &[3]).sign(&ARK)).is_ok());
    assert!(with_crl(&Crl::new("SEV-Milan", &[2]).sign(&ASK)).is_ok());
}

#[test]
fn a_list_outside_its_dates_is_refused() {
    covers!(accept, "ATT-107");
    covers!(refuse, "ATT-107", "ATT-117");
    let expired = Crl { next_update: Some("270115075959Z"), ..Crl::new("ARK-Milan", &[]) };
    assert_eq!(refused(&expired.sign(&ARK)), check::CRL_DATES);
    // 1800000000 is 2027-01-15 08:00:00, and the next update is the first second without a word.
    let ends_now = Crl { next_update: Some("270115080000Z"), ..Crl::new("ARK-Milan", &[]) };
    assert_eq!(refused(&ends_now.sign(&ARK)), check::CRL_DATES);
    let still = Crl { next_update: Some("270115080001Z"), ..Crl::new("ARK-Milan", &[]) };
    assert!(with_crl(&still.sign(&ARK)).is_ok());
    let early = Crl { this_update: "270115080001Z", ..Crl::new("ARK-Milan", &[]) };
    assert_eq!(refused(&early.sign(&ARK)), check::CRL_DATES);
}

#[test]
fn a_list_of_another_signer_is_refused() {
    covers!(refuse, "ATT-107", "ATT-117");
    assert_eq!(refused(&Crl::new("ARK-Milan", &[]).sign(&STRANGER)), check::CRL_SIGNER);
    assert_eq!(refused(&Crl::new("ARK-Milan", &[]).sign(&ASK)), check::CRL_SIGNER);
}

#[test]
fn who_may_not_sign_lists_signs_none() {
    covers!(refuse, "ATT-107", "ATT-117");
    // AMD's own authorities have just this key usage: certificates and nothing else.
    let mut ask = Certificate::ask();
    ask.set(KEY_USAGE, true, tlv(0x03, &[2, 0b0000_0100]));
    let made = Authorities::with(ask, Certificate::vcek());
    let verifier = trusting(&made).with_crl(&Crl::new("SEV-Milan", &[3]).sign(&ASK)).unwrap();
    let error = made.evidence().verify(&verifier, made.now(), None).unwrap_err();
    assert_eq!(error.check, check::CRL_SIGNER, "{error}");
}

#[test]
fn a_list_of_somebody_else_says_nothing() {
    covers!(accept, "ATT-107");
    assert!(with_crl(&Crl::new("ARK-Genoa", &[2, 3]).sign(&STRANGER)).is_ok());
}

#[test]
fn lists_of_a_kind_that_is_not_understood_are_refused() {
    covers!(accept, "ATT-107");
    covers!(refuse, "ATT-107");
    let marked = vec![(UNHEARD_OF.to_vec(), true, vec![0x05, 0x00])];
    let partial = Crl { extensions: marked.clone(), ..Crl::new("ARK-Milan", &[]) };
    assert_eq!(refused(&partial.sign(&ARK)), check::CRL);
    let indirect = Crl { entry_extensions: marked, ..Crl::new("ARK-Milan", &[9]) };
    assert_eq!(refused(&indirect.sign(&ARK)), check::CRL);
    let endless = Crl { next_update: None, ..Crl::new("ARK-Milan", &[]) };
    assert_eq!(refused(&endless.sign(&ARK)), check::CRL);
    for version in [None, Some(0), Some(2)] {
        let other = Crl { version, ..Crl::new("ARK-Milan", &[]) };
        assert_eq!(refused(&other.sign(&ARK)), check::CRL, "{version:?}");
    }
    let plain = vec![(UNHEARD_OF.to_vec(), false, vec![0x05, 0x00])];
    let remark = Crl { extensions: plain.clone(), entry_extensions: plain, ..Crl::new("ARK-Milan", &[9]) };
    assert!(with_crl(&remark.sign(&ARK)).is_ok());
    assert_eq!(refused(b"not a list"), check::CRL);
}

#[test]
fn a_list_may_be_signed_in_another_way_than_certificates() {
    covers!(refuse, "ATT-117");
    let list = Crl { how: How::Pkcs1, ..Crl::new("ARK-Milan", &[2]) };
    assert_eq!(refused(&list.sign(&ARK)), check::ASK_REVOKED);
}

/// ATT-117, ATT-141: silence is shown, and refused where the policy wants a list.
#[test]
fn whether_a_list_was_consulted_is_on_record() {
    covers!(accept, "ATT-117", "ATT-141");
    covers!(refuse, "ATT-141");
    let made = Authorities::new();
    let outcome = |verifier: &SnpVerifier| {
        let verified = made.evidence().verify(verifier, made.now(), None).unwrap();
        let crl = verified.checks().iter().find(|row| row.id == check::CRL).unwrap().outcome;
        let policy = SnpPolicy { require_crl: true, ..SnpPolicy::default() };
        let context = Context { now: made.now(), ..Context::default() };
        let appraised = policy.appraise(verified.claims(), &context);
        let required = appraised.iter().find(|row| row.id == check::REVOCATION).unwrap().outcome;
        (crl, required, verified.not_after())
    };
    let (crl, required, until) = outcome(&trusting(&made));
    assert_eq!((crl, required), (Outcome::NotChecked, Outcome::Fail));
    let (crl, required, sooner) =
        outcome(&trusting(&made).with_crl(&Crl::new("ARK-Milan", &[]).sign(&ARK)).unwrap());
    assert_eq!((crl, required), (Outcome::Pass, Outcome::Pass));
    // 2027-03-01: what rests on a list ends with it.
    assert!(sooner < until && sooner == 1_803_859_199, "{sooner}");
}
