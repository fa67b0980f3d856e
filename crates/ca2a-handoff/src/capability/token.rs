//! A token with a payload around it, which nobody signs. (HAND-47)

use alloc::string::String;

use ca2a_core::{
    ReplayClaim, ReplayStore, Sha256,
    json::{Node, Object},
    requirement::holds,
};

use super::{CapabilityError, CapabilityVerifier, DelegationCapability, VerifiedCapability};
use crate::{Compat, HandoffError, Relaxation, Timestamp, UnixMicros, read, replay};

/// A payload, and the token that is to cover it. Only the token is signed: payload, nonce and time are whatever the
/// bearer writes, so that a token is spent once, by its own digest, whatever stands around it.
#[derive(Debug, Clone, PartialEq)]
pub struct CapabilityTokenEnvelope {
    /// Anything.
    pub payload: Object<'static>,
    /// The token.
    pub capability_token: String,
    /// The bearer's nonce.
    pub nonce: String,
    /// The bearer's time.
    pub issued_at: Timestamp,
}

impl CapabilityTokenEnvelope {
    /// How old an envelope may be unless told otherwise, in seconds.
    pub const MAX_AGE_SECONDS: i64 = 300;

    /// Reads an envelope.
    ///
    /// # Errors
    /// What is not one; `HANDOFF_MALFORMED`.
    pub fn from_json(input: &[u8]) -> Result<Self, HandoffError> {
        Self::from_node(&read::document(input, crate::SignedTaskPacket::MAX_BYTES)?)
    }

    /// Takes an envelope out of a document that was read strictly, with its numbers kept as text.
    ///
    /// # Errors
    /// What is not one; `HANDOFF_MALFORMED`.
    pub fn from_node(node: &Node<'_>) -> Result<Self, HandoffError> {
        let object = node.expect_object("token envelope")?;
        object.closed(&["capability_token", "nonce", "issued_at"], &["payload"])?;
        Ok(Self {
            payload: match object.get("payload") {
                Some(payload) => read::free_form("payload", payload)?,
                None => Object::new(),
            },
            capability_token: read::text(object, "capability_token")?,
            nonce: read::text(object, "nonce")?,
            issued_at: read::time(object, "issued_at")?,
        })
    }

    /// Judges the token under `verifier`, with the grants above it in `ancestors`, and then spends it.
    ///
    /// # Errors
    /// What [`CapabilityVerifier::verify`] refuses, an envelope of the wrong age, a token that is spent, or a store that
    /// does not answer.
    pub fn verify(
        &self,
        verifier: &CapabilityVerifier<'_>,
        ancestors: &[DelegationCapability],
        max_age_seconds: i64,
        compat: Option<Compat>,
        store: &dyn ReplayStore,
        now: UnixMicros,
    ) -> Result<VerifiedCapability, HandoffError> {
        let issued = self.issued_at.moment();
        if !holds("HAND-47", issued <= now && now <= issued.plus_seconds(max_age_seconds)) {
            return Err(CapabilityError::Age { issued_at: self.issued_at, max_age_seconds }.into());
        }
        let leaf = DelegationCapability::from_token(&self.capability_token)?;
        let mut chain = ancestors.to_vec();
        chain.push(leaf);
        let verified = verifier.verify(&chain, now)?;
        let digest = if Compat::relaxes(compat, Relaxation::TokenEnvelope) {
            Sha256::of_parts(&[b"ca2a-handoff-token-nonce-v1\0", self.nonce.as_bytes()])
        } else {
            verified.leaf().token_digest()
        };
        let claim = ReplayClaim {
            digest,
            expires_at: verified.leaf().expires_at.moment().seconds().saturating_add(1),
            holder: *verified.issuer_key(),
        };
        replay::spend(store, &claim, now)?;
        Ok(verified)
    }
}
