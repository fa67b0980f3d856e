//! An attestation as JSON. (HAND-53)

use alloc::{
    borrow::Cow,
    string::{String, ToString as _},
};

use ca2a_core::{
    Sha256, Signature,
    encoding::{base64url, from_base64url},
    json::{self, Node, Number, Object, ShapeError, Value},
};

use super::{AttestationError, ExecutionAttestation};
use crate::{HandoffError, read};

const REQUIRED: [&str; 8] = [
    "packet_id",
    "status",
    "outcome_hash",
    "nonce",
    "timestamp_ms",
    "signed_by",
    "agent_pubkey_fingerprint",
    "signature",
];

impl ExecutionAttestation {
    /// Reads an attestation.
    ///
    /// # Errors
    /// What is not strict JSON or not an attestation.
    pub fn from_json(input: &[u8]) -> Result<Self, HandoffError> {
        Ok(Self::from_node(&read::document(input, crate::SignedTaskPacket::MAX_BYTES)?)?)
    }

    /// Takes an attestation out of a document that was read strictly, with its numbers kept as text: the nonce is an
    /// integer of up to 128 bits.
    ///
    /// # Errors
    /// What is not one.
    pub fn from_node(node: &Node<'_>) -> Result<Self, AttestationError> {
        let object = node.expect_object("attestation")?;
        object.closed(&REQUIRED, &["reason_hash"])?;
        let status = object.required("status")?;
        let known = status.as_str().and_then(|text| text.parse().ok());
        Ok(Self {
            packet_id: read::text(object, "packet_id")?,
            status: known.ok_or_else(|| ShapeError::expected("status", "a status", status))?,
            outcome_hash: hash("outcome_hash", object.required("outcome_hash")?)?,
            nonce: integer(object, "nonce", "an integer of at most 128 bits")?,
            timestamp_ms: integer(object, "timestamp_ms", "an integer of at most 64 bits")?,
            signed_by: read::agent(object, "signed_by")?,
            agent_pubkey_fingerprint: hash(
                "agent_pubkey_fingerprint",
                object.required("agent_pubkey_fingerprint")?,
            )?,
            signature: signature(object.required("signature")?)?,
            reason_hash: object.optional("reason_hash").map(|node| hash("reason_hash", node)).transpose()?,
        })
    }

    /// The wire form, its members in the package's order.
    #[must_use]
    pub fn to_node(&self) -> Node<'static> {
        let number = |text: String| Node::from(Value::Number(Number::Text(Cow::Owned(text))));
        Object::from([
            ("packet_id", Node::from(self.packet_id.clone())),
            ("status", self.status.as_str().into()),
            ("outcome_hash", self.outcome_hash.to_hex().into()),
            ("nonce", number(self.nonce.to_string())),
            ("timestamp_ms", number(self.timestamp_ms.to_string())),
            ("signed_by", self.signed_by.to_string().into()),
            ("agent_pubkey_fingerprint", self.agent_pubkey_fingerprint.to_hex().into()),
            ("signature", base64url(&self.signature.0).into()),
            ("reason_hash", self.reason_hash.map(Sha256::to_hex).into()),
        ])
        .into()
    }

    /// One line of JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::to_text(&self.to_node())
    }
}

fn hash(name: &str, node: &Node<'_>) -> Result<Sha256, ShapeError> {
    let digest = node.as_str().and_then(|text| Sha256::from_hex(text).ok());
    digest.ok_or_else(|| ShapeError::expected(name, "64 lower-case hex characters", node))
}

fn signature(node: &Node<'_>) -> Result<Signature, ShapeError> {
    let bytes =
        node.as_str().and_then(|text| from_base64url(text).ok()).and_then(|bytes| bytes.try_into().ok());
    let expected = || ShapeError::expected("signature", "64 bytes of unpadded base64url", node);
    bytes.map(Signature).ok_or_else(expected)
}

fn integer<T: core::str::FromStr>(
    object: &Object<'_>,
    name: &str,
    what: &'static str,
) -> Result<T, ShapeError> {
    let node = object.required(name)?;
    let text = match node.as_number() {
        Some(Number::Text(text)) => Some(text.to_string()),
        Some(Number::Int(int)) => Some(int.to_string()),
        _ => None,
    };
    // A JSON number has no `+` and no leading zero, so that what parses here is spelled canonically.
    text.and_then(|text| text.parse().ok()).ok_or_else(|| ShapeError::expected(name, what, node))
}
