//! A packet as text, signed by whoever is told to.

use std::collections::BTreeMap;

use ca2a_core::Sha256;
use serde_json::json;

use super::{
    super::draft::{key, with},
    agents::{base64, id, pem},
};

/// When the packet was made, and when it is over: a minute ago, and in nine.
pub(super) const ISSUED: &str = "2027-01-15T07:59:00Z";
pub(super) const EXPIRES: &str = "2027-01-15T08:09:00Z";

/// The 21 members that are signed, in the order in which the package declares them.
const DECLARED: [&str; 21] = [
    "packet_id",
    "task_id",
    "from_agent",
    "to_agent",
    "issued_at",
    "expires_at",
    "nonce",
    "capability_token",
    "intent",
    "task_type",
    "goal",
    "context",
    "memory_refs",
    "permissions",
    "constraints",
    "provenance",
    "signature_algo",
    "public_key",
    "risk_level",
    "ttl_seconds",
    "ai_provenance",
];

/// A packet before it is signed. Its members stand as their JSON texts, so that they can say anything.
#[derive(Clone)]
pub(super) struct Packet {
    members: BTreeMap<&'static str, String>,
    signer: &'static str,
}

impl Packet {
    /// From `sender` to `recipient`, who may read, five times at most.
    pub(super) fn between(sender: &'static str, recipient: &str) -> Self {
        let mut members: BTreeMap<_, _> = DECLARED.map(|name| (name, "null".to_owned())).into();
        for (name, text) in [
            ("packet_id", "pk_1"),
            ("task_id", "task_1"),
            ("nonce", "nonce-1"),
            ("intent", "read"),
            ("issued_at", ISSUED),
            ("expires_at", EXPIRES),
            ("signature_algo", "Ed25519"),
            ("from_agent", &id(sender)),
            ("to_agent", &id(recipient)),
            ("public_key", &pem(sender)),
        ] {
            members.insert(name, json!(text).to_string());
        }
        members.insert("context", "{}".to_owned());
        members.insert("memory_refs", "[]".to_owned());
        members.insert("permissions", r#"{"allowed_actions":["read"],"max_tool_calls":5}"#.to_owned());
        Self { members, signer: sender }
    }

    /// The packet of most cases: the planner's, for the searcher.
    pub(super) fn honest() -> Self {
        Self::between("planner", "searcher")
    }

    /// The same with the member `name` as this JSON text.
    pub(super) fn with(mut self, name: &'static str, json: &str) -> Self {
        self.members.insert(name, json.to_owned());
        self
    }

    /// The same with the member `name` as this text.
    pub(super) fn saying(self, name: &'static str, text: &str) -> Self {
        self.with(name, &json!(text).to_string())
    }

    /// The same, signed by somebody else.
    pub(super) fn signed_by(self, signer: &'static str) -> Self {
        Self { signer, ..self }
    }

    /// What P3 signs: 21 members by name, compact (HAND-8).
    pub(super) fn body(&self) -> String {
        let members: Vec<String> =
            self.members.iter().map(|(name, text)| format!("\"{name}\":{text}")).collect();
        format!("{{{}}}", members.join(","))
    }

    /// What P1 and P2 sign: the first 18 members or all, as declared (HAND-9).
    pub(super) fn declared(&self, count: usize) -> String {
        let member = |name: &&str| format!("\"{name}\":{}", self.members[*name]);
        let members: Vec<String> = DECLARED.iter().take(count).map(member).collect();
        format!("{{{}}}", members.join(","))
    }

    /// The packet on the wire, under P3.
    pub(super) fn text(&self) -> String {
        self.signed_over(&self.body())
    }

    /// The packet on the wire, with a signature over something.
    pub(super) fn signed_over(&self, input: &str) -> String {
        with(&self.body(), "signature", &self.signature(input))
    }

    /// A signature over `input`, as packets carry it.
    pub(super) fn signature(&self, input: &str) -> String {
        base64(&key(self.signer).sign(input.as_bytes()).0)
    }

    /// What names the packet under P3 (HAND-13).
    pub(super) fn digest(&self) -> String {
        let body = self.body();
        let length = (body.len() as u64).to_be_bytes();
        let key = key(self.signer);
        Sha256::of(
            &[
                &b"ca2a-handoff-packet-v1\0P3\0"[..],
                &length,
                body.as_bytes(),
                &key.sign(body.as_bytes()).0,
                key.verifying_key().as_bytes(),
            ]
            .concat(),
        )
        .to_hex()
    }
}
