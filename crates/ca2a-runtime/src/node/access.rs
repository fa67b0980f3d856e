//! What the A2A server asks its node beyond a call: is this challenge live, is this proof fresh, what is revoked.

use std::sync::Arc;

use ca2a_core::{
    Challenge, ChallengeError, ChannelKey, Consumption, LiveChallenge, ReplayClaim, ReplayError,
};
use ca2a_delegation::{MAX_FUTURE_SECONDS, RevocationSnapshot};

use super::{PeerNode, RevocationsUnavailable, TaskHandler};
use crate::peer::CallerRequirement;

impl PeerNode {
    /// What does the work of this node, for whichever front door a call came through.
    pub(crate) fn handler(&self) -> Arc<dyn TaskHandler> {
        Arc::clone(&self.handler)
    }

    /// Until when what is said now about the channel counts, in Unix seconds: as long as a challenge lives.
    pub(crate) fn channel_expiry(&self) -> u64 {
        self.clock.now().saturating_add(self.challenge_ttl_seconds)
    }

    /// The key of this node's statements.
    #[cfg(any(feature = "cedar", feature = "gateway"))]
    pub(crate) fn identity(&self) -> Option<&ca2a_core::SigningKey> {
        self.identity.as_ref()
    }

    /// Whether the node with the channel key `other` keeps its calls and tasks where this one does (GATE-50).
    pub(crate) fn is_of_one_store_with(&self, other: ChannelKey) -> bool {
        self.others().contains(&other)
    }

    /// What callers must show about their runtime.
    pub(crate) fn caller_requirement(&self) -> CallerRequirement {
        self.requirement
    }

    /// Proves that this node minted `challenge` and that it has not expired.
    pub(crate) fn live_challenge(&self, challenge: &Challenge) -> Result<LiveChallenge, ChallengeError> {
        self.challenges.verify(challenge, self.clock.now())
    }

    /// Spends a proof in the store that the proofs of calls are spent in.
    pub(crate) fn spend(&self, claim: &ReplayClaim) -> Result<Consumption, ReplayError> {
        self.replay.consume(claim, self.clock.now())
    }

    /// Whether this node can check revocation as it was told to (RUN-13).
    #[must_use]
    pub fn can_check_revocation(&self) -> bool {
        self.revocations().is_ok_and(|(_, fresh)| fresh)
    }

    /// How many seconds old this node's revocations are; `None` where it checks none or has none.
    #[must_use]
    pub fn revocations_age(&self) -> Option<u64> {
        let (snapshot, _) = self.revocations().ok()?;
        Some(self.clock.now().saturating_sub(snapshot?.as_of()))
    }

    /// The revocations as they stand, and whether they are as young as this node demands.
    pub(crate) fn revocations(
        &self,
    ) -> Result<(Option<Arc<RevocationSnapshot>>, bool), RevocationsUnavailable> {
        let snapshot = self.revocations.current()?;
        let fresh = match (self.max_revocation_staleness, &snapshot) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(limit), Some(snapshot)) => {
                let (now, as_of) = (self.clock.now(), snapshot.as_of());
                now <= as_of.saturating_add(limit) && as_of <= now.saturating_add(MAX_FUTURE_SECONDS)
            }
        };
        Ok((snapshot, fresh))
    }
}
