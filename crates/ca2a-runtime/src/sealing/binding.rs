//! What the blobs of one call are bound to.

use ca2a_core::{Capability, Challenge, ChannelKey, CredentialDigest, RecordId, Sha256};
use ca2a_seal::{
    ChannelSecret, SealError, SealVersion,
    hpke::{self, Context, chain_sha256},
    v1,
};
use ca2a_trace::ParentLink;

use crate::system::{Random, RandomError, random_bytes};

/// One call, as its payload and its result are bound to it (SEAL-26).
#[derive(Debug, Clone)]
pub(crate) struct Binding {
    challenge: Challenge,
    chain_sha256: Sha256,
    requested_capability: Capability,
    record_id: RecordId,
    parent: Option<String>,
}

impl Binding {
    pub(crate) fn new(
        challenge: &Challenge,
        chain: impl IntoIterator<Item = CredentialDigest>,
        requested_capability: &Capability,
        record_id: &RecordId,
        parent: &ParentLink,
    ) -> Self {
        Self {
            challenge: challenge.clone(),
            chain_sha256: chain_sha256(chain),
            requested_capability: requested_capability.clone(),
            record_id: record_id.clone(),
            parent: parent.to_text(),
        }
    }

    /// The context of a blob for a receiver whose report states `measurement`.
    fn context<'c>(&'c self, measurement: &'c str) -> Context<'c> {
        Context {
            measurement,
            challenge: &self.challenge,
            chain_sha256: self.chain_sha256,
            requested_capability: &self.requested_capability,
            record_id: &self.record_id,
            parent_record_hash: self.parent.as_deref(),
        }
    }

    /// The associated data of part `part` of the sealed A2A answer to this call, the `sequence`-th of its kind, for the
    /// holder of `audience`, from whoever knows the `reply_secret` (A2A-65, A2A-70).
    #[cfg(feature = "a2a")]
    pub(crate) fn of_answer(
        &self,
        audience: &ChannelKey,
        reply_secret: &str,
        part: &str,
        sequence: u64,
    ) -> Vec<u8> {
        ca2a_core::canonical::ObjectWriter::new()
            .text("audience", &audience.to_string())
            .text("chain_sha256", &self.chain_sha256.to_hex())
            .text("challenge", self.challenge.as_str())
            .text("domain", "ca2a-a2a-answer-v1")
            .text_or_null("parent_record_hash", self.parent.as_deref())
            .text("part", part)
            .text("record_id", self.record_id.as_str())
            .text("reply_secret", reply_secret)
            .text("requested_capability", self.requested_capability.as_str())
            .uint("sequence", sequence)
            .finish()
    }

    /// Seals `plaintext` to `audience`, whose report states `measurement`.
    pub(crate) fn seal<E: From<SealError> + From<RandomError>>(
        &self,
        version: SealVersion,
        audience: &ChannelKey,
        measurement: &str,
        plaintext: &[u8],
        random: &dyn Random,
    ) -> Result<Vec<u8>, E> {
        let sealed = match version {
            SealVersion::V1 => {
                let (ephemeral, nonce) = (random_bytes(random)?, random_bytes(random)?);
                v1::seal(audience, plaintext, &[], v1::SealRandomness { ephemeral, nonce })
            }
            SealVersion::V2 => {
                let randomness = hpke::SealRandomness { ikm: random_bytes(random)? };
                hpke::seal(audience, &self.context(measurement), plaintext, randomness)
            }
        };
        Ok(sealed?)
    }

    /// Opens a blob of `version` that was sealed to `secret`, whose own report states `measurement`.
    pub(crate) fn open(
        &self,
        version: SealVersion,
        secret: &ChannelSecret,
        measurement: &str,
        blob: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        match version {
            SealVersion::V1 => v1::open(secret, blob, &[]),
            SealVersion::V2 => hpke::open(secret, &self.context(measurement), blob),
        }
    }
}
