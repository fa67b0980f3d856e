//! Keys, their public areas and names, and the certificates above them. Covers ATT-302 to ATT-308, ATT-324, ATT-325.

use ca2a_attest::{
    appraisal::Outcome,
    verify::tpm::{Hierarchy, KeyPlace, ObjectAttributes, Standing, TpmTrust, checks, verify},
};
use ca2a_covers::covers;

use crate::evidence::{Case, failed, folder};

/// Google's AK is a primary key of the endorsement hierarchy, which the quote's Qualified Name shows.
#[test]
fn a_primary_key_is_known_by_its_qualified_name() {
    let Some(mut case) = Case::named("tpm-gce-cos85-sha256") else { return };
    covers!(accept, "ATT-308");
    let public = std::fs::read(folder().unwrap().join("tpm/gce-shielded-cos85/ak_public.tpmt")).unwrap();
    case.files.insert("ak_public".into(), vec![public]);
    let verified = case.verify().unwrap();
    let key = &verified.claims().key;
    assert_eq!(key.place, KeyPlace::Primary(Hierarchy::Endorsement));
    let attributes = key.attributes.unwrap();
    assert!(attributes.attests(), "{}", attributes.names());
    let shown = verified.checks().iter().find(|check| check.id == checks::QUALIFIED_SIGNER).unwrap();
    assert_eq!(shown.outcome, Outcome::Pass);
    let mut policy = case.policy();
    policy.require_qualified_name = true;
    assert_eq!(failed(&policy, verified, &case.request()), [""; 0]);
}

/// With a parent the Qualified Name has to be that of a child of the parent; the Name is never taken for it.
#[test]
fn a_parent_that_is_not_one_is_refused() {
    let Some(case) = Case::named("tpm-made-rsa-sha256-0to7") else { return };
    covers!(refuse, "ATT-308");
    let parts = case.parts();
    let mut evidence = parts.evidence();
    evidence.parent_public = evidence.public;
    let refused = verify(&evidence, &case.trust(), case.now).unwrap_err();
    assert_eq!(refused.check, checks::QUALIFIED_SIGNER);
    // Nothing is shown without it, and who requires it is told.
    let verified = case.verify().unwrap();
    assert_eq!(verified.claims().key.place, KeyPlace::Unknown);
    let mut policy = case.policy();
    policy.require_qualified_name = true;
    assert_eq!(failed(&policy, verified, &case.request()), ["tpm.ak-qualified-name"]);
}

/// What is certified is one key: the public area of another is refused, however good its attributes are.
#[test]
fn the_public_area_is_that_of_the_certified_key() {
    let Some(mut case) = Case::named("tpm-made-rsa-sha256-0to7") else { return };
    covers!(refuse, "ATT-304");
    let other = Case::named("tpm-made-ecc-sha256-0to7").unwrap();
    case.files.insert("ak_public".into(), other.files["ak_public"].clone());
    assert_eq!(case.verify().unwrap_err().check, checks::KEY);
}

/// Each attribute of an attestation key is one that is missed.
#[test]
fn an_attestation_key_has_every_attribute_and_does_not_decrypt() {
    covers!(accept, "ATT-324");
    covers!(refuse, "ATT-324");
    let ak = ObjectAttributes::from_mask(0x0005_0072);
    assert!(ak.attests());
    for bit in [1, 4, 5, 16, 18] {
        assert!(!ObjectAttributes::from_mask(ak.mask() & !(1 << bit)).attests(), "bit {bit}");
    }
    assert!(!ObjectAttributes::from_mask(ak.mask() | 1 << 17).attests());
    // Whether its use wants a password is its owner's affair.
    assert!(ObjectAttributes::from_mask(ak.mask() & !(1 << 6)).attests());
}

/// The attributes of a certified key that may sign anything: its quote is worth nothing.
#[test]
fn a_key_that_is_not_restricted_is_refused() {
    let Some(case) = Case::named("tpm-made-ecc-sha256-0to7") else { return };
    covers!(refuse, "ATT-324");
    let parts = case.parts();
    let mut public = parts.evidence().public.unwrap().to_vec();
    // objectAttributes: byte 5 holds bits 16 to 23.
    public[5] &= !1;
    let mut evidence = parts.evidence();
    evidence.public = Some(&public);
    let verified = verify(&evidence, &case.trust(), case.now).unwrap();
    assert_eq!(failed(&case.policy(), verified, &case.request()), ["tpm.ak-attributes"]);
}

/// A root that nobody named is none, and neither is the end of a chain.
#[test]
fn test_roots_are_refused_by_default() {
    let Some(case) = Case::named("tpm-made-ecc-sha256-0to7") else { return };
    covers!(accept, "ATT-305");
    covers!(refuse, "ATT-305");
    let parts = case.parts();
    for trust in [TpmTrust::built_in(), TpmTrust::none()] {
        assert_eq!(verify(&parts.evidence(), &trust, case.now).unwrap_err().check, checks::ROOT);
    }
    let verified = case.verify().unwrap();
    assert!(matches!(verified.claims().key.standing, Standing::Certified { google: false, .. }));
    // Every certificate of the chain lives a hundred years from 2026 on.
    assert_eq!(verified.not_after(), 4_922_899_200);
}

#[test]
fn faults_of_the_chain_are_refused_by_name() {
    let Some(_) = folder() else { return };
    covers!(refuse, "ATT-305");
    let wanted = [
        ("tpm-made-chain-ak-ecc-bad-expired", checks::DATES),
        ("tpm-made-chain-ak-ecc-bad-issuer-not-ca", checks::ISSUER),
    ];
    for (id, check) in wanted {
        let case = Case::named(id).unwrap();
        assert_eq!(case.verify().unwrap_err().check, check, "{id}");
    }
}
