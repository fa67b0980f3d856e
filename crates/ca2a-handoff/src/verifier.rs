//! The one pipeline: what a packet, its chain and its capability are worth. (HAND-20 to HAND-32)

mod check;
mod outcome;
mod steps;

use alloc::{collections::BTreeSet, vec::Vec};

use ca2a_core::{ReplayStore, VerifyingKey};

pub use check::{Check, CheckOutcome, CheckResult};
pub use outcome::{AcceptedHandoff, ChainStatus, CheckedHandoff, Refusal};

use crate::{
    AgentId, AgentRegistry, Approval, CapabilityRevocationRegistry, Compat, DelegationCapability,
    DelegationChain, DelegationEnvelope, ProfileChoice, SignedTaskPacket, UnixMicros,
};

/// How far, in seconds, the clock of a sender may run ahead.
pub const SKEW_SECONDS: i64 = 30;
/// The longest life of a packet unless told otherwise: a day.
pub const MAX_LIFETIME_SECONDS: i64 = 86_400;
/// The most handoffs of a chain unless told otherwise.
pub const DEFAULT_MAX_DEPTH: usize = 5;

/// What is presented for judgement.
#[derive(Debug, Clone, Copy)]
pub struct Handoff<'a> {
    pub(crate) packet: &'a SignedTaskPacket,
    pub(crate) chain: Option<&'a DelegationChain>,
    pub(crate) ancestors: &'a [DelegationCapability],
    pub(crate) approvals: &'a [Approval],
}

impl<'a> Handoff<'a> {
    /// A packet without an envelope.
    #[must_use]
    pub fn packet(packet: &'a SignedTaskPacket) -> Self {
        Self { packet, chain: None, ancestors: &[], approvals: &[] }
    }

    /// An envelope.
    #[must_use]
    pub fn envelope(envelope: &'a DelegationEnvelope) -> Self {
        Self { chain: Some(&envelope.chain), ..Self::packet(&envelope.packet) }
    }

    /// With the grants above the packet's capability token, the root's first.
    #[must_use]
    pub fn ancestors(mut self, ancestors: &'a [DelegationCapability]) -> Self {
        self.ancestors = ancestors;
        self
    }

    /// With approvals of the packet.
    #[must_use]
    pub fn approvals(mut self, approvals: &'a [Approval]) -> Self {
        self.approvals = approvals;
        self
    }
}

/// Judges handoffs to one agent. The order of its checks is fixed (HAND-32): nothing is spent before everything else holds.
///
/// ```
/// use ca2a_core::ErrorCode;
/// use ca2a_handoff::{AgentIdentity, Handoff, HandoffVerifier, Profile, TaskPacket, Timestamp};
///
/// let (planner, researcher) = (AgentIdentity::from_seed(&[1; 32]), AgentIdentity::from_seed(&[2; 32]));
/// let (issued, expires) = ("2026-01-15T11:59:00Z", "2026-01-15T12:09:00Z");
/// let (issued, expires) = (Timestamp::parse(issued)?, Timestamp::parse(expires)?);
/// let ids = ["pk_1", "task_1", "nonce-1"];
/// let packet = TaskPacket::new(ids, planner.agent_id(), researcher.agent_id(), issued, expires, "Research")
///     .sign(&planner, Profile::P3)?;
///
/// let verifier = HandoffVerifier::new(researcher.agent_id().clone());
/// assert!(verifier.check(Handoff::packet(&packet), issued.moment()).is_ok());
///
/// let stranger = HandoffVerifier::new(planner.agent_id().clone());
/// let refused = stranger.check(Handoff::packet(&packet), issued.moment()).unwrap_err();
/// assert_eq!(refused.error().code(), ErrorCode::HandoffWrongRecipient);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct HandoffVerifier {
    me: AgentId,
    registry: Option<AgentRegistry>,
    profile: ProfileChoice,
    roots: BTreeSet<VerifyingKey>,
    revoked: CapabilityRevocationRegistry,
    approvers: Vec<VerifyingKey>,
    max_depth: usize,
    max_lifetime_seconds: i64,
    compat: Option<Compat>,
}

impl HandoffVerifier {
    /// A verifier for handoffs to `me`, strict: senders go by the ids that are derived from their keys, any profile is
    /// taken, no capability has a root, and nobody may approve.
    #[must_use]
    pub fn new(me: AgentId) -> Self {
        Self {
            me,
            registry: None,
            profile: ProfileChoice::Auto,
            roots: BTreeSet::new(),
            revoked: CapabilityRevocationRegistry::default(),
            approvers: Vec::new(),
            max_depth: DEFAULT_MAX_DEPTH,
            max_lifetime_seconds: MAX_LIFETIME_SECONDS,
            compat: None,
        }
    }

    /// The same rules for handoffs to another agent.
    #[must_use]
    pub fn recipient(mut self, me: AgentId) -> Self {
        self.me = me;
        self
    }

    /// Resolves every agent by `registry`, and derives no id.
    #[must_use]
    pub fn registry(mut self, registry: AgentRegistry) -> Self {
        self.registry = Some(registry);
        self
    }

    /// Takes packets of this profile.
    #[must_use]
    pub fn profile(mut self, profile: ProfileChoice) -> Self {
        self.profile = profile;
        self
    }

    /// Accepts capabilities that begin with a grant by `root`. May be called for each of several.
    #[must_use]
    pub fn root(mut self, root: VerifyingKey) -> Self {
        self.roots.insert(root);
        self
    }

    /// Refuses the capabilities that `revoked` names.
    #[must_use]
    pub fn revoked(mut self, revoked: CapabilityRevocationRegistry) -> Self {
        self.revoked = revoked;
        self
    }

    /// Lets the holder of `approver` approve packets that require it. May be called for each of several.
    #[must_use]
    pub fn approver(mut self, approver: VerifyingKey) -> Self {
        self.approvers.push(approver);
        self
    }

    /// Takes chains of up to `max_depth` handoffs.
    #[must_use]
    pub fn max_depth(mut self, max_depth: usize) -> Self {
        self.max_depth = max_depth;
        self
    }

    /// Takes packets that live for up to `seconds`.
    #[must_use]
    pub fn max_lifetime_seconds(mut self, seconds: i64) -> Self {
        self.max_lifetime_seconds = seconds;
        self
    }

    /// Relaxes what the honest users of a release need relaxed.
    #[must_use]
    pub fn compat(mut self, compat: Option<Compat>) -> Self {
        self.compat = compat;
        self
    }

    /// Whom packets must be for.
    #[must_use]
    pub fn me(&self) -> &AgentId {
        &self.me
    }

    /// Runs every check but the last, which spends the nonce.
    ///
    /// # Errors
    /// The first check that fails, with what was checked before it.
    pub fn check<'a>(&self, handoff: Handoff<'a>, now: UnixMicros) -> Result<CheckedHandoff<'a>, Refusal> {
        steps::run(self, handoff, now)
    }

    /// Runs every check and spends the nonce in `store`.
    ///
    /// # Errors
    /// The first check that fails, with what was checked before it.
    pub fn verify<'a>(
        &self,
        handoff: Handoff<'a>,
        store: &dyn ReplayStore,
        now: UnixMicros,
    ) -> Result<AcceptedHandoff<'a>, Refusal> {
        self.check(handoff, now)?.spend(store, now)
    }
}
