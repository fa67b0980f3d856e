//! What a blob is bound to.

use alloc::{string::ToString as _, vec::Vec};

use ca2a_core::{
    Capability, Challenge, ChannelKey, CredentialDigest, RecordId, Sha256, canonical::ObjectWriter,
};

const DOMAIN: &str = "ca2a-seal-v2";

/// The request that a blob is sealed for (SEAL-26). Every field, and the receiver's key, is authenticated with the
/// blob and none travels in it. A result is sealed in the context of its request, with the caller's measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Context<'a> {
    /// What runs at the receiver, as its appraised report states it.
    pub measurement: &'a str,
    /// The challenge that the callee gave for the request.
    pub challenge: &'a Challenge,
    /// The credential chain of the request; [`chain_sha256`] makes it.
    pub chain_sha256: Sha256,
    /// The capability that the request asks for.
    pub requested_capability: &'a Capability,
    /// The record id of the request.
    pub record_id: &'a RecordId,
    /// The parent record that the request names, as text.
    pub parent_record_hash: Option<&'a str>,
}

impl Context<'_> {
    /// The associated data of a blob for `audience`: canonical bytes (RFC 8785).
    #[must_use]
    pub fn to_bytes(&self, audience: &ChannelKey) -> Vec<u8> {
        ObjectWriter::new()
            .text("audience", &audience.to_string())
            .text("chain_sha256", &self.chain_sha256.to_hex())
            .text("challenge", self.challenge.as_str())
            .text("domain", DOMAIN)
            .text("measurement", self.measurement)
            .text_or_null("parent_record_hash", self.parent_record_hash)
            .text("record_id", self.record_id.as_str())
            .text("requested_capability", self.requested_capability.as_str())
            .finish()
    }
}

/// SHA-256 over the 32-byte digests of a chain's credentials, root to leaf (SEAL-27).
#[must_use]
pub fn chain_sha256(credentials: impl IntoIterator<Item = CredentialDigest>) -> Sha256 {
    let digests: Vec<u8> = credentials.into_iter().flat_map(|CredentialDigest(digest)| digest.0).collect();
    Sha256::of(&digests)
}
