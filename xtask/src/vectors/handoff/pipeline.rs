//! The checks of a packet by itself, in their order, and what may be done under it (HAND-20 to HAND-32, HAND-60, HAND-61,
//! HAND-65).

use serde_json::{Value, json};

use super::{
    accepted, accepted_as,
    agents::{id, pem},
    ask, ask_with, keys,
    packet::Packet,
    refused,
};
use crate::vectors::{
    case::Case,
    draft::{NOW, key, public, with},
};

pub(super) fn cases() -> Vec<Case> {
    [senders(), windows(), reviews(), approvals(), replays(), actions()].concat()
}

fn senders() -> Vec<Case> {
    let packet = Packet::honest();
    let registered = |name: &str, holder: &str, revoked: &[String]| {
        let registry = json!({ "agents": { name: pem(holder) }, "revoked": revoked });
        ("registry_json", json!(registry.to_string()))
    };
    let named = packet.clone().saying("from_agent", "agent:planner:alpha");
    let alpha = "agent:planner:alpha";
    vec![
        accepted("HAND-20", "derived", "an id that is derived from the key", &packet),
        accepted_as(
            "HAND-20",
            "registered",
            "a name that the registry resolves",
            ask_with(&named.text(), &[registered(alpha, "planner", &[])]),
            json!({ "profile": "P3" }),
        ),
        refused(
            "HAND-20",
            "impersonation",
            "a stranger's key under the planner's id",
            ask(&Packet::between("stranger", "searcher").saying("from_agent", &id("planner")).text()),
            "HANDOFF_IDENTITY_MISMATCH",
        ),
        refused(
            "HAND-20",
            "other-key",
            "another key than the registered one",
            ask_with(&named.text(), &[registered(alpha, "stranger", &[])]),
            "HANDOFF_IDENTITY_MISMATCH",
        ),
        refused(
            "HAND-20",
            "unknown",
            "a sender that the registry does not have",
            ask_with(&packet.text(), &[registered(alpha, "planner", &[])]),
            "HANDOFF_UNKNOWN_AGENT",
        ),
        refused(
            "HAND-20",
            "revoked",
            "a revoked sender",
            ask_with(&named.text(), &[registered(alpha, "planner", &[alpha.to_owned()])]),
            "HANDOFF_AGENT_REVOKED",
        ),
        accepted("HAND-21", "recipient", "for this agent", &packet),
        refused(
            "HAND-21",
            "other",
            "for another agent",
            ask(&Packet::between("planner", "tool").text()),
            "HANDOFF_WRONG_RECIPIENT",
        ),
        accepted("HAND-22", "signed", "signed by its sender", &packet),
        refused(
            "HAND-22",
            "stranger",
            "signed by somebody else",
            ask(&packet.clone().signed_by("stranger").text()),
            "HANDOFF_SIGNATURE_INVALID",
        ),
        refused(
            "HAND-22",
            "changed",
            "changed after it was signed",
            ask(&packet.text().replacen("\"read\"", "\"write\"", 1)),
            "HANDOFF_SIGNATURE_INVALID",
        ),
    ]
}

fn windows() -> Vec<Case> {
    let lived = |issued: &str, expires: &str| {
        Packet::honest().saying("issued_at", issued).saying("expires_at", expires)
    };
    let now = "2027-01-15T08:00:00Z";
    let refuses = |name: &str, about, issued: &str, expires: &str, code| {
        refused("HAND-23", name, about, ask(&lived(issued, expires).text()), code)
    };
    let risky = |risk: &str, ttl: &str, issued: &str, expires: &str| {
        lived(issued, expires).with("risk_level", risk).with("ttl_seconds", ttl)
    };
    let ttl = |name: &str, about, packet: &Packet| {
        refused("HAND-24", name, about, ask(&packet.text()), "HANDOFF_TTL_POLICY")
    };
    vec![
        accepted("HAND-23", "last-moment", "over at this moment", &lived("2027-01-15T07:59:00Z", now)),
        accepted("HAND-23", "skew", "30 s ahead", &lived("2027-01-15T08:00:30Z", "2027-01-15T08:09:00Z")),
        accepted("HAND-23", "day", "a life of a day", &lived("2027-01-15T07:00:00Z", "2027-01-16T07:00:00Z")),
        refuses(
            "over",
            "over since a microsecond",
            "2027-01-15T07:50:00Z",
            "2027-01-15T07:59:59.999999Z",
            "HANDOFF_EXPIRED",
        ),
        refuses(
            "future",
            "30 s and a microsecond ahead",
            "2027-01-15T08:00:30.000001Z",
            "2027-01-15T08:09:00Z",
            "HANDOFF_NOT_YET_VALID",
        ),
        refuses(
            "inverted",
            "ends before it begins",
            "2027-01-15T08:00:20Z",
            "2027-01-15T08:00:10Z",
            "HANDOFF_WINDOW_INVALID",
        ),
        refuses(
            "long",
            "a life of more than a day",
            "2027-01-15T07:00:00Z",
            "2027-01-16T07:00:00.000001Z",
            "HANDOFF_WINDOW_INVALID",
        ),
        accepted(
            "HAND-24",
            "read",
            "900 s for what reads",
            &risky("\"read\"", "900", now, "2027-01-15T08:15:00Z"),
        ),
        accepted(
            "HAND-24",
            "write",
            "120 s for what writes",
            &risky("\"write\"", "null", now, "2027-01-15T08:02:00Z"),
        ),
        ttl("end", "an end that is not the life's", &risky("\"read\"", "600", now, "2027-01-15T08:09:00Z")),
        ttl("ceiling", "901 s for what reads", &risky("\"read\"", "901", now, "2027-01-15T08:15:01Z")),
        ttl(
            "write-ceiling",
            "121 s for what writes",
            &risky("\"write\"", "121", now, "2027-01-15T08:02:01Z"),
        ),
        ttl("none", "no life at all", &risky("\"read\"", "0", now, now)),
    ]
}

/// A packet that a person has to approve.
fn reviewed() -> Packet {
    Packet::honest().with(
        "constraints",
        r#"{"data_boundary":null,"max_runtime_seconds":null,"requires_human_review":true}"#,
    )
}

/// An approval of the packet of this digest, by somebody.
fn approval(approver: &str, signer: &str, digest: &str, from: u64, until: u64) -> (String, String) {
    let body = format!(
        "{{\"approved_at\":{from},\"approver\":\"{}\",\"domain\":\"ca2a-handoff-approval-v1\",\"not_after\":{until},\"packet_digest\":\"{digest}\"}}",
        public(approver)
    );
    let input = format!("ca2a-handoff-approval-v1\0{body}");
    (with(&body, "signature", &key(signer).sign(input.as_bytes()).to_hex()), input)
}

fn reviews() -> Vec<Case> {
    let source = |json: &str| Packet::honest().with("ai_provenance", json);
    vec![
        accepted("HAND-30", "none", "no review is required", &Packet::honest()),
        accepted("HAND-30", "source", "a model with a source", &source(r#"{"source":"model"}"#)),
        refused(
            "HAND-30",
            "no-approval",
            "a review that nobody made",
            ask(&reviewed().text()),
            "HANDOFF_REVIEW_REQUIRED",
        ),
        refused(
            "HAND-30",
            "own-word",
            "a review that the packet itself claims",
            ask(&reviewed().with("context", r#"{"human_approval":true}"#).text()),
            "HANDOFF_REVIEW_REQUIRED",
        ),
        refused(
            "HAND-30",
            "no-source",
            "a model without a source",
            ask(&source(r#"{"model":"m"}"#).text()),
            "HANDOFF_AI_PROVENANCE",
        ),
    ]
}

fn approvals() -> Vec<Case> {
    let packet = reviewed();
    let asked = |approval: &str, approvers: &[&str]| {
        let approvals = json!(format!("[{approval}]"));
        ask_with(&packet.text(), &[("approvals_json", approvals), ("approvers", keys(approvers))])
    };
    let (good, input) = approval("root", "root", &packet.digest(), NOW - 60, NOW);
    let refuses = |name: &str, about, question: Value| {
        refused("HAND-65", name, about, question, "HANDOFF_APPROVAL_INVALID")
    };
    let by = |approver: &str, signer: &str, digest: &str, from: u64, until: u64| {
        asked(&approval(approver, signer, digest, from, until).0, &["root", "planner"])
    };
    let digest = packet.digest();
    vec![
        accepted_as("HAND-65", "approved", "approved until now", asked(&good, &["root"]), json!({}))
            .preimage("approval", &input),
        refuses("stranger", "by nobody who may", asked(&good, &["tool"])),
        refuses("sender", "by the sender", by("planner", "planner", &digest, NOW, NOW)),
        refuses("signer", "signed by another", by("root", "stranger", &digest, NOW, NOW)),
        refuses("packet", "of another packet", by("root", "root", &Packet::honest().digest(), NOW, NOW)),
        refuses("over", "over", by("root", "root", &digest, NOW - 60, NOW - 1)),
        refuses("future", "not given yet", by("root", "root", &digest, NOW + 31, NOW + 60)),
    ]
}

fn replays() -> Vec<Case> {
    let packet = Packet::honest().text();
    let after = |earlier: &str| ask_with(&packet, &[("earlier", json!([earlier]))]);
    let other_nonce = Packet::honest().saying("nonce", "nonce-2").text();
    let other_task = Packet::honest().saying("packet_id", "pk_2").text();
    // Two checks refuse it, so that no missing one alone accepts it.
    let misled = Packet::between("planner", "tool").signed_by("stranger").text();
    vec![
        accepted_as("HAND-31", "fresh", "after one with another nonce", after(&other_nonce), json!({})),
        refused("HAND-31", "twice", "a packet twice", after(&packet), "HANDOFF_REPLAY"),
        refused("HAND-31", "nonce", "a nonce twice, in two packets", after(&other_task), "HANDOFF_REPLAY"),
        accepted_as(
            "HAND-32",
            "refused-before",
            "after one with its nonce that was refused",
            after(&misled),
            json!({}),
        ),
        refused(
            "HAND-32",
            "spent",
            "after one with its nonce that was accepted",
            after(&other_task),
            "HANDOFF_REPLAY",
        ),
    ]
}

fn actions() -> Vec<Case> {
    let packet = Packet::honest();
    let doing = |actions: &[&str], more: &[(&str, Value)]| {
        let more = [&[("do", json!(actions))], more].concat();
        ask_with(&packet.text(), &more)
    };
    let short = packet.clone().with(
        "constraints",
        r#"{"data_boundary":null,"max_runtime_seconds":60,"requires_human_review":false}"#,
    );
    let run = |at: u64| ask_with(&short.text(), &[("do", json!(["read"])), ("actions_at", json!(at))]);
    let held = json!({ "actions": ["read"], "max_tool_calls": 5 });
    vec![
        accepted_as("HAND-60", "action", "what was handed over, five times", doing(&["read"; 5], &[]), held),
        refused("HAND-60", "other", "what was not", doing(&["read", "write"], &[]), "HANDOFF_ACTION_DENIED"),
        refused("HAND-60", "prefix", "a longer name", doing(&["read:all"], &[]), "HANDOFF_ACTION_DENIED"),
        refused("HAND-60", "budget", "a sixth time", doing(&["read"; 6], &[]), "HANDOFF_BUDGET_EXHAUSTED"),
        accepted_as("HAND-61", "in-time", "in the last second of its run", run(NOW + 60), json!({})),
        refused("HAND-61", "run", "after its longest run", run(NOW + 61), "HANDOFF_DEADLINE"),
        refused(
            "HAND-61",
            "packet",
            "after the packet's end",
            doing(&["read"], &[("actions_at", json!(NOW + 541))]),
            "HANDOFF_DEADLINE",
        ),
    ]
}
