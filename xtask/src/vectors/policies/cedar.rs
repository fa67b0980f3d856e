//! Policies and constraints in Cedar (POL-6 to POL-9, POL-13, POL-14).

use ca2a_core::{Sha256, encoding::hex};
use serde_json::{Value, json};

use super::decisions::{allows, ask, denies, unloaded};
use crate::vectors::{case::Case, draft::public};

const ALL: &str = "permit (principal, action, resource);";

pub(super) fn cases() -> Vec<Case> {
    [texts(), requests(), evaluation(), manifests(), constraints()].concat()
}

/// Whether the tool may read under `policy`.
fn read_under(policy: &str) -> Value {
    let mut question = ask(&["read", "write"], "read");
    question["policy_cedar"] = json!(policy);
    question
}

fn read_under_bytes(policy: &[u8]) -> Value {
    let mut question = ask(&["read", "write"], "read");
    question["policy_hex"] = json!(hex(policy));
    question
}

/// The same with one more fact.
fn with(mut question: Value, fact: &str, value: Value) -> Value {
    question["facts"][fact] = value;
    question
}

/// A policy that permits under a condition of that many brackets.
fn nested(levels: usize) -> String {
    format!(
        "permit (principal, action, resource) when {{ {}true{} }};",
        "(".repeat(levels),
        ")".repeat(levels)
    )
}

fn texts() -> Vec<Case> {
    let digest = Sha256::of(ALL.as_bytes()).to_hex();
    let refuses =
        |requirement, name: &str, about, text: &str| unloaded(requirement, name, about, read_under(text));
    vec![
        allows(
            "POL-6",
            "text",
            "UTF-8, named by the digest of its bytes",
            read_under(ALL),
            json!({ "policy_digest": digest }),
        )
        .preimage("policy", ALL),
        unloaded(
            "POL-6",
            "mark",
            "behind a byte order mark",
            read_under_bytes(&[b"\xef\xbb\xbf", ALL.as_bytes()].concat()),
        ),
        unloaded("POL-6", "bytes", "no UTF-8", read_under_bytes(&[ALL.as_bytes(), b"// \xff"].concat())),
        refuses("POL-6", "blank", "nothing but blanks", " \n"),
        allows("POL-7", "nested", "hundreds of levels", read_under(&nested(300)), json!({})),
        refuses("POL-7", "text", "no Cedar", "permit (principal, action"),
        refuses("POL-7", "nothing", "a comment alone", "// nothing"),
        refuses("POL-7", "deep", "more than a thousand levels", &nested(1_001)),
    ]
}

fn requests() -> Vec<Case> {
    let accepts =
        |name: &str, about, policy: &str| allows("POL-8", name, about, read_under(policy), json!({}));
    let refuses = |name: &str, about, policy: &str| denies("POL-8", name, about, read_under(policy));
    let subject = format!("Agent::\"{}\"", public("tool"));
    let when = |condition: &str| format!("permit (principal, action, resource) when {{ {condition} }};");
    let measured = "context has measurement && context.measurement == \"sha384:00\"";
    vec![
        accepts(
            "entities",
            "subject, capability and task",
            &format!(
                "permit (principal == {subject}, action == Action::\"read\", resource == Task::\"task\");"
            ),
        ),
        accepts(
            "context",
            "depth, root and assurance",
            &when(&format!(
                "context.depth == 2 && context.root_issuer == \"{}\" && context.caller_assurance == \"not_offered\"",
                public("root")
            )),
        ),
        allows(
            "POL-8",
            "measurement",
            "a measurement where there is one",
            with(read_under(&when(measured)), "measurement", json!("sha384:00")),
            json!({}),
        ),
        refuses(
            "peer",
            "a principal that is no key",
            "permit (principal == Agent::\"peer\", action, resource);",
        ),
        refuses(
            "issuer",
            "the root's key for a principal",
            &format!("permit (principal == Agent::\"{}\", action, resource);", public("root")),
        ),
        refuses("resource", "another task", "permit (principal, action, resource == Task::\"other\");"),
        refuses("measurement", "a measurement where there is none", &when(measured)),
    ]
}

fn evaluation() -> Vec<Case> {
    let refuses = |name: &str, about, policy: &str| denies("POL-9", name, about, read_under(policy));
    let forbid = |condition: &str| format!("{ALL} forbid (principal, action, resource){condition};");
    vec![
        allows(
            "POL-9",
            "forbid",
            "a `forbid` that does not apply",
            read_under(&forbid(" when { context.depth > 2 }")),
            json!({}),
        ),
        refuses("forbid", "a `forbid` that applies", &forbid("")),
        refuses("nothing", "nothing applies", "permit (principal, action == Action::\"write\", resource);"),
        refuses(
            "error",
            "an error in a `forbid` beside a `permit`",
            &forbid(" when { context.measurement == \"x\" }"),
        ),
        refuses(
            "other-error",
            "an error in a `permit` beside another",
            &format!("{ALL} permit (principal, action, resource) when {{ context.measurement == \"x\" }};"),
        ),
    ]
}

fn manifests() -> Vec<Case> {
    let digest = "5e".repeat(32);
    let manifest = json!({
        "agent_id": "spiffe://example.org/agent/a",
        "digest_hex": digest,
        "approvers": ["ann@example.org"],
    });
    let of_agent = |policy: &str| with(read_under(policy), "manifest", manifest.clone());
    let approved = format!(
        "permit (principal, action, resource) when {{ context has manifest && context.manifest.agent_id == \"spiffe://example.org/agent/a\" && context.manifest.digest == \"sha256:{digest}\" && context.manifest.approvers.contains(\"ann@example.org\") }};"
    );
    let forbidden = format!(
        "{ALL} forbid (principal, action, resource) when {{ context has manifest && !context.manifest.approvers.contains(\"bob@example.org\") }};"
    );
    vec![
        allows("POL-13", "manifest", "agent, digest and approvers", of_agent(&approved), json!({})),
        denies("POL-13", "absent", "no manifest", read_under(&approved)),
        denies("POL-13", "approver", "a manifest that somebody else approved", of_agent(&forbidden)),
    ]
}

fn constraints() -> Vec<Case> {
    let asked = |statements: &[&str]| {
        json!({
            "statements": statements,
            "agent": "spiffe://example.org/agent/a",
            "tool": "mail.send",
            "depth": 1,
        })
    };
    let left = |side: &str, name: &str, about, statements: &[&str], left: Value| {
        let expect = json!({ "left": left });
        Case::says("POL-14", side, name, about, "policy.constrain", asked(statements), expect)
    };
    let other = "forbid (principal, action == Action::\"mail.read\", resource);";
    let agent = "permit (principal == Agent::\"spiffe://example.org/agent/a\", action, resource == Task::\"task\") when { context.depth == 1 };";
    vec![
        left("accept", "other", "another tool is taken away", &[other], json!(true)),
        left("accept", "permit", "a `permit` that applies", &[other, agent], json!(true)),
        left(
            "refuse",
            "forbid",
            "this tool is",
            &["forbid (principal, action == Action::\"mail.send\", resource);"],
            json!(false),
        ),
        left(
            "refuse",
            "permit",
            "a `permit` of another tool",
            &["permit (principal, action == Action::\"mail.read\", resource);"],
            json!(false),
        ),
        left(
            "refuse",
            "error",
            "a statement that cannot be evaluated",
            &["forbid (principal, action, resource) when { context.hour > 8 };"],
            Value::Null,
        ),
    ]
}
