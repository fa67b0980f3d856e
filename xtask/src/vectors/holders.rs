//! Holder proofs (HOLD-1 to HOLD-5).

use ca2a_core::{ChallengeKey, encoding::hex};
use serde_json::{Value, json};

use super::{
    case::Case,
    draft::{Draft, NOW, honest, key},
};

const CODE: &str = "HOLDER_PROOF_INVALID";
const AUDIENCE: &str = "e8fd15a9e9dd23e991e48bca159f9e6231875921687f85080f74a45550e6591c";
const SECRET: [u8; 32] = [7; 32];

fn challenge() -> String {
    ChallengeKey::new(SECRET).issue(NOW, 60, [9; 16]).as_str().to_owned()
}

/// What the holder of the honest leaf signs for `challenge`, spelled out (HOLD-2, HOLD-3).
fn body(challenge: &str) -> String {
    let leaf = &honest()[2];
    format!(
        "{{\"audience\":\"{AUDIENCE}\",\"caller_channel_key\":null,\"challenge\":{},\"credential_id\":\"{}\",\"domain\":\"ca2a-holder-proof-v1\",\"parent_record_hash\":null,\"payload_sha256\":null,\"record_id\":\"rec-0\",\"requested_capability\":\"read\",\"subject\":\"{}\"}}",
        json!(challenge),
        leaf.id,
        leaf.subject,
    )
}

/// The question whether `proof` shows who holds the honest leaf, for a request.
fn ask(proof: Value, now: u64) -> Value {
    json!({
        "leaf_json": honest()[2].text(),
        "proof": proof,
        "challenge_secret_hex": hex(&SECRET),
        "now": now,
        "verify_against": {
            "audience": AUDIENCE,
            "requested_capability": "read",
            "record_id": "rec-0",
            "sealed_payload": null,
            "caller_channel_key": null,
            "parent_record_hash": null,
        },
    })
}

/// The proof that `signer` makes over `body`, in answer to `challenge`.
fn proof(signer: &str, body: &str, challenge: &str) -> Value {
    json!({ "challenge": challenge, "signature": key(signer).sign(body.as_bytes()).to_hex() })
}

fn holds(requirement: &'static str, name: &str, about: &'static str, question: Value) -> Case {
    Case::accept(requirement, name, about, "holder.verify", question, json!({}))
        .preimage("signature", &body(&challenge()))
}

fn fails(requirement: &'static str, name: &str, about: &'static str, question: Value) -> Case {
    Case::refuse(requirement, name, about, "holder.verify", question, CODE)
}

pub(super) fn cases() -> Vec<Case> {
    [form(), bodies(), requests()].concat()
}

fn form() -> Vec<Case> {
    let signature = "ab".repeat(64);
    let read = |text: String| json!({ "holder_proof_json": text });
    let fails = |name, about, text| Case::refuse("HOLD-1", name, about, "holder.parse", read(text), CODE);
    vec![
        Case::accept(
            "HOLD-1",
            "members",
            "two members",
            "holder.parse",
            read(format!("{{\"challenge\":\"c\",\"signature\":\"{signature}\"}}")),
            json!({ "challenge": "c", "signature": signature }),
        ),
        fails("empty", "an empty challenge", format!("{{\"challenge\":\"\",\"signature\":\"{signature}\"}}")),
        fails(
            "unknown",
            "an unknown member",
            format!("{{\"challenge\":\"c\",\"signature\":\"{signature}\",\"x\":0}}"),
        ),
        fails(
            "capitals",
            "a signature in capitals",
            format!("{{\"challenge\":\"c\",\"signature\":\"{}\"}}", signature.to_uppercase()),
        ),
        fails("missing", "without its signature", "{\"challenge\":\"c\"}".to_owned()),
        fails("text", "a text", "\"proof\"".to_owned()),
    ]
}

fn bodies() -> Vec<Case> {
    let challenge = challenge();
    let body = body(&challenge);
    let right = || proof("tool", &body, &challenge);
    let over = |body: &str| ask(proof("tool", body, &challenge), NOW);
    vec![
        holds("HOLD-2", "body", "over the body", ask(right(), NOW)),
        fails("HOLD-2", "domain", "over another domain", over(&body.replacen("proof-v1", "proof-v2", 1))),
        fails("HOLD-2", "credential", "over another credential", over(&body.replacen("c-2", "c-1", 1))),
        fails("HOLD-2", "blank", "over the body with a blank", over(&body.replacen(':', ": ", 1))),
        holds("HOLD-4", "live", "in the last second of the challenge", ask(right(), NOW + 59)),
        fails("HOLD-4", "expired", "when the challenge has expired", ask(right(), NOW + 60)),
        fails("HOLD-4", "foreign", "for a challenge of another callee", {
            let foreign = ChallengeKey::new([8; 32]).issue(NOW, 60, [9; 16]).as_str().to_owned();
            ask(proof("tool", &self::body(&foreign), &foreign), NOW)
        }),
        holds("HOLD-5", "subject", "by the subject of the leaf", ask(right(), NOW)),
        fails(
            "HOLD-5",
            "issuer",
            "by the issuer of the leaf",
            ask(proof("searcher", &body, &challenge), NOW),
        ),
        fails("HOLD-5", "stranger", "by a stranger", ask(proof("stranger", &body, &challenge), NOW)),
        fails("HOLD-5", "other-challenge", "over another challenge than it names", {
            let other = ChallengeKey::new(SECRET).issue(NOW, 60, [1; 16]).as_str().to_owned();
            ask(proof("tool", &body, &other), NOW)
        }),
    ]
}

fn requests() -> Vec<Case> {
    let challenge = challenge();
    let question = ask(proof("tool", &body(&challenge), &challenge), NOW);
    let other = |name: &'static str, about: &'static str, value: Value| {
        let mut question = question.clone();
        question["verify_against"][name] = value;
        fails("HOLD-3", &name.replace('_', "-"), about, question)
    };
    // What version 0.1 cannot tell: a leaf is named by its id and its subject alone.
    let mut other_leaf = question.clone();
    let leaf = Draft { scope: vec!["purchase".to_owned(), "read".to_owned()], ..honest().remove(2) };
    other_leaf["leaf_json"] = json!(leaf.text());
    vec![
        holds(
            "HOLD-3",
            "same-leaf",
            "for another leaf of the same id and subject, which version 0.1 cannot tell",
            other_leaf,
        ),
        holds("HOLD-3", "request", "for this request", question.clone()),
        other(
            "audience",
            "for another callee",
            json!("ea4b3ef42d06b45861706583778af6dddd1f512bb5952dc1c18ead6f9d56235c"),
        ),
        other("requested_capability", "for another capability", json!("search")),
        other("record_id", "for another record", json!("rec-1")),
        other("sealed_payload", "with a payload that it does not cover", json!("00")),
        other("caller_channel_key", "with a channel key that it does not cover", json!(AUDIENCE)),
        other("parent_record_hash", "with a parent that it does not cover", json!("00".repeat(32))),
    ]
}
