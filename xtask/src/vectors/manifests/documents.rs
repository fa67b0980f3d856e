//! How a manifest is read, and what it must look like (MAN-1 to MAN-12).

use ca2a_core::{Sha256, encoding::hex};
use serde_json::{Value, json};

use super::{
    INVALID, OP,
    draft::{AGENT, CLASSIFIED, Document, ID, artifacts, ask_text, honest},
    refused, reported, taken,
};
use crate::vectors::case::Case;

pub(super) fn cases() -> Vec<Case> {
    [reading(), numbers(), members(), names()].concat()
}

fn read(requirement: &'static str, name: &str, about: &'static str, text: &str) -> Case {
    Case::refuse(requirement, name, about, OP, ask_text(text), INVALID)
}

fn reading() -> Vec<Case> {
    let text = honest().text();
    let attested = |json: &str| honest().outside("attestation", json);
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(61), "]".repeat(61));
    let deeper = format!("{{\"a\":{}{}}}", "[".repeat(63), "]".repeat(63));
    let null = honest().with("profile", "null");
    vec![
        taken("MAN-1", "document", "JSON", &honest(), json!({})),
        read("MAN-1", "mark", "with a byte order mark", &format!("\u{feff}{text}")),
        read("MAN-1", "twice", "a member twice", &text.replacen('{', "{\"version\":\"0.1\",", 1)),
        read("MAN-1", "surrogate", "half of a surrogate pair", "{\"version\":\"\\ud800\"}"),
        taken("MAN-2", "deep", "63 inside one another", &attested(&deep), json!({})),
        refused("MAN-2", "range", "an integer beyond 2^53", &attested("{\"n\":9007199254740993}"), INVALID),
        refused("MAN-2", "infinite", "a number beyond a double", &attested("{\"n\":1e999}"), INVALID),
        refused("MAN-2", "deeper", "65 inside one another", &attested(&deeper), INVALID),
        Case::accept(
            "MAN-3",
            "null",
            "a member that is null is not signed",
            OP,
            ask_text(&null.text_over("root", &honest().body())),
            json!({}),
        )
        .preimage("document", &honest().body()),
        Case::refuse(
            "MAN-3",
            "null",
            "signed with the member that is null",
            OP,
            ask_text(&null.text()),
            "MANIFEST_MISMATCH",
        ),
    ]
}

fn lived(issued: &str, expires: &str) -> Document {
    honest().saying("issued_at", issued).saying("expires_at", expires)
}

fn numbers() -> Vec<Case> {
    let hop = |hop: &str| {
        format!(
            "[{{\"delegated_at\":\"2027-01-01T00:00:00Z\",\"delegation_signature\":\"x\",\"hop\":{hop},\"principal_id\":\"{AGENT}\",\"principal_type\":\"agent\",\"scope_grant\":{{\"tools\":[\"read\"]}}}}]"
        )
    };
    let refuses = |name: &str, about, issued: &str, expires: &str| {
        refused("MAN-8", name, about, &lived(issued, expires), INVALID)
    };
    vec![
        taken(
            "MAN-4",
            "blank",
            "a blank for the `T`",
            &lived("2027-01-01 00:00:00Z", "2027-03-01T00:00:00Z"),
            json!({}),
        ),
        taken(
            "MAN-4",
            "naive",
            "times without a zone, which is reported",
            &lived("2027-01-01T00:00:00", "2027-03-01T00:00:00"),
            reported(&["accepted: naive_time"]),
        ),
        refused("MAN-4", "word", "a time that is none", &honest().saying("issued_at", "yesterday"), INVALID),
        refused(
            "MAN-5",
            "text",
            "a number as text",
            &honest().with("delegation_chain", &hop("\"0\"")),
            INVALID,
        ),
        taken(
            "MAN-8",
            "hour",
            "for an hour",
            &lived("2027-01-15T07:30:00Z", "2027-01-15T08:30:00Z"),
            json!({}),
        ),
        taken(
            "MAN-8",
            "year",
            "for 365 days",
            &lived("2026-02-01T00:00:00Z", "2027-02-01T00:00:00Z"),
            json!({}),
        ),
        refuses("short", "for less than an hour", "2027-01-15T07:30:00Z", "2027-01-15T08:29:59Z"),
        refuses("long", "for more than 365 days", "2026-02-01T00:00:00Z", "2027-02-01T00:00:01Z"),
        refuses("half", "one time with its zone", "2027-01-01T00:00:00Z", "2027-03-01T00:00:00"),
    ]
}

fn members() -> Vec<Case> {
    let with_artifacts = |json: &str| honest().with("artifacts", json);
    let prompt = |members: &str| with_artifacts(&artifacts(members, ""));
    let unbound = honest().with("unbound_artifacts", "[\"rag_corpus\"]");
    let no_language = artifacts(CLASSIFIED, "").replacen("\"policy_language\":\"cedar\",", "", 1);
    let no_model = artifacts(CLASSIFIED, "").replacen("model_identity", "memory_baseline", 1);
    vec![
        taken("MAN-6", "closed", "the members of the format", &honest(), json!({})),
        refused("MAN-6", "unknown", "one that is none", &honest().outside("more", "1"), INVALID),
        refused(
            "MAN-6",
            "nested",
            "one that is none in a binding",
            &with_artifacts(&artifacts("\"classification\":\"internal\",\"colour\":\"red\",", "")),
            INVALID,
        ),
        refused("MAN-6", "kind", "a number for a text", &honest().with("agent_id", "7"), INVALID),
        taken(
            "MAN-7",
            "missing",
            "a member below the first level is missing",
            &with_artifacts(&no_language),
            json!({}),
        ),
        taken("MAN-7", "issuer", "version 0.1 without an issuer", &honest().without("issuer"), json!({})),
        refused(
            "MAN-7",
            "value",
            "what is there is no value of it",
            &prompt("\"classification\":\"cosy\","),
            INVALID,
        ),
        taken("MAN-9", "full", "prompt, policy and model", &honest(), json!({})),
        refused("MAN-9", "unbound", "unbound artifacts under a full binding", &unbound, INVALID),
        refused("MAN-9", "model", "no model", &with_artifacts(&no_model), INVALID),
    ]
}

fn names() -> Vec<Case> {
    let document = honest();
    let expect = |document: &Document| -> Value {
        json!({ "digest": hex(&Sha256::of(document.body().as_bytes()).0) })
    };
    let id = |id: &str| honest().saying("manifest_id", id);
    let other = honest().saying("agent_id", "spiffe://example.org/agent/b");
    vec![
        taken("MAN-10", "spiffe", "SPIFFE IDs", &document, json!({})),
        refused("MAN-10", "agent", "an agent that is none", &honest().saying("agent_id", "agent-a"), INVALID),
        refused(
            "MAN-10",
            "issuer",
            "an issuer that is none",
            &honest().saying("issuer", "authority"),
            INVALID,
        ),
        refused("MAN-10", "type", "another type", &honest().saying("@type", "Thing"), INVALID),
        refused(
            "MAN-10",
            "verifier",
            "demands a later verifier",
            &honest().saying("min_verifier_version", "99.0.0"),
            INVALID,
        ),
        taken("MAN-11", "digest", "the digest of what is signed", &document, expect(&document)),
        taken(
            "MAN-11",
            "attached",
            "whatever stands beside it",
            &document.clone().outside("attestation", "{\"note\":\"x\"}"),
            expect(&document),
        ),
        taken("MAN-11", "other", "another one of another agent", &other, expect(&other)),
        taken("MAN-12", "capitals", "an id in capitals", &id(&ID.to_uppercase()), json!({})),
        refused(
            "MAN-12",
            "version",
            "a UUID of version 4",
            &id("01926b4c-1234-4abc-9def-000000000001"),
            INVALID,
        ),
        refused("MAN-12", "word", "no UUID", &id("manifest-1"), INVALID),
    ]
}
