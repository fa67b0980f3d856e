//! One inbound request, parsed and not yet believed.

use ca2a_attest::ChannelOffer;
use ca2a_core::{Capability, ChannelKey, RecordId, Sha256};
use ca2a_delegation::{Chain, HolderProof, HolderStatement};
use ca2a_seal::{SealVersion, possession::Possession};
use ca2a_trace::ParentLink;

/// What a caller asks, whatever transport brought it.
#[derive(Debug, Clone)]
pub struct PeerRequest {
    /// The credentials, root first.
    pub chain: Chain,
    /// What the caller wants to do.
    pub requested_capability: Capability,
    /// The caller's name for the record of this hop.
    pub record_id: RecordId,
    /// The record before this one.
    pub parent_record_hash: ParentLink,
    /// The payload, sealed to the callee's channel key.
    pub sealed_payload: Option<Vec<u8>>,
    /// The caller's attested channel key.
    pub caller_offer: Option<ChannelOffer>,
    /// The strongest sealed result that the caller opens, as its offer says (WIRE-6).
    pub caller_seals: SealVersion,
    /// Proof that the caller holds the private half of that key.
    pub caller_possession: Option<Possession>,
    /// Proof that the caller is the leaf's subject.
    pub holder_proof: Option<HolderProof>,
}

impl PeerRequest {
    /// Whether only the holder of the channel secret can answer it: something is sealed to that, or the caller's own
    /// channel is proven towards it.
    #[must_use]
    pub fn is_bound_to_channel(&self) -> bool {
        self.sealed_payload.is_some() || self.caller_offer.is_some() || self.caller_possession.is_some()
    }

    /// SHA-256 of the sealed payload as sent.
    #[must_use]
    pub fn payload_sha256(&self) -> Option<Sha256> {
        self.sealed_payload.as_deref().map(Sha256::of)
    }

    /// What the holder proof of this request must have signed, towards the callee whose channel key is `audience`
    /// (HOLD-1). `parent` is the text of [`Self::parent_record_hash`].
    #[must_use]
    pub fn holder_statement<'s>(
        &'s self,
        audience: ChannelKey,
        parent: Option<&'s str>,
    ) -> HolderStatement<'s> {
        HolderStatement {
            audience,
            requested_capability: &self.requested_capability,
            record_id: &self.record_id,
            payload_sha256: self.payload_sha256(),
            caller_channel_key: self.caller_offer.as_ref().map(|offer| offer.channel_key),
            parent_record_hash: parent,
        }
    }
}
