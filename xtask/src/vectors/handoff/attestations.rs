//! Attestations of what became of a task (HAND-50 to HAND-53).

use ca2a_core::{
    Sha256,
    encoding::{base64url, hex},
};
use serde_json::{Value, json};

use super::agents::id;
use crate::vectors::{
    case::Case,
    draft::{NOW, key, public},
};

const OP: &str = "handoff.attestation";
const INVALID: &str = "HANDOFF_ATTESTATION_INVALID";
const MALFORMED: &str = "HANDOFF_MALFORMED";

/// The canonical forms of what came out and why: sorted, compact, UTF-8.
const RESULT: &str = r#"{"found":["ä",3],"ok":true}"#;
const REASON: &str = r#"{"error":"cut short"}"#;

pub(super) fn cases() -> Vec<Case> {
    [bytes(), payloads(), verdicts(), forms()].concat()
}

/// An attestation by the searcher, before it is signed.
#[derive(Clone)]
struct Attestation {
    packet: &'static str,
    status: &'static str,
    outcome: String,
    reason: Option<String>,
    nonce: u128,
    millis: u64,
    signed_by: String,
    holder: &'static str,
    signer: &'static str,
}

fn digest(text: &str) -> String {
    Sha256::of(text.as_bytes()).to_hex()
}

fn honest() -> Attestation {
    Attestation {
        packet: "pk_1",
        status: "OK",
        outcome: digest(RESULT),
        reason: None,
        nonce: 7,
        millis: NOW * 1_000,
        signed_by: id("searcher"),
        holder: "searcher",
        signer: "searcher",
    }
}

impl Attestation {
    fn changed(&self, change: impl FnOnce(&mut Self)) -> Self {
        let mut attestation = self.clone();
        change(&mut attestation);
        attestation
    }

    fn fingerprint(&self) -> [u8; 32] {
        Sha256::of(key(self.holder).verifying_key().as_bytes()).0
    }

    /// What is signed: the domain, then each part behind its length (HAND-50).
    fn body(&self) -> Vec<u8> {
        let raw = |hex: &str| Sha256::from_hex(hex).map(|digest| digest.0.to_vec()).unwrap_or_default();
        let mut parts = vec![
            self.packet.as_bytes().to_vec(),
            raw(&self.outcome),
            self.status.as_bytes().to_vec(),
            self.nonce.to_be_bytes().to_vec(),
            self.millis.to_be_bytes().to_vec(),
            self.fingerprint().to_vec(),
        ];
        parts.extend(self.reason.as_deref().map(raw));
        let framed = parts.iter().flat_map(|part| [&(part.len() as u32).to_be_bytes()[..], part].concat());
        b"TRUSTHANDOFF_EXEC_ATTEST_V3\0\x01".iter().copied().chain(framed).collect()
    }

    fn text(&self) -> String {
        format!(
            "{{\"agent_pubkey_fingerprint\":\"{}\",\"nonce\":{},\"outcome_hash\":\"{}\",\"packet_id\":\"{}\",\"reason_hash\":{},\"signature\":\"{}\",\"signed_by\":{},\"status\":\"{}\",\"timestamp_ms\":{}}}",
            hex(&self.fingerprint()),
            self.nonce,
            self.outcome,
            self.packet,
            json!(self.reason),
            base64url(&key(self.signer).sign(&self.body()).0),
            json!(self.signed_by),
            self.status,
            self.millis,
        )
    }
}

/// A verifier that knows the searcher, the packet and this result.
fn ask(attestation: &str, result: &str) -> Value {
    json!({
        "attestation_json": attestation,
        "agent": id("searcher"),
        "public_key": public("searcher"),
        "packet_id": "pk_1",
        "result_json": result,
        "now": NOW,
        "max_age_seconds": 300,
    })
}

fn explained(attestation: &Attestation) -> Value {
    let mut question = ask(&attestation.text(), RESULT);
    question["reason_json"] = json!(REASON);
    question
}

fn bytes() -> Vec<Case> {
    let failed = honest().changed(|it| {
        it.status = "ERROR";
        it.reason = Some(digest(REASON));
    });
    let input = |attestation: &Attestation| json!({ "signing_input_hex": hex(&attestation.body()) });
    let shorter = format!("{} ", honest().text());
    vec![
        Case::accept(
            "HAND-50",
            "ok",
            "signed part by part",
            OP,
            ask(&honest().text(), RESULT),
            input(&honest()),
        ),
        Case::accept("HAND-50", "reason", "with a reason", OP, explained(&failed), input(&failed)),
        Case::refuse(
            "HAND-50",
            "status",
            "another status than was signed",
            OP,
            ask(&shorter.replace("\"OK\"", "\"PARTIAL\""), RESULT),
            INVALID,
        ),
    ]
}

fn payloads() -> Vec<Case> {
    let of = |result: &str| ask(&honest().changed(|it| it.outcome = digest(result)).text(), result);
    let refuses =
        |name: &str, about, result: &str| Case::refuse("HAND-51", name, about, OP, of(result), INVALID);
    vec![
        Case::accept("HAND-51", "object", "integers, texts, lists", OP, of(RESULT), json!({})),
        Case::accept(
            "HAND-51",
            "deeper",
            "a name that is kept, but not at its top",
            OP,
            of(r#"{"a":{"packet_id":"x"}}"#),
            json!({}),
        ),
        refuses("reserved", "a member that the format keeps", r#"{"packet_id":"pk_1"}"#),
        refuses("fraction", "a fraction", r#"{"n":1.5}"#),
        refuses("exponent", "an exponent", r#"{"n":1e2}"#),
        refuses("list", "no object", "[1]"),
    ]
}

fn verdicts() -> Vec<Case> {
    let refuses =
        |name: &str, about, question: Value| Case::refuse("HAND-52", name, about, OP, question, INVALID);
    let changed = |change: fn(&mut Attestation)| ask(&honest().changed(change).text(), RESULT);
    vec![
        Case::accept(
            "HAND-52",
            "expected",
            "all that is expected",
            OP,
            changed(|it| it.millis -= 300_000),
            json!({}),
        ),
        refuses("agent", "signed by another, who is not signed", changed(|it| it.signed_by = id("tool"))),
        refuses(
            "key",
            "with another key",
            changed(|it| {
                it.holder = "stranger";
                it.signer = "stranger";
            }),
        ),
        refuses("signer", "signed by somebody else", changed(|it| it.signer = "stranger")),
        refuses("packet", "about another packet", changed(|it| it.packet = "pk_2")),
        refuses("outcome", "about another result", ask(&honest().text(), "{}")),
        refuses("reason", "a reason where none is expected", changed(|it| it.reason = Some(digest(REASON)))),
        refuses("no-reason", "no reason where one is expected", explained(&honest())),
        refuses("old", "a millisecond too old", changed(|it| it.millis -= 300_001)),
        refuses("future", "31 s ahead", changed(|it| it.millis += 31_000)),
    ]
}

fn forms() -> Vec<Case> {
    let text = honest().text();
    let widest = honest().changed(|it| it.nonce = u128::MAX).text();
    let refuses = |name: &str, about, text: &str| {
        Case::refuse("HAND-53", name, about, OP, ask(text, RESULT), MALFORMED)
    };
    let nonce = |json: &str| text.replace("\"nonce\":7", &format!("\"nonce\":{json}"));
    vec![
        Case::accept("HAND-53", "nonce", "a nonce of 128 bits", OP, ask(&widest, RESULT), json!({})),
        refuses("padded", "a signature with padding", &text.replace("\",\"signed_by", "==\",\"signed_by")),
        refuses("wide", "a nonce of 129 bits", &nonce("340282366920938463463374607431768211456")),
        refuses("text", "a nonce as text", &nonce("\"7\"")),
    ]
}
