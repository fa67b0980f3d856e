//! ATT-400 to ATT-404, ATT-420, ATT-421.

use ca2a_attest::{
    Evidence, Platform,
    appraisal::{AppraisalPolicy, Component, Outcome, Request, Tier, check_info},
    verify::{HardwareVerifier, Memory, Provided},
};
use ca2a_covers::covers;

use crate::evidence::{NOW, genuine, knowing, policy};

#[test]
fn what_nobody_knows_is_not_affirmed() {
    let Some(genuine) = genuine() else { return };
    covers!(refuse, "ATT-404", "ATT-421");
    let appraisal = AppraisalPolicy::default().appraise(&genuine.evidence, &Request::unbound(NOW));
    assert_eq!(appraisal.verdict(), Tier::None);
    assert_eq!(appraisal.failed().count(), 0);
    assert!(!appraisal.is_affirming());
    assert!(appraisal.reasons().contains("no reference value"), "{}", appraisal.reasons());
    assert!(!AppraisalPolicy::default().has_reference(Platform::SevSnp));
}

#[test]
fn what_is_known_is_affirmed_and_the_record_says_by_what() {
    let Some(genuine) = genuine() else { return };
    covers!(accept, "ATT-400", "ATT-404", "ATT-420", "ATT-421");
    let policy = knowing(&genuine.measurement);
    assert!(policy.has_reference(Platform::SevSnp) && !policy.has_reference(Platform::Tdx));
    let appraisal = policy.appraise(&genuine.evidence, &Request::unbound(NOW));
    assert!(appraisal.is_affirming(), "{}", appraisal.reasons());
    assert_eq!(appraisal.reference(), Some("ours"));
    assert_eq!(appraisal.stated_measurement(), format!("sha384:{}", genuine.measurement));
    assert_eq!(appraisal.policy().name.as_deref(), Some("genoa"));
    assert_eq!(appraisal.vector().get(Component::Executables), 3);
    assert_eq!(appraisal.vector().worst(), Tier::Affirming);
    assert!(appraisal.not_after() > NOW);
    assert_eq!(&*appraisal.anchors()[0].name, "AMD ARK-Genoa");
    // Nothing was asked to be bound, and the record says that too.
    let unasked = appraisal.checks().iter().find(|check| check.id.as_str() == "snp.report-data").unwrap();
    assert_eq!(unasked.outcome, Outcome::NotChecked);
}

#[test]
fn another_measurement_is_a_warning_that_names_the_key() {
    let Some(genuine) = genuine() else { return };
    covers!(refuse, "ATT-404", "ATT-420");
    let appraisal = knowing(&"0".repeat(96)).appraise(&genuine.evidence, &Request::unbound(NOW));
    assert_eq!(appraisal.verdict(), Tier::Warning);
    let failed: Vec<_> = appraisal.failed().collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].id.as_str(), "snp.measurement");
    assert_eq!(check_info(failed[0].id).unwrap().policy_key, Some("snp.reference_values"));
    assert!(failed[0].expected.contains("ours") && failed[0].actual.contains(&genuine.measurement));
    assert_eq!(appraisal.vector().get(Component::Executables), 33);
}

#[test]
fn a_field_that_was_asked_for_has_to_be_there() {
    let Some(genuine) = genuine() else { return };
    covers!(refuse, "ATT-404");
    let request = Request::field(NOW, vec![7; 64]);
    let appraisal = knowing(&genuine.measurement).appraise(&genuine.evidence, &request);
    assert!(!appraisal.is_affirming());
    assert_eq!(appraisal.failed().map(|check| check.id.as_str()).collect::<Vec<_>>(), ["snp.report-data"]);
    assert!(appraisal.verdict() >= Tier::Warning);
}

/// ATT-401: what does not verify is no evidence, so that there is nothing to appraise. That nobody else makes any is the
/// compiler's to say, in the documentation of `Verified`.
#[test]
fn what_is_not_verified_is_not_there_to_be_appraised() {
    let Some(genuine) = genuine() else { return };
    covers!(accept, "ATT-401");
    covers!(refuse, "ATT-401");
    let judge = |report: &[u8]| {
        let evidence = Evidence { raw_evidence: Some(report.into()), ..Evidence::default() };
        let provided = Provided { endorsement: Some(&genuine.certificate), ..Provided::default() };
        let verifier = HardwareVerifier::built_in();
        verifier.verify(Platform::SevSnp, &evidence, provided, NOW, &Memory::default())
    };
    assert_eq!(judge(&genuine.report).unwrap(), genuine.evidence);
    for at in [0x90, 0x50, 0x2a0] {
        let mut forged = genuine.report.clone();
        forged[at] ^= 1;
        assert_eq!(judge(&forged).unwrap_err().check.as_str(), "snp.signature");
    }
}

/// A floor that the policy names for another product alone is a failure, not silence.
#[test]
fn what_the_policy_names_and_the_evidence_lacks_fails() {
    let Some(genuine) = genuine() else { return };
    covers!(refuse, "ATT-403");
    let text = r#"{"version":1,"snp":{"tcb":{"milan":{"reported":{"snp":1}}},"launch_mitigations":[0]}}"#;
    let appraisal = policy(text).unwrap().appraise(&genuine.evidence, &Request::unbound(NOW));
    let failed: Vec<_> = appraisal.failed().map(|check| check.id.as_str()).collect();
    assert_eq!(failed, ["snp.tcb-reported", "snp.launch-mitigations"]);
    assert!(!appraisal.is_affirming());
}

/// One record, one digest; another time or request, another.
#[test]
fn the_digest_is_of_all_of_the_record() {
    let Some(genuine) = genuine() else { return };
    let policy = knowing(&genuine.measurement);
    let of = |request: &Request| policy.appraise(&genuine.evidence, request).digest();
    assert_eq!(of(&Request::unbound(NOW)), of(&Request::unbound(NOW)));
    assert_ne!(of(&Request::unbound(NOW)), of(&Request::unbound(NOW + 1)));
    assert_ne!(of(&Request::unbound(NOW)), of(&Request::field(NOW, vec![0; 64])));
    let other = AppraisalPolicy::default().appraise(&genuine.evidence, &Request::unbound(NOW));
    assert_ne!(other.digest(), of(&Request::unbound(NOW)));
}
