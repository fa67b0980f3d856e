//! The document itself, its chain, its approvals and its signature.

use ca2a_core::{json::Object, requirement::is_off};

use super::{
    Fault,
    Kind::{Count, Duration, Flag, Free, Id, List, Of, Ruled, Text, Time, Word},
    Shape, Violation,
    artifacts::{ARTIFACTS, CLASSIFICATION, TEXTS, holds, stated, word},
    default, may, must,
    requirements::{PROFILE, REQUIREMENTS},
    rules, shape,
    walk::Walk,
};

const ANY: usize = usize::MAX;
const MAX: u64 = u64::MAX;

static DOCUMENT: Shape = shape(&[
    default("@context", Text),
    default("@type", Text),
    must("manifest_id", Id),
    may("previous_manifest_id", Id),
    must("agent_id", Text),
    may("agent_instance_id", Id),
    default("version", Text),
    may("min_verifier_version", Text),
    must("issued_at", Time),
    must("expires_at", Time),
    must("issuer", Text),
    default("crypto_profile", Word(&["standard", "post-quantum"])),
    may("profile", Word(&["composition-only", PROFILE])),
    may("unbound_artifacts", List(&Word(&rules::ARTIFACT_NAMES), 0, ANY)),
    may("source_bundle", Of(&SOURCE_BUNDLE)),
    must("artifacts", Of(&ARTIFACTS)),
    may("attestation", Free),
    may("evidence_requirements", Of(&REQUIREMENTS)),
    may("delegation_chain", List(&Of(&HOP), 0, ANY)),
    may("hitl_record", Of(&HITL_RECORD)),
    may("prior_transparency_log_entry", Of(&LOG_ENTRY)),
    may("log_retention", Of(&LOG_RETENTION)),
    may("data_scope", Of(&DATA_SCOPE)),
    may("operational_lifecycle", Of(&LIFECYCLE)),
    may("intent", Of(&INTENT)),
    may("signature", Of(&SIGNATURE)),
    may("transparency_log_entry", Of(&LOG_ENTRY)),
]);

static SOURCE_BUNDLE: Shape =
    shape(&[must("format", Word(&["agent-plugins-1.0.0"])), must("digest", super::Kind::Digest)]);

static HOP: Shape = shape(&[
    must("hop", Count(0, MAX)),
    must("principal_type", Word(&["human", "system", "agent"])),
    must("principal_id", Text),
    must("delegated_at", Time),
    must("scope_grant", Of(&SCOPE_GRANT)),
    must("delegation_signature", Text),
    may("principal_manifest_id", Id),
    may("principal_attestation_hash", super::Kind::Digest),
]);

static SCOPE_GRANT: Shape = shape(&[
    default("tools", TEXTS),
    default("data_classifications", List(&CLASSIFICATION, 0, ANY)),
    default("max_delegation_depth", Count(0, MAX)),
    may("ttl_seconds", Count(1, MAX)),
    default("constraints", TEXTS),
]);

static HITL_RECORD: Shape = shape(&[
    must("required", Flag),
    default("approvals", List(&Of(&APPROVAL), 0, ANY)),
    may("escalation_policy", Of(&ESCALATION)),
    may("hitl_runtime", Of(&HITL_RUNTIME)),
]);

static APPROVAL: Shape = shape(&[
    must("approval_id", Id),
    must("approver_id", Ruled(|id| !id.starts_with("spiffe://"), "is a person and no workload")),
    must("approver_identity_type", Word(&["oidc", "email", "did"])),
    may("approver_oidc_issuer", Text),
    must("approver_role", Text),
    must("approved_at", Time),
    must("approved_scope", Of(&APPROVED_SCOPE)),
    must("approval_signature", Text),
    must("approval_method", Word(&["hardware-key", "software-key", "mfa-backed"])),
    must("evidence_uri", Text),
])
.ruled(|approval| {
    let oidc = word(approval, "approver_identity_type") == Some("oidc");
    let named = word(approval, "approver_oidc_issuer").is_some_and(|issuer| !issuer.is_empty());
    holds(!oidc || named, "must name the issuer of an OIDC identity (`approver_oidc_issuer`)")
});

static APPROVED_SCOPE: Shape = shape(&[
    must("artifacts", TEXTS),
    must("risk_tier", Word(&["low", "medium", "high", "critical"])),
    must("approval_duration_seconds", Duration),
    default("conditions", TEXTS),
]);

static ESCALATION: Shape = shape(&[
    may("trigger", Text),
    may("escalation_target", Text),
    must("timeout_action", Word(&["deny", "suspend", "alert"])),
]);

static HITL_RUNTIME: Shape = shape(&[
    may("interrupt_endpoint", Text),
    may("override_mechanism", Word(&["kill-signal", "suspend-and-hold", "require-confirmation"])),
    may("monitoring_endpoint", Text),
    may("automation_bias_disclosure", Text),
]);

static LOG_ENTRY: Shape = shape(&[
    must("log_id", Text),
    must("log_index", Count(0, MAX)),
    must("entry_uuid", Text),
    must("integrated_time", Count(0, MAX)),
    must("inclusion_proof", Of(&INCLUSION_PROOF)),
]);

static INCLUSION_PROOF: Shape =
    shape(&[must("checkpoint", Text), must("hashes", TEXTS), must("tree_size", Count(0, MAX))]);

static LOG_RETENTION: Shape = shape(&[
    must("minimum_retention_days", Count(1, MAX)),
    may("regulatory_retention_override", Count(1, MAX)),
    must("retention_enforced_by", Text),
]);

static DATA_SCOPE: Shape = shape(&[
    default("personal_data_categories", TEXTS),
    default("legal_basis", TEXTS),
    must("automated_decision_making", Flag),
    may("dpia_reference", Text),
]);

static LIFECYCLE: Shape = shape(&[
    must("expected_lifetime_days", Count(1, MAX)),
    may("planned_maintenance_schedule", Text),
    may("update_policy", Text),
    default("reissuance_triggers", TEXTS),
]);

static INTENT: Shape = shape(&[must("statement", Ruled(|text| !text.is_empty(), "must not be empty"))]);

static SIGNATURE: Shape = shape(&[
    must("algorithm", Word(&["Ed25519", "ML-DSA-65", "hybrid-Ed25519-ML-DSA-65"])),
    must("key_id", Text),
    must("key_type", Word(&["software", "hsm", "tee-sealed"])),
    must("signed_at", Time),
    default("signed_fields", TEXTS),
    may("signature_value", Text),
    may("classical_signature", Text),
    may("pq_signature", Text),
])
.ruled(|signature| {
    let said = |name| word(signature, name).is_some_and(|text| !text.is_empty());
    let (classical, pq) = (said("classical_signature"), said("pq_signature"));
    match word(signature, "algorithm") {
        Some("hybrid-Ed25519-ML-DSA-65") => holds(classical && pq, "must hold both signatures of a hybrid"),
        _ => holds(
            said("signature_value") && !classical && !pq,
            "must hold `signature_value` and no other signature",
        ),
    }
});

/// Everything that is wrong with the shape of a manifest, in the order of its members. (MAN-6, MAN-7)
///
/// Missing members below the first level are forgiven, as older makers left them out; what is there is checked all the
/// same. An experimental profile has no older makers, and an approval without its duration would never end.
pub(crate) fn violations(document: &Object<'_>) -> Vec<Violation> {
    let mut walk = Walk::default();
    walk.object(document, &DOCUMENT);
    let experimental = word(document, "profile") == Some(PROFILE);
    if stated(document, "evidence_requirements") && !experimental {
        walk.found.push(Violation {
            path: "evidence_requirements".to_owned(),
            fault: Fault::Unknown,
            depth: 1,
            essential: true,
        });
    }
    let legacy = word(document, "version") == Some("0.1");
    let forgiven = |violation: &Violation| {
        let old = violation.depth > 1 || (violation.path == "issuer" && legacy);
        violation.fault == Fault::Missing && old && !violation.essential && !experimental && !is_off("MAN-7")
    };
    walk.found.retain(|violation| !forgiven(violation));
    if walk.found.is_empty() {
        walk.found.extend(rules::between_members(document));
    }
    walk.found
}
