//! A manifest as text, signed by the root: as a document of version 0.1, or in an envelope of version 0.2.

use std::collections::BTreeMap;

use ca2a_core::{
    Sha256, SigningKey,
    encoding::{base64url, hex},
};
use serde_json::{Value, json};

use crate::vectors::{
    cose::{Item, Message, bytes, int, text},
    draft::{NOW, key},
};

pub(super) const ID: &str = "01926b4c-1234-7abc-9def-000000000001";
pub(super) const ISSUER: &str = "spiffe://example.org/authority";
pub(super) const AGENT: &str = "spiffe://example.org/agent/a";
/// When the document was made, and when it is over.
pub(super) const ISSUED: &str = "2027-01-01T00:00:00Z";
pub(super) const EXPIRES: &str = "2027-03-01T00:00:00Z";

const CONTENT_TYPE: &str = "application/agent-manifest+json";
const TYPE: &str = "application/agent-manifest+cose";

/// A manifest before it is signed. Its members stand as their canonical JSON texts, so that they can say anything.
#[derive(Clone)]
pub(super) struct Document {
    members: BTreeMap<&'static str, String>,
    /// Members that no signature covers.
    outside: BTreeMap<&'static str, String>,
}

/// The prompt, the policy and the model, each with `prompt` as further members of the prompt.
pub(super) fn artifacts(prompt: &str, more: &str) -> String {
    let digest = |letter: &str| format!("sha256:{}", letter.repeat(64));
    format!(
        "{{\"model_identity\":{{\"bound_at\":\"{ISSUED}\",\"deployment_type\":\"api\",\"model_attestation_type\":\"provider-asserted\",\"model_id\":\"m\",\"provider\":\"e\",\"version\":\"m-1\"}},\"policy_bundle\":{{\"bound_at\":\"{ISSUED}\",\"enforcement_mode\":\"enforce\",\"hash\":\"{}\",\"policy_language\":\"cedar\",\"version\":\"1\"}},\"system_prompt\":{{\"bound_at\":\"{ISSUED}\",{prompt}\"hash\":\"{}\",\"version\":\"1\"}}{more}}}",
        digest("b"),
        digest("a"),
    )
}

/// What else is said of a prompt.
pub(super) const CLASSIFIED: &str = "\"classification\":\"internal\",";

/// The name of a key: SHA-256 over its bytes (MAN-14).
pub(super) fn key_id(key: &SigningKey) -> String {
    Sha256::of(key.verifying_key().as_bytes()).to_hex()
}

/// A key as manifests carry it.
pub(super) fn public(name: &str) -> String {
    base64url(key(name).verifying_key().as_bytes())
}

pub(super) fn honest() -> Document {
    let texts = [
        ("manifest_id", ID),
        ("version", "0.1"),
        ("agent_id", AGENT),
        ("issuer", ISSUER),
        ("issued_at", ISSUED),
        ("expires_at", EXPIRES),
    ];
    let mut members: BTreeMap<_, _> =
        texts.iter().map(|(name, text)| (*name, json!(text).to_string())).collect();
    members.insert("artifacts", artifacts(CLASSIFIED, ""));
    Document { members, outside: BTreeMap::new() }
}

fn object<'m>(members: impl IntoIterator<Item = (&'m &'static str, &'m String)>) -> String {
    let members: Vec<String> = members.into_iter().map(|(name, text)| format!("\"{name}\":{text}")).collect();
    format!("{{{}}}", members.join(","))
}

impl Document {
    /// The same with the member `name` as this JSON text.
    pub(super) fn with(mut self, name: &'static str, json: &str) -> Self {
        self.members.insert(name, json.to_owned());
        self
    }

    /// The same with the member `name` as this text.
    pub(super) fn saying(self, name: &'static str, text: &str) -> Self {
        self.with(name, &json!(text).to_string())
    }

    /// The same without a member.
    pub(super) fn without(mut self, name: &str) -> Self {
        self.members.remove(name);
        self
    }

    /// The same with a member that is not signed.
    pub(super) fn outside(mut self, name: &'static str, json: &str) -> Self {
        self.outside.insert(name, json.to_owned());
        self
    }

    /// What the root signs: the canonical form of the members (MAN-18, MAN-19).
    pub(super) fn body(&self) -> String {
        object(&self.members)
    }

    /// The signature block of version 0.1, over `input`.
    fn block(&self, signer: &str, input: &str) -> String {
        let key = key(signer);
        format!(
            "{{\"algorithm\":\"Ed25519\",\"key_id\":\"{}\",\"key_type\":\"software\",\"signature_value\":\"{}\",\"signed_at\":\"{ISSUED}\"}}",
            key_id(&key),
            base64url(&key.sign(input.as_bytes()).0)
        )
    }

    /// The document of version 0.1, with a signature over `input`.
    pub(super) fn text_over(&self, signer: &str, input: &str) -> String {
        let mut members = self.members.clone();
        members.extend(self.outside.clone());
        members.insert("signature", self.block(signer, input));
        object(&members)
    }

    /// The document of version 0.1.
    pub(super) fn text(&self) -> String {
        self.text_over("root", &self.body())
    }

    /// The envelope of version 0.2 before it is signed.
    pub(super) fn message(&self) -> Message {
        let signer = key("root");
        let kid: Item = Sha256::of(signer.verifying_key().as_bytes()).0.to_vec();
        let protected = vec![(1, int(-19)), (3, text(CONTENT_TYPE)), (4, bytes(&kid)), (16, text(TYPE))];
        let payload = self.body().into_bytes();
        Message { protected, outside: Vec::new(), payload, detached: false, signer }
    }

    /// The question about the document of version 0.1, of a verifier that trusts the root.
    pub(super) fn ask(&self) -> Value {
        ask_text(&self.text())
    }
}

fn anchors() -> String {
    format!("{{\"public_key_base64url\":\"{}\"}}", public("root"))
}

/// The question about a document as it stands.
pub(super) fn ask_text(document: &str) -> Value {
    json!({ "document_json": document, "trust_anchors_json": anchors(), "now": NOW })
}

/// The question about an envelope.
pub(super) fn ask_envelope(envelope: &[u8]) -> Value {
    json!({ "envelope_hex": hex(envelope), "trust_anchors_json": anchors(), "now": NOW })
}
