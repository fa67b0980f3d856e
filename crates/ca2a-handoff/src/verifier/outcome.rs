//! What the pipeline answers with. Each state is made by the one before, and owns what was presented.

use alloc::{
    boxed::Box,
    string::{String, ToString as _},
    vec::Vec,
};

use ca2a_core::{ErrorCode, ReplayClaim, ReplayStore, VerifyingKey};

use super::{Check, CheckOutcome, CheckResult, Handoff};
use crate::{
    Authority, Compat, DelegationChain, HandoffError, PacketDigest, Profile, SignatureMatch, TaskPacket,
    UnixMicros, VerifiedCapability, replay,
};

/// What a verdict says about the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChainStatus {
    /// There was none.
    Absent,
    /// There was one, and it refuses nothing. Nobody signed it, so that it proves nothing either.
    Unsigned,
    /// There was one, and a [`Compat`] let it pass unlooked at beyond its depth.
    NotChecked,
}

impl ChainStatus {
    /// `absent`, `unsigned` or `not_checked`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Unsigned => "unsigned",
            Self::NotChecked => "not_checked",
        }
    }
}

/// A handoff of which everything holds but that nothing is spent yet: only [`Self::spend`] leads on.
#[derive(Debug)]
pub struct CheckedHandoff<'a> {
    pub(super) handoff: Handoff<'a>,
    pub(super) signed: SignatureMatch,
    pub(super) authority: Authority,
    pub(super) capability: Option<VerifiedCapability>,
    pub(super) chain: ChainStatus,
    pub(super) compat: Option<Compat>,
    pub(super) trail: Vec<CheckResult>,
}

/// A handoff that this agent has taken over, once. There is no way to have one but [`CheckedHandoff::spend`].
///
/// ```compile_fail,E0451
/// # use ca2a_handoff::{AcceptedHandoff, CheckedHandoff};
/// fn forge(checked: CheckedHandoff<'_>) -> AcceptedHandoff<'_> {
///     AcceptedHandoff { checked }
/// }
/// ```
#[derive(Debug)]
pub struct AcceptedHandoff<'a> {
    checked: CheckedHandoff<'a>,
}

/// A handoff that was refused: why, and what was checked before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(Box<Refused>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Refused {
    packet_id: String,
    error: HandoffError,
    trail: Vec<CheckResult>,
}

impl Refusal {
    pub(super) fn new(task: &TaskPacket, error: HandoffError, trail: Vec<CheckResult>) -> Self {
        Self(Box::new(Refused { packet_id: task.packet_id.clone(), error, trail }))
    }

    /// The packet, by its own word.
    #[must_use]
    pub fn packet_id(&self) -> &str {
        &self.0.packet_id
    }

    /// Why.
    #[must_use]
    pub fn error(&self) -> &HandoffError {
        &self.0.error
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.0.error.code()
    }

    /// Each check up to the one that refused.
    #[must_use]
    pub fn trail(&self) -> &[CheckResult] {
        &self.0.trail
    }
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.error.fmt(out)
    }
}

impl core::error::Error for Refusal {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.0.error)
    }
}

impl<'a> CheckedHandoff<'a> {
    /// What this handoff spends.
    #[must_use]
    pub fn claim(&self) -> ReplayClaim {
        let task = self.task();
        replay::claim(&self.signed.key, &task.nonce, &task.expires_at)
    }

    /// Spends the nonce: the last check (HAND-31).
    ///
    /// # Errors
    /// A nonce that is spent, or a store that does not answer.
    pub fn spend(mut self, store: &dyn ReplayStore, now: UnixMicros) -> Result<AcceptedHandoff<'a>, Refusal> {
        match replay::spend(store, &self.claim(), now) {
            Ok(()) => {
                self.trail.push(CheckResult { check: Check::Replay, outcome: CheckOutcome::Passed(None) });
                Ok(AcceptedHandoff { checked: self })
            }
            Err(error) => {
                let outcome = CheckOutcome::Refused(error.to_string());
                self.trail.push(CheckResult { check: Check::Replay, outcome });
                Err(Refusal::new(self.task(), error, self.trail))
            }
        }
    }

    /// What the packet says.
    #[must_use]
    pub fn task(&self) -> &'a TaskPacket {
        self.handoff.packet.task()
    }

    /// The sender's key.
    #[must_use]
    pub fn sender(&self) -> &VerifyingKey {
        &self.signed.key
    }

    /// The profile that the packet is signed under.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.signed.profile
    }

    /// The name of the packet.
    #[must_use]
    pub fn digest(&self) -> PacketDigest {
        PacketDigest::of(&self.signed)
    }

    /// What the recipient may do: what the packet allows, and its capability too, where it carries one.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The capability that the packet carries.
    #[must_use]
    pub fn capability(&self) -> Option<&VerifiedCapability> {
        self.capability.as_ref()
    }

    /// The chain, unsigned.
    #[must_use]
    pub fn chain(&self) -> Option<&'a DelegationChain> {
        self.handoff.chain
    }

    /// What is to be said about the chain.
    #[must_use]
    pub fn chain_status(&self) -> ChainStatus {
        self.chain
    }

    /// What was relaxed, and for whom.
    #[must_use]
    pub fn compat(&self) -> Option<Compat> {
        self.compat
    }

    /// Each check and how it came out.
    #[must_use]
    pub fn trail(&self) -> &[CheckResult] {
        &self.trail
    }
}

impl<'a> core::ops::Deref for AcceptedHandoff<'a> {
    type Target = CheckedHandoff<'a>;

    fn deref(&self) -> &CheckedHandoff<'a> {
        &self.checked
    }
}
