//! TRACE v0.2, member by member (TRC-10, TRC-11).

use ca2a_core::json::{MAX_SAFE_INTEGER, Node, Object};

use super::{
    check::{Check, Keyword, Rule, Shape},
    grammar::Grammar,
    jwk::CNF,
};
use crate::profile::PROFILE;

/// 2023-11-14: no record is older than the format.
const FIRST_SECOND: i64 = 1_700_000_000;

const DIGEST: Rule = Rule::Pattern(Grammar::Digest);
const TIME: Rule = Rule::Int(FIRST_SECOND, MAX_SAFE_INTEGER);
const COUNT: Rule = Rule::Int(0, MAX_SAFE_INTEGER);
const DEPTH: Rule = Rule::OneOf(&["surface", "builder", "transitive"]);

const REQUIRED: &[&str] = &[
    "eat_profile",
    "iat",
    "subject",
    "model",
    "runtime",
    "policy",
    "data_class",
    "build_provenance",
    "appraisal",
    "cnf",
];

macro_rules! record {
    ($delegation:expr) => {
        Shape {
            required: REQUIRED,
            members: &[
                ("eat_profile", Rule::Const(PROFILE)),
                ("iat", TIME),
                ("subject", Rule::Pattern(Grammar::Subject)),
                ("model", Rule::Object(&MODEL)),
                ("runtime", Rule::Object(&RUNTIME)),
                ("policy", Rule::Object(&POLICY)),
                ("data_class", Rule::Text),
                ("tool_transcript", Rule::Object(&TOOL_TRANSCRIPT)),
                ("delegation", $delegation),
                ("origin", Rule::Object(&ORIGIN)),
                ("references", Rule::List(&Rule::Object(&REFERENCE))),
                ("reproducibility", Rule::Object(&REPRODUCIBILITY)),
                ("build_provenance", Rule::Object(&BUILD_PROVENANCE)),
                ("appraisal", Rule::Object(&APPRAISAL)),
                ("transparency", Rule::Uri),
                ("cnf", Rule::Object(&CNF)),
                ("signature", Rule::Pattern(Grammar::Base64Url)),
            ],
            across: None,
            finally: Some(others_evidence_has_no_hardware),
        }
    };
}

pub(super) static ANY_RECORD: Rule = Rule::Object(&RECORD);
pub(super) static RECORD: Shape = record!(Rule::Object(&DELEGATION));
pub(super) static RECORD_BUT_DELEGATION: Shape = record!(Rule::Whatever);

static MODEL: Shape = Shape::new(
    &["provider", "model_id"],
    &[
        ("provider", Rule::Text),
        ("model_id", Rule::Text),
        ("version", Rule::Text),
        ("weights_digest", DIGEST),
        ("aibom_uri", Rule::Uri),
    ],
);

static RUNTIME: Shape = Shape::new(
    &["platform", "measurement"],
    &[
        (
            "platform",
            Rule::OneOf(&[
                "intel-tdx",
                "amd-sev-snp",
                "azure-cvm-sev-snp",
                "nvidia-h100",
                "nvidia-blackwell",
                "aws-nitro",
                "arm-cca",
                "google-confidential-space",
                "tpm2",
                SOFTWARE_ONLY,
            ]),
        ),
        ("measurement", DIGEST),
        ("rim_uri", Rule::Uri),
        ("nonce", Rule::Text),
        ("firmware_version", Rule::Text),
    ],
);

static POLICY: Shape = Shape::new(
    &["bundle_hash", "enforcement_mode"],
    &[
        ("bundle_hash", DIGEST),
        ("enforcement_mode", Rule::OneOf(&["enforce", "advisory", "silent", "declared"])),
        ("version", Rule::Text),
        ("policy_uri", Rule::Uri),
    ],
);

static TOOL_TRANSCRIPT: Shape =
    Shape::new(&["hash"], &[("hash", DIGEST), ("call_count", COUNT), ("transcript_uri", Rule::Uri)]);

static DELEGATION: Shape = Shape::new(
    &["parent_record_hash", "credential_id"],
    &[("parent_record_hash", DIGEST), ("credential_id", Rule::NonEmpty)],
);

static ORIGIN: Shape = Shape::new(
    &["kind", "producer"],
    &[
        ("kind", Rule::OneOf(&["self", THIRD_PARTY, LOG_IMPORT])),
        ("producer", Rule::NonEmpty),
        ("source_event_id", Rule::NonEmpty),
        ("ingested_at", TIME),
    ],
);

static REFERENCE: Shape = Shape::new(
    &["rel", "id", "resolver"],
    &[
        ("rel", Rule::NonEmpty),
        ("id", Rule::NonEmpty),
        ("resolver", Rule::NonEmpty),
        ("retention", Rule::Pattern(Grammar::Duration)),
        ("digest", DIGEST),
    ],
);

static REPRODUCIBILITY: Shape = Shape::new(
    &["function", "code_identity", "input_closure", "transcript_digest"],
    &[
        ("function", Rule::NonEmpty),
        ("code_identity", DIGEST),
        ("code_resolver", Rule::NonEmpty),
        ("input_closure", Rule::List(&Rule::Object(&INPUT))),
        ("transcript_digest", DIGEST),
    ],
);

static INPUT: Shape = Shape::new(
    &["id", "digest", "resolver"],
    &[("id", Rule::NonEmpty), ("digest", DIGEST), ("resolver", Rule::NonEmpty)],
);

static BUILD_PROVENANCE: Shape = Shape::new(
    &["slsa_level", "digest"],
    &[
        ("slsa_level", Rule::Int(0, 3)),
        ("builder", Rule::Text),
        ("digest", DIGEST),
        ("provenance_uri", Rule::Uri),
        ("provenance_depth", DEPTH),
    ],
);

static APPRAISAL: Shape = Shape {
    required: &["status", "verifier"],
    members: &[
        ("status", Rule::OneOf(&["affirming", "warning", "contraindicated", "none"])),
        ("verifier", Rule::Uri),
        ("policy_ref", Rule::Uri),
        ("timestamp", Rule::Int(-MAX_SAFE_INTEGER, MAX_SAFE_INTEGER)),
        ("provenance_depth_verified", DEPTH),
        ("method", Rule::OneOf(&[RE_EXECUTION])),
        ("re_execution", Rule::Object(&RE_EXECUTION_RESULT)),
    ],
    across: Some(re_execution_goes_with_its_method),
    finally: None,
};

static RE_EXECUTION_RESULT: Shape = Shape {
    required: &["outcome"],
    members: &[
        ("outcome", Rule::OneOf(&["reproduced", "diverged", "not-attempted"])),
        ("observed_digest", DIGEST),
        ("reason", Rule::NonEmpty),
        ("verifier_code_identity", DIGEST),
    ],
    across: Some(an_outcome_shows_its_cause),
    finally: None,
};

const SOFTWARE_ONLY: &str = "software-only";
const THIRD_PARTY: &str = "third-party-control-plane";
const LOG_IMPORT: &str = "log-import";
const RE_EXECUTION: &str = "re-execution";

fn text<'n>(object: &'n Object<'_>, name: &str) -> Option<&'n str> {
    object.get(name).and_then(Node::as_str)
}

fn re_execution_goes_with_its_method(check: &mut Check, appraisal: &Object<'_>) {
    if text(appraisal, "method") == Some(RE_EXECUTION) {
        check.required(&["re_execution"], appraisal);
    } else if appraisal.contains("re_execution") {
        check.violation(Keyword::Not, "`re_execution` stands only with the method `re-execution`");
    }
}

fn an_outcome_shows_its_cause(check: &mut Check, result: &Object<'_>) {
    match text(result, "outcome") {
        Some("diverged") => check.required(&["observed_digest"], result),
        Some("not-attempted") => check.required(&["reason"], result),
        _ => {}
    }
}

/// What was assembled from another party's evidence has no hardware root of its own.
fn others_evidence_has_no_hardware(check: &mut Check, record: &Object<'_>) {
    let Some(origin) = record.get("origin") else { return };
    // JSON Schema judges the members of objects only, so an `origin` that is none meets the condition.
    let imported = origin
        .as_object()
        .is_none_or(|origin| matches!(text(origin, "kind"), Some(THIRD_PARTY | LOG_IMPORT)));
    let runtime = record.get("runtime").and_then(Node::as_object);
    let platform = runtime.and_then(|runtime| runtime.get("platform"));
    if imported && platform.is_some_and(|platform| platform.as_str() != Some(SOFTWARE_ONLY)) {
        check.within("runtime", |check| {
            check.within("platform", |check| {
                check.violation(
                    Keyword::Const,
                    "must be `software-only` in a record of another party's evidence",
                );
            });
        });
    }
}
