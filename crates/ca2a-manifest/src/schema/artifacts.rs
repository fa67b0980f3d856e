//! The artifacts that a manifest binds.

use ca2a_core::json::Object;

use super::{
    Kind::{Count, Digest, Flag, Id, List, Of, Text, Time, Word},
    Shape, default, may, must, shape,
    walk::{Kind, timestamp},
};

const ANY: usize = usize::MAX;
const MAX: u64 = u64::MAX;
pub(super) const TEXTS: Kind = List(&Text, 0, ANY);
const LEVEL: Kind = Count(1, 4);
pub(super) const CLASSIFICATION: Kind = Word(&["public", "internal", "confidential", "restricted"]);

/// The artifacts, each of them optional: which must be there depends on the profile.
pub(super) static ARTIFACTS: Shape = shape(&[
    may("system_prompt", Of(&SYSTEM_PROMPT)),
    may("policy_bundle", Of(&POLICY_BUNDLE)),
    may("tool_manifest", Of(&TOOL_MANIFEST)),
    may("model_identity", Of(&MODEL_IDENTITY)),
    may("rag_corpus", Of(&RAG_CORPUS)),
    may("memory_baseline", Of(&MEMORY_BASELINE)),
    may("decision_trace", Of(&DECISION_TRACE)),
    may("supply_chain", Of(&SUPPLY_CHAIN)),
]);

static SYSTEM_PROMPT: Shape = shape(&[
    must("hash", Digest),
    default("hash_algorithm", Text),
    must("version", Text),
    must("classification", CLASSIFICATION),
    may("language", Text),
    may("safety_level", Text),
    may("assurance_test", Of(&ASSURANCE_TEST)),
    must("bound_at", Time),
]);

static ASSURANCE_TEST: Shape = shape(&[
    must("suite_id", Text),
    must("suite_version", Text),
    must("harness_version", Text),
    must("result", Word(&["passed", "flagged", "not-assessed"])),
    may("assessed_at", Time),
    may("scenario_count", Count(1, MAX)),
    may("evidence_uri", Text),
    may("evidence_digest", Digest),
    may("assessed_by", Text),
])
.ruled(|test| {
    let assessed = word(test, "result") != Some("not-assessed");
    holds(!assessed || stated(test, "assessed_at"), "must say when it was assessed (`assessed_at`)")
});

static POLICY_BUNDLE: Shape = shape(&[
    must("hash", Digest),
    must("policy_language", Word(&["cedar", "rego", "yaml-agt", "composite"])),
    must("version", Text),
    must("enforcement_mode", Word(&["enforce", "advisory", "audit-only"])),
    default("scope", TEXTS),
    may("agt_version", Text),
    must("bound_at", Time),
])
.ruled(|bundle| {
    let needed = matches!(word(bundle, "policy_language"), Some("yaml-agt" | "composite"));
    holds(!needed || stated(bundle, "agt_version"), "must name its `agt_version` in this policy language")
});

static TOOL_MANIFEST: Shape = shape(&[
    must("catalog_hash", Digest),
    must("tools", List(&Of(&TOOL), 0, ANY)),
    default("allow_dynamic_registration", Flag),
    must("rug_pull_policy", Word(&["deny-and-alert", "deny-and-hold", "require-reapproval"])),
    must("bound_at", Time),
]);

static TOOL: Shape = shape(&[
    must("tool_id", Text),
    must("tool_name", Text),
    must("endpoint_id", Text),
    must("schema_hash", Digest),
    must("description_hash", Digest),
    must("version", Text),
    may("permission_scope", Text),
    default("egress_destinations", TEXTS),
]);

static MODEL_IDENTITY: Shape = shape(&[
    must("provider", Text),
    must("model_id", Text),
    must("version", Text),
    may("capability_level", Text),
    may("safety_alignment_version", Text),
    default("quantization", Text),
    must("deployment_type", Word(&["api", "local", "confidential-inference", "third-party-api"])),
    may("model_hash", Digest),
    must("model_attestation_type", Word(&["hash-bound", "provider-asserted"])),
    must("bound_at", Time),
])
.ruled(|model| {
    let remote = matches!(word(model, "deployment_type"), Some("api" | "third-party-api"));
    let asserted = word(model, "model_attestation_type") == Some("provider-asserted");
    let hashed = stated(model, "model_hash");
    match remote {
        true => holds(!hashed && asserted, "has no hash behind an API and is `provider-asserted`"),
        false => holds(hashed && !asserted, "has a hash where it runs here and is `hash-bound`"),
    }
});

static RAG_CORPUS: Shape = shape(&[
    must("corpus_id", Text),
    must("merkle_root", Digest),
    must("document_count", Count(0, MAX)),
    must("ingestion_policy_hash", Digest),
    must("vector_store", Text),
    must("embedding_model", Text),
    must("last_updated", Time),
    must("poisoning_scan", Of(&POISONING_SCAN)),
    must("bound_at", Time),
]);

static POISONING_SCAN: Shape = shape(&[
    may("scanner_version", Text),
    may("scanned_at", Time),
    must("result", Word(&["clean", "flagged", "not-scanned"])),
]);

static MEMORY_BASELINE: Shape = shape(&[
    must("baseline_id", Id),
    may("snapshot_hash", Digest),
    must("memory_type", Word(&["none", "session", "persistent", "shared"])),
    must("store", Text),
    must("approved_at", Time),
    may("ttl_seconds", Count(3_600, 7_776_000)),
    must("drift_policy", Word(&["deny-on-drift", "alert-on-drift", "log-only"])),
    may("shared_memory_owner", Id),
    may("check_interval_seconds", Count(1, MAX)),
    must("bound_at", Time),
])
.ruled(|memory| {
    let kind = word(memory, "memory_type");
    let lasting = matches!(kind, Some("persistent" | "shared"));
    holds(
        (kind == Some("none")) != stated(memory, "snapshot_hash"),
        "has a snapshot exactly where there is a memory",
    )?;
    holds(!lasting || stated(memory, "ttl_seconds"), "must state its `ttl_seconds` where it lasts")?;
    holds(
        (kind == Some("shared")) == stated(memory, "shared_memory_owner"),
        "has an owner exactly where it is shared",
    )
});

static DECISION_TRACE: Shape = shape(&[
    must("trace_type", Word(&["hash-chained", "merkle-log"])),
    must("audit_chain_root", Digest),
    must("audit_chain_uri", Text),
    must("signing_key_id", Text),
    must("audit_key_sealed", Flag),
    must("first_entry_at", Time),
    must("last_entry_at", Time),
    may("entry_count", Count(0, MAX)),
    must("bound_at", Time),
])
.ruled(|trace| {
    let at = |name| trace.get(name).and_then(timestamp);
    let ordered = at("first_entry_at")
        .zip(at("last_entry_at"))
        .is_some_and(|(first, last)| first.has_zone() == last.has_zone() && first.micros() <= last.micros());
    holds(ordered, "must not begin after it ends")
});

static SUPPLY_CHAIN: Shape = shape(&[
    must("container_image_digest", Digest),
    may("base_image_digest", Digest),
    may("slsa_provenance", Of(&SLSA)),
    may("sbom", Of(&SBOM)),
    default("mcp_servers", List(&Of(&MCP_SERVER), 0, ANY)),
    must("bound_at", Time),
]);

static SLSA: Shape = shape(&[
    must("builder_id", Text),
    must("subject_digest", Digest),
    must("provenance_uri", Text),
    may("rekor_entry_id", Text),
    may("declared_level", LEVEL),
]);

static SBOM: Shape = shape(&[
    must("format", Word(&["cyclonedx", "spdx"])),
    must("schema_version", Text),
    must("document_id", Text),
    must("sbom_hash", Digest),
    must("sbom_uri", Text),
]);

static MCP_SERVER: Shape = shape(&[
    must("server_id", Text),
    must("image_digest", Digest),
    must("slsa_level", LEVEL),
    default("phase2_attested", Flag),
    may("sbom", Of(&SBOM)),
]);

pub(super) fn word<'o>(object: &'o Object<'_>, name: &str) -> Option<&'o str> {
    object.get(name)?.as_str()
}

pub(super) fn stated(object: &Object<'_>, name: &str) -> bool {
    object.optional(name).is_some()
}

pub(super) fn holds(condition: bool, problem: &'static str) -> Result<(), &'static str> {
    if condition { Ok(()) } else { Err(problem) }
}
