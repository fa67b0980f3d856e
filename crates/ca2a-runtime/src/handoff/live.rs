//! A signed hop on a live call: the payload brings it, and the call is granted only where it holds (HAND-76, HAND-77).

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use ca2a_core::{Capability, ErrorCode, RecordId, ReplayStore, Sha256, VerifyingKey, json::ShapeError};
use ca2a_delegation::VerifiedChain;
use ca2a_handoff::{
    AgentId, AgentRegistry, Executor, Handoff, HandoffError, HandoffVerifier, Refusal, SignedTaskPacket,
    UnixMicros,
    hop::{HopError, HopVerifier},
};

use super::CarriedHop;

/// Why a hop that a call brought, or should have brought, was refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HopRefused {
    /// The member of the payload has another shape.
    #[error("the payload's `handoff` is malformed: {0}")]
    Shape(ShapeError),
    /// A packet that is none.
    #[error("the packet: {0}")]
    Packet(#[from] HandoffError),
    /// The hop does not hold.
    #[error("the hop: {0}")]
    Hop(#[from] HopError),
    /// The packet does not hold, or was taken over before.
    #[error("the packet: {0}")]
    Refused(#[from] Refusal),
    /// No hop came.
    #[error("{0}, and the payload carries no hop")]
    Missing(&'static str),
    /// The record is not named after the hop, so that the holder proof is about something else.
    #[error("the record must be named `hop-` and the SHA-256 of the hop as sent")]
    RecordId,
    /// The call asks for something else than the hop.
    #[error("the call asks for `{asked}`, and the hop is for `{capability}`")]
    Capability {
        /// What the call asks for.
        asked: Capability,
        /// What the hop is for.
        capability: Capability,
    },
}

impl HopRefused {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Shape(_) => ErrorCode::HandoffMalformed,
            Self::Packet(error) => error.code(),
            Self::Hop(error) => error.code(),
            Self::Refused(refusal) => refusal.code(),
            Self::Missing(_) | Self::RecordId | Self::Capability { .. } => ErrorCode::HandoffHopInvalid,
        }
    }
}

/// Judges the hops that calls bring to one node.
pub struct HopGate {
    me: VerifyingKey,
    registry: Option<AgentRegistry>,
    verifier: HandoffVerifier,
    spent: Arc<dyn ReplayStore>,
    required: bool,
}

impl fmt::Debug for HopGate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { me, required, .. } = self;
        out.debug_struct("HopGate").field("me", me).field("required", required).finish_non_exhaustive()
    }
}

impl HopGate {
    /// Takes hops to the holder of `me`, where agents go by the ids that are derived from their keys. Packets are spent in
    /// `spent`, a [`super::HandoffStore`], since a packet may outlive a restart; but a node that keeps its calls spends them with
    /// the calls (GATE-71).
    #[must_use]
    pub fn new(me: VerifyingKey, spent: Arc<dyn ReplayStore>) -> Self {
        let verifier = HandoffVerifier::new(AgentId::derived(&me));
        Self { me, registry: None, verifier, spent, required: false }
    }

    /// Goes by the ids of `registry` instead; `own` is this agent's.
    #[must_use]
    pub fn registry(mut self, registry: AgentRegistry, own: AgentId) -> Self {
        self.verifier = self.verifier.registry(registry.clone()).recipient(own);
        self.registry = Some(registry);
        self
    }

    /// Changes how packets are judged: profiles, roots of capabilities, approvers.
    #[must_use]
    pub fn judging(mut self, change: impl FnOnce(HandoffVerifier) -> HandoffVerifier) -> Self {
        self.verifier = change(self.verifier);
        self
    }

    /// Grants no call that brings no hop.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    /// Where a node that keeps no calls spends packets.
    pub(crate) fn spent(&self) -> &dyn ReplayStore {
        &*self.spent
    }

    /// Judges what a call brought whose chain, holder proof and policy held, at `now` in Unix seconds; spends the packet in
    /// `spent`.
    ///
    /// # Errors
    /// The first rule broken.
    pub(crate) fn take_over(
        &self,
        call: &LiveCall<'_>,
        plaintext: Option<&[u8]>,
        spent: &dyn ReplayStore,
        now: u64,
    ) -> Result<Option<TakenOver>, HopRefused> {
        let carried = plaintext.map(CarriedHop::from_payload).transpose()?.flatten();
        let Some(carried) = carried else {
            return match (self.required, call.record_id.as_str().starts_with("hop-")) {
                (true, _) => Err(HopRefused::Missing("this agent takes over signed hops alone")),
                (false, true) => Err(HopRefused::Missing("the record is named after a hop")),
                (false, false) => Ok(None),
            };
        };
        let hop = carried.hop();
        if hop.record_id().as_ref() != Some(call.record_id) {
            return Err(HopRefused::RecordId);
        }
        let capability = &hop.draft().capability;
        if capability != call.capability {
            let (asked, capability) = (call.capability.clone(), capability.clone());
            return Err(HopRefused::Capability { asked, capability });
        }
        let now = UnixMicros::from_seconds(now);
        let checked = self.verifier.check(Handoff::packet(carried.packet()), now)?;
        let hops = HopVerifier::new(self.me).registry(self.registry.as_ref());
        let accepted = hops.check(checked, hop, &carried.parents(), call.chain, now)?;
        let accepted = accepted.spend(spent, now)?;
        let executor = Executor::begin(accepted.handoff, now);
        Ok(Some(TakenOver {
            hop: hop.digest(),
            packet: carried.packet().clone(),
            executor: Mutex::new(Some(executor)),
        }))
    }
}

/// What the pipeline established about a call.
pub(crate) struct LiveCall<'c> {
    pub(crate) chain: &'c VerifiedChain,
    pub(crate) capability: &'c Capability,
    pub(crate) record_id: &'c RecordId,
}

/// A packet that a live call handed over, by a hop that holds. Its nonce is spent. No public constructor.
pub struct TakenOver {
    hop: Sha256,
    packet: SignedTaskPacket,
    executor: Mutex<Option<Executor>>,
}

impl fmt::Debug for TakenOver {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("TakenOver").field("hop", &self.hop).finish_non_exhaustive()
    }
}

impl TakenOver {
    /// SHA-256 of the hop as sent.
    #[must_use]
    pub fn hop(&self) -> Sha256 {
        self.hop
    }

    /// The packet.
    #[must_use]
    pub fn packet(&self) -> &SignedTaskPacket {
        &self.packet
    }

    /// The budget of the task, which began when the packet was spent. There is one, for whoever asks first.
    #[must_use]
    pub fn executor(&self) -> Option<Executor> {
        self.executor.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
