//! A person's approval: a signed object of its own, never the sender's word. (HAND-65)

use alloc::{string::String, vec::Vec};

use ca2a_core::{
    KeyError, Sha256, Signature, SigningKey, VerifyingKey,
    canonical::ObjectWriter,
    encoding::EncodingError,
    json::{self, Node, Object, ReadError, ShapeError},
    requirement::{enforce, holds},
};

use crate::{PacketDigest, UnixMicros};

/// Sets these signatures apart from every other that the key makes.
const DOMAIN: &str = "ca2a-handoff-approval-v1";

/// An approval that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApprovalError {
    /// Not strict JSON.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] ReadError),
    /// A member that is missing, unknown or of the wrong form.
    #[error("malformed: {0}")]
    Malformed(#[from] ShapeError),
    /// A digest or signature in another spelling.
    #[error("{0}")]
    Encoding(#[from] EncodingError),
    /// A key that nobody may use.
    #[error("`approver`: {0}")]
    Key(#[from] KeyError),
    /// A signature that does not verify.
    #[error("it is not signed by its approver")]
    Signature,
    /// An approval of something else.
    #[error("it approves packet {found}, not this one")]
    OtherPacket {
        /// What it approves.
        found: PacketDigest,
    },
    /// Somebody who may not approve.
    #[error("`{approver}` is no approver here")]
    UnknownApprover {
        /// The key, hex.
        approver: String,
    },
    /// The sender approves itself.
    #[error("the sender of a packet cannot approve it")]
    OwnPacket,
    /// Given in the future, or over.
    #[error("it holds from {approved_at} to {not_after}, Unix seconds")]
    Window {
        /// Its start.
        approved_at: u64,
        /// Its end.
        not_after: u64,
    },
}

/// One approver's signature under one packet: parsed, not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    packet_digest: PacketDigest,
    approver: VerifyingKey,
    approved_at: u64,
    not_after: u64,
    signature: Signature,
}

impl Approval {
    /// Approves the packet of this digest until `not_after`; times in Unix seconds, up to 2^53-1.
    #[must_use]
    pub fn sign(
        packet_digest: PacketDigest,
        approved_at: u64,
        not_after: u64,
        approver: &SigningKey,
    ) -> Self {
        let mut approval = Self {
            packet_digest,
            approver: approver.verifying_key(),
            approved_at,
            not_after,
            signature: Signature([0; 64]),
        };
        approval.signature = approver.sign(&approval.signing_input());
        approval
    }

    /// The domain, a zero byte, and RFC 8785 over everything but the signature.
    fn signing_input(&self) -> Vec<u8> {
        let body = ObjectWriter::new()
            .uint("approved_at", self.approved_at)
            .text("approver", &self.approver.to_hex())
            .text("domain", DOMAIN)
            .uint("not_after", self.not_after)
            .text("packet_digest", &self.packet_digest.to_hex())
            .finish();
        [DOMAIN.as_bytes(), b"\0", &body].concat()
    }

    /// Reads an approval.
    ///
    /// # Errors
    /// What is not one.
    pub fn from_json(input: &[u8]) -> Result<Self, ApprovalError> {
        Self::from_node(&json::read(input)?)
    }

    /// Takes an approval out of a document that was read strictly.
    ///
    /// # Errors
    /// What is not one.
    pub fn from_node(node: &Node<'_>) -> Result<Self, ApprovalError> {
        let object = node.expect_object("approval")?;
        object
            .closed(&["approved_at", "approver", "domain", "not_after", "packet_digest", "signature"], &[])?;
        if object.text("domain")? != DOMAIN {
            return Err(ShapeError::expected(
                "domain",
                "`ca2a-handoff-approval-v1`",
                object.required("domain")?,
            )
            .into());
        }
        Ok(Self {
            packet_digest: PacketDigest(Sha256::from_hex(object.text("packet_digest")?)?),
            approver: VerifyingKey::from_hex(object.text("approver")?)?,
            approved_at: object.uint("approved_at")?,
            not_after: object.uint("not_after")?,
            signature: Signature::from_hex(object.text("signature")?)?,
        })
    }

    /// The wire form.
    #[must_use]
    pub fn to_node(&self) -> Node<'static> {
        Object::from([
            ("approved_at", Node::from(self.approved_at)),
            ("approver", self.approver.to_hex().into()),
            ("domain", DOMAIN.into()),
            ("not_after", self.not_after.into()),
            ("packet_digest", self.packet_digest.to_hex().into()),
            ("signature", self.signature.to_hex().into()),
        ])
        .into()
    }

    /// Whether one of `approvers` approved the packet of this digest, which `sender` signed, and still does at `now`.
    ///
    /// # Errors
    /// The first rule broken.
    pub fn verify<'k>(
        &self,
        packet: PacketDigest,
        sender: &VerifyingKey,
        approvers: impl IntoIterator<Item = &'k VerifyingKey>,
        now: UnixMicros,
    ) -> Result<(), ApprovalError> {
        if !holds("HAND-65", self.packet_digest == packet) {
            return Err(ApprovalError::OtherPacket { found: self.packet_digest });
        }
        if !holds("HAND-65", self.approver != *sender) {
            return Err(ApprovalError::OwnPacket);
        }
        if !holds("HAND-65", approvers.into_iter().any(|approver| *approver == self.approver)) {
            return Err(ApprovalError::UnknownApprover { approver: self.approver.to_hex() });
        }
        let verified = self.approver.verify(&self.signing_input(), &self.signature);
        enforce("HAND-65", verified.map_err(|_| ApprovalError::Signature))?;
        let start = UnixMicros::from_seconds(self.approved_at);
        let end = UnixMicros::from_seconds(self.not_after);
        if !holds("HAND-65", start <= now.plus_seconds(crate::SKEW_SECONDS) && now <= end) {
            return Err(ApprovalError::Window { approved_at: self.approved_at, not_after: self.not_after });
        }
        Ok(())
    }
}
