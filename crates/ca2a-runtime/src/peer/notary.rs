//! The callee's signature under its verdict (TRC-100 and following).

use ca2a_core::{ChannelKey, ErrorCode, Scope, Sha256, SigningKey};
use ca2a_delegation::VerifiedChain;
use ca2a_trace::{
    DelegationRecord, ParentLink,
    statement::{Call, CalleeManifest, PayloadDigest, Statement, Verdict},
};

use super::{PeerError, PeerRequest};
use crate::system::{Random, RandomError, random_bytes};

/// What a callee signs its statement about one call with. A callee without one leaves unsigned records alone.
pub struct Notary<'n> {
    /// The callee's signing key, the one that its handshake names.
    pub key: &'n SigningKey,
    /// The channel key that the caller proved to: the callee's, or that of a node that it speaks for.
    pub channel_key: ChannelKey,
    /// Digest of the policy that decides.
    pub policy: Sha256,
    /// The verified manifest of the callee's agent, where it has one.
    pub manifest: Option<&'n CalleeManifest>,
    /// Unix seconds, the time that the chain is verified at.
    pub now: u64,
    /// Where the salt comes from that keeps the digest of a sealed payload from being guessed from the payload.
    pub random: &'n dyn Random,
}

impl core::fmt::Debug for Notary<'_> {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { key, channel_key, policy, manifest, now, random: _ } = self;
        out.debug_struct("Notary")
            .field("key", key)
            .field("channel_key", channel_key)
            .field("policy", policy)
            .field("manifest", manifest)
            .field("now", now)
            .finish_non_exhaustive()
    }
}

/// One decided call, as the pipeline holds it.
pub(super) struct Decided<'d> {
    pub(super) request: &'d PeerRequest,
    pub(super) chain: &'d VerifiedChain,
    pub(super) measurement: Option<&'d str>,
    pub(super) appraisal: Option<Sha256>,
    pub(super) effective: &'d Scope,
    pub(super) record: &'d DelegationRecord,
    /// `None` for a call that was allowed.
    pub(super) refusal: Option<ErrorCode>,
}

impl Notary<'_> {
    /// Signs what was decided.
    pub(super) fn sign(&self, decided: &Decided<'_>) -> Result<Statement, PeerError> {
        let trace_record = match decided.request.parent_record_hash {
            ParentLink::Trace(link) => Some(link),
            ParentLink::Root | ParentLink::Record(_) => None,
        };
        let salted = |blob: &[u8]| Ok::<_, RandomError>(PayloadDigest::of(random_bytes(self.random)?, blob));
        let call = Call {
            chain: decided.chain,
            record: decided.record,
            trace_record,
            capability: &decided.request.requested_capability,
            effective_scope: decided.effective,
            verdict: decided.refusal.map_or(Verdict::Allow, Verdict::Deny),
            measurement: decided.measurement,
            appraisal: decided.appraisal,
            payload: decided.request.sealed_payload.as_deref().map(salted).transpose()?,
            policy: self.policy,
            issued_at: self.now,
            channel_key: self.channel_key,
            manifest: self.manifest,
        };
        Ok(call.sign(self.key).map_err(Box::new)?)
    }
}
