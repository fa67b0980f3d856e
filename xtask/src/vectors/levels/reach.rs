//! A record that has whatever the levels ask for, and the question which of them it reaches.

use ca2a_core::{Sha256, encoding::base64url};
use serde_json::{Value, json};

use crate::vectors::{
    case::Case,
    draft::{NOW, public},
    traces::{
        anchoring::{leaf, node, shown},
        draft::{Record, by, digest},
    },
};

const OP: &str = "trace.level";
const POLICY: &[u8] = b"permit (principal, action, resource);";
pub(super) const POLICY_URI: &str = "https://policies.example/1";

/// A record that reaches every level.
pub(super) fn whole() -> Record {
    by("planner")
        .with("appraisal", &appraisal("affirming", "https://verifier.example/v1", NOW))
        .with("policy", &policy(&format!("sha256:{}", Sha256::of(POLICY).to_hex()), "enforce"))
        .with("runtime", &runtime("intel-tdx", &digest("d")))
        .with("tool_transcript", &format!("{{\"call_count\":2,\"hash\":\"{}\"}}", digest("e")))
        .with("transparency", "\"https://registry.example/1\"")
}

pub(super) fn appraisal(status: &str, verifier: &str, timestamp: u64) -> String {
    format!(
        "{{\"policy_ref\":\"https://verifier.example/policy\",\"status\":\"{status}\",\"timestamp\":{timestamp},\"verifier\":\"{verifier}\"}}"
    )
}

pub(super) fn policy(hash: &str, mode: &str) -> String {
    format!("{{\"bundle_hash\":\"{hash}\",\"enforcement_mode\":\"{mode}\",\"policy_uri\":\"{POLICY_URI}\"}}")
}

pub(super) fn runtime(platform: &str, measurement: &str) -> String {
    format!(
        "{{\"measurement\":\"{measurement}\",\"nonce\":\"bm9uY2U\",\"platform\":\"{platform}\",\"rim_uri\":\"https://rim.example/1\"}}"
    )
}

/// Whether the document `text` reaches a level, as the published suite asks; whoever asks has sent a nonce and holds the
/// policy.
pub(super) fn published(text: &str, level: u64) -> Value {
    let mut question = json!({
        "document_json": text,
        "level": level,
        "now": NOW,
        "expected_nonce": "bm9uY2U",
        "policy_bundles_b64u": {},
        "published": true,
    });
    question["policy_bundles_b64u"][POLICY_URI] = json!(base64url(POLICY));
    question
}

/// The same as we ask.
pub(super) fn strict(text: &str, level: u64) -> Value {
    let mut question = published(text, level);
    question["published"] = json!(false);
    question
}

/// The root of a log that holds `record` and another leaf.
fn root(record: &Record) -> [u8; 32] {
    node(leaf(record), leaf(&by("tool")))
}

/// The same question with the receipt of `record`.
pub(super) fn with_receipt(mut question: Value, record: &Record) -> Value {
    let receipt = json!({
        "leaf_index": 0,
        "leaf_count": 2,
        "audit_path": [shown(leaf(&by("tool")))],
        "merkle_root": shown(root(record)),
    });
    question["receipt_json"] = json!(receipt.to_string());
    question
}

/// The same question of somebody who knows that a log signed the root that `record` is under.
pub(super) fn with_root(question: Value, record: &Record) -> Value {
    let mut question = with_receipt(question, record);
    let root = shown(root(record));
    question["log_roots"] = json!([root.trim_start_matches("sha256:")]);
    question
}

/// The same question of somebody who verified evidence of this runtime.
pub(super) fn with_evidence(mut question: Value, platform: &str, measurement: &str, key: &str) -> Value {
    question["evidence"] =
        json!({ "platform": platform, "measurement": measurement, "key_hex": public(key) });
    question
}

/// It reaches the level.
pub(super) fn reached(requirement: &'static str, name: &str, about: &'static str, question: Value) -> Case {
    Case::accept(requirement, name, about, OP, question, json!({ "outcome": "pass", "failing": [] }))
}

/// It does not, for these findings.
pub(super) fn missed(
    requirement: &'static str,
    name: &str,
    about: &'static str,
    question: Value,
    failing: &[&str],
) -> Case {
    told(requirement, name, about, question, "fail", failing)
}

/// Nothing is wrong with it, and these findings could not be checked.
pub(super) fn unverified(
    requirement: &'static str,
    name: &str,
    about: &'static str,
    question: Value,
    failing: &[&str],
) -> Case {
    told(requirement, name, about, question, "unverified", failing)
}

fn told(
    requirement: &'static str,
    name: &str,
    about: &'static str,
    question: Value,
    outcome: &str,
    failing: &[&str],
) -> Case {
    let expect = json!({ "outcome": outcome, "failing": failing });
    Case::says(requirement, "refuse", name, about, OP, question, expect)
}

/// It is no document of TRACE.
pub(super) fn unread(
    requirement: &'static str,
    name: &str,
    about: &'static str,
    question: Value,
    reason: &str,
) -> Case {
    Case::refuse(requirement, name, about, OP, question, "TRACE_RECORD_INVALID")
        .expecting("reason", json!(reason))
}

/// It is no question.
pub(super) fn unasked(requirement: &'static str, name: &str, about: &'static str, question: Value) -> Case {
    Case::refuse(requirement, name, about, OP, question, None)
}
