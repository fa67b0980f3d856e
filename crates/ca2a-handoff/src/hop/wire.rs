//! A hop as JSON: one closed object in canonical form. (HAND-70)

use alloc::{string::String, vec::Vec};

use ca2a_core::{
    Capability, Sha256, Signature, VerifyingKey,
    canonical::ObjectWriter,
    json::{self, Object, ShapeError},
    requirement::enforce,
};

use super::{DOMAIN, HopDraft, HopError, SignedHop};
use crate::PacketDigest;

const MEMBERS: [&str; 12] = [
    "capability",
    "chain_digest",
    "depth",
    "domain",
    "not_after",
    "not_before",
    "packet_digest",
    "previous",
    "profile",
    "recipient",
    "sender",
    "signature",
];

impl SignedHop {
    /// Reads a hop, and keeps the bytes: the next one names them.
    ///
    /// # Errors
    /// What is not strict JSON or not a hop.
    pub fn from_json(input: &[u8]) -> Result<Self, HopError> {
        let node = json::read(input)?;
        let object = node.expect_object("hop")?;
        enforce("HAND-70", object.closed(&MEMBERS, &[]))?;
        if object.text("domain")? != DOMAIN {
            return Err(
                ShapeError::expected("domain", "`ca2a-handoff-hop-v1`", object.required("domain")?).into()
            );
        }
        let previous = object.optional("previous").map(|node| node.expect_str("previous")).transpose()?;
        Ok(Self {
            draft: HopDraft {
                profile: profile(object)?,
                packet_digest: PacketDigest(Sha256::from_hex(object.text("packet_digest")?)?),
                chain_digest: Sha256::from_hex(object.text("chain_digest")?)?,
                recipient: VerifyingKey::from_hex(object.text("recipient")?)?,
                capability: Capability::new(object.text("capability")?)?,
                previous: previous.map(Sha256::from_hex).transpose()?,
                depth: object.uint("depth")?,
                not_before: object.uint("not_before")?,
                not_after: object.uint("not_after")?,
            },
            sender: VerifyingKey::from_hex(object.text("sender")?)?,
            signature: Signature::from_hex(object.text("signature")?)?,
            sent: input.into(),
        })
    }

    /// RFC 8785 over everything but the signature.
    pub(super) fn body(&self) -> Vec<u8> {
        self.head().text("sender", &self.sender.to_hex()).finish()
    }

    /// RFC 8785 over everything: what we send.
    pub(super) fn written(&self) -> Vec<u8> {
        let head = self.head().text("sender", &self.sender.to_hex());
        head.text("signature", &self.signature.to_hex()).finish()
    }

    fn head(&self) -> ObjectWriter {
        let draft = &self.draft;
        ObjectWriter::new()
            .text("capability", draft.capability.as_str())
            .text("chain_digest", &draft.chain_digest.to_hex())
            .uint("depth", draft.depth)
            .text("domain", DOMAIN)
            .uint("not_after", draft.not_after)
            .uint("not_before", draft.not_before)
            .text("packet_digest", &draft.packet_digest.to_hex())
            .text_or_null("previous", draft.previous.map(Sha256::to_hex).as_deref())
            .text("profile", &draft.profile)
            .text("recipient", &draft.recipient.to_hex())
    }
}

fn profile(object: &Object<'_>) -> Result<String, ShapeError> {
    let name = object.text("profile")?;
    if ["P1", "P2", "P3"].contains(&name) {
        return Ok(name.into());
    }
    Err(ShapeError::expected("profile", "`P1`, `P2` or `P3`", object.required("profile")?))
}
