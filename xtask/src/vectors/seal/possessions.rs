//! Proofs that a caller holds its channel key (SEAL-9 to SEAL-13).

use serde_json::{Value, json};

use crate::vectors::{
    case::Case,
    channel::{Channel, expand, extract, tag},
    draft::{honest, key},
};

const CODE: &str = "ATTESTATION_FAILED";
const VERSION: &str = "ca2a-caller-offer-v2";
const LABEL: &str = "ca2a/caller-possession/v2/statement";
const INFO: &[u8] = b"ca2a/caller-possession/v2/key";
const OP: &str = "possession.verify";

fn callee() -> Channel {
    Channel::named("channel callee")
}

fn caller() -> Channel {
    Channel::named("channel caller")
}

/// What the proof is over, spelled out (SEAL-12).
fn transcript() -> String {
    let leaf = &honest()[2];
    format!(
        "{{\"callee_channel_key\":\"{}\",\"caller_channel_key\":\"{}\",\"challenge\":\"v1.x\",\"credential_id\":\"{}\",\"holder_proof_signature\":\"{}\",\"parent_record_hash\":null,\"payload_sha256\":\"{}\",\"record_id\":\"rec-0\",\"requested_capability\":\"read\",\"subject\":\"{}\",\"version\":\"{VERSION}\"}}",
        callee().public_hex(),
        caller().public_hex(),
        leaf.id,
        key("tool").sign(b"a holder proof").to_hex(),
        "5e".repeat(32),
        leaf.subject,
    )
}

/// The key of the MAC (SEAL-13).
fn mac_key(info: &[u8]) -> [u8; 32] {
    let (caller_key, callee_key) = (caller().public(), callee().public());
    expand(extract(None, &[&caller_key, &callee_key, &caller().shared(callee_key)]), &[info])
}

fn mac() -> String {
    tag(mac_key(INFO), LABEL, &transcript())
}

/// The question whether `possession`, a JSON text or nothing, is a proof for the request.
fn ask(possession: Option<String>) -> Value {
    let fields: Value = serde_json::from_str(&transcript()).unwrap_or_default();
    json!({
        "callee_private_hex": callee().private_hex(),
        "caller_private_hex": caller().private_hex(),
        "transcript": fields,
        "possession_json": possession,
    })
}

fn proof(version: &str, mac: &str) -> Option<String> {
    Some(format!("{{\"version\":\"{version}\",\"mac\":\"{mac}\"}}"))
}

fn holds(requirement: &'static str, name: &str, about: &'static str) -> Case {
    Case::accept(requirement, name, about, OP, ask(proof(VERSION, &mac())), json!({}))
        .preimage("mac", &format!("{LABEL}\0{}", transcript()))
}

fn fails(requirement: &'static str, name: &str, about: &'static str, possession: Option<String>) -> Case {
    Case::refuse(requirement, name, about, OP, ask(possession), CODE)
}

fn elsewhere(name: &'static str, about: &'static str, value: Value) -> Case {
    let mut question = ask(proof(VERSION, &mac()));
    question["transcript"][name] = value;
    Case::refuse("SEAL-12", &name.replace('_', "-"), about, OP, question, CODE)
}

pub(super) fn cases() -> Vec<Case> {
    [forms(), transcripts(), macs()].concat()
}

fn forms() -> Vec<Case> {
    let read = |text: &str| json!({ "possession_json": text });
    let unread =
        |name, about, text: &str| Case::refuse("SEAL-10", name, about, "possession.parse", read(text), CODE);
    let more = "{\"version\":\"v\",\"mac\":\"m\",\"note\":0}";
    vec![
        holds("SEAL-9", "proof", "with its proof"),
        fails("SEAL-9", "missing", "without a proof", None),
        Case::accept(
            "SEAL-10",
            "more",
            "two texts, and another member",
            "possession.parse",
            read(more),
            json!({ "version": "v", "mac": "m" }),
        ),
        unread("text", "a text", "\"proof\""),
        unread("mac", "without a MAC", "{\"version\":\"v\"}"),
        unread("version", "without a version", "{\"mac\":\"m\"}"),
        unread("empty", "an empty MAC", "{\"version\":\"v\",\"mac\":\"\"}"),
        unread("number", "a version that is a number", "{\"version\":2,\"mac\":\"m\"}"),
        holds("SEAL-11", "version", "the version of the profile"),
        fails(
            "SEAL-11",
            "version",
            "another version, and the MAC of this one",
            proof("ca2a-caller-offer-v1", &mac()),
        ),
    ]
}

fn transcripts() -> Vec<Case> {
    vec![
        holds("SEAL-12", "request", "for this request"),
        elsewhere("challenge", "for another challenge", json!("v1.y")),
        elsewhere(
            "callee_channel_key",
            "for another callee",
            json!(Channel::named("channel stranger").public_hex()),
        ),
        elsewhere(
            "caller_channel_key",
            "for another key of the caller",
            json!(Channel::named("channel stranger").public_hex()),
        ),
        elsewhere("credential_id", "for another credential", json!("c-1")),
        elsewhere("subject", "for another subject", json!(key("stranger").verifying_key().to_hex())),
        elsewhere("requested_capability", "for another capability", json!("search")),
        elsewhere("record_id", "for another record", json!("rec-1")),
        elsewhere("payload_sha256", "for another payload", json!("5f".repeat(32))),
        elsewhere("parent_record_hash", "for another parent", json!("00".repeat(32))),
        elsewhere("holder_proof_signature", "beside no holder proof", Value::Null),
    ]
}

fn macs() -> Vec<Case> {
    let over = |key: [u8; 32], label: &str| proof(VERSION, &tag(key, label, &transcript()));
    vec![
        holds("SEAL-13", "mac", "the MAC in its one spelling"),
        fails("SEAL-13", "capitals", "in capitals", proof(VERSION, &mac().to_uppercase())),
        fails("SEAL-13", "zeros", "zeros", proof(VERSION, &"0".repeat(64))),
        fails(
            "SEAL-13",
            "short",
            "all but its last character",
            proof(VERSION, mac().get(..63).unwrap_or_default()),
        ),
        fails("SEAL-13", "surrogate", "no Unicode text", proof(VERSION, "\\ud800")),
        fails(
            "SEAL-13",
            "label",
            "under the label of an answer",
            over(mac_key(INFO), "ca2a/response-mac/v1/statement"),
        ),
        fails(
            "SEAL-13",
            "info",
            "under a key derived for answers",
            over(mac_key(b"ca2a/response-mac/v1/key"), LABEL),
        ),
    ]
}
