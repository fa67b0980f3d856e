//! Decisions of allow sets, and the scope that is in effect (POL-3 to POL-5, POL-11).

use ca2a_core::Sha256;
use serde_json::{Value, json};

use crate::vectors::{case::Case, draft::public};

const OP: &str = "policy.decide";

/// The question whether the tool, two hops below the root, may do `capability` under a leaf that grants `delegated`.
pub(super) fn ask(delegated: &[&str], capability: &str) -> Value {
    json!({
        "delegated": delegated,
        "facts": {
            "subject_hex": public("tool"),
            "root_issuer_hex": public("root"),
            "capability": capability,
            "depth": 2,
            "caller_assurance": "not_offered",
        },
    })
}

fn of_set(allowed: &[&str], delegated: &[&str], capability: &str) -> Value {
    let mut question = ask(delegated, capability);
    question["policy_allow"] = json!(allowed);
    question
}

pub(super) fn allows(
    requirement: &'static str,
    name: &str,
    about: &'static str,
    question: Value,
    expect: Value,
) -> Case {
    Case::accept(requirement, name, about, OP, question, expect)
}

pub(super) fn denies(requirement: &'static str, name: &str, about: &'static str, question: Value) -> Case {
    Case::refuse(requirement, name, about, OP, question, "SCOPE_NOT_PERMITTED")
}

/// The text is no policy.
pub(super) fn unloaded(requirement: &'static str, name: &str, about: &'static str, question: Value) -> Case {
    Case::refuse(requirement, name, about, OP, question, "CONFIG_ERROR")
}

pub(super) fn cases() -> Vec<Case> {
    let both = ["read", "write"];
    let named = "{\"local_policy\":[\"read\",\"write\"]}";
    let digest = Sha256::of(named.as_bytes()).to_hex();
    let none = json!({});
    let mut effective = ask(&["read", "search", "write"], "read");
    effective["policy_cedar"] = json!(
        "permit (principal, action, resource) when { action == Action::\"read\" || action == Action::\"search\" };"
    );
    vec![
        allows("POL-3", "both", "granted and allowed", of_set(&["read"], &["read"], "read"), none.clone()),
        denies("POL-3", "granted", "granted, and not allowed", of_set(&["read"], &both, "write")),
        denies("POL-3", "allowed", "allowed, and not granted", of_set(&both, &["read"], "write")),
        allows(
            "POL-4",
            "alone",
            "a leaf that grants more than is allowed",
            of_set(&["read"], &both, "read"),
            none.clone(),
        ),
        denies(
            "POL-4",
            "other",
            "another capability of the leaf is allowed",
            of_set(&["read"], &both, "write"),
        ),
        allows(
            "POL-5",
            "digest",
            "in any order, and twice",
            of_set(&["write", "read", "write"], &both, "write"),
            json!({ "policy_digest": digest }),
        )
        .preimage("policy", named),
        allows(
            "POL-5",
            "exactly",
            "letter by letter",
            of_set(&["read:all"], &["read:all"], "read:all"),
            none,
        ),
        denies("POL-5", "capitals", "another spelling", of_set(&["READ"], &["read"], "read")),
        denies("POL-5", "prefix", "what it begins with", of_set(&["read"], &["read:all"], "read:all")),
        denies("POL-5", "none", "by nothing", of_set(&[], &["read"], "read")),
        allows(
            "POL-11",
            "effective",
            "what the leaf grants and the policy allows",
            effective,
            json!({ "effective_scope": ["read", "search"] }),
        ),
        Case::says(
            "POL-11",
            "refuse",
            "not-allowed",
            "what the policy does not allow is not in it",
            OP,
            of_set(&["read"], &both, "read"),
            json!({ "effective_scope": ["read"] }),
        ),
    ]
}
