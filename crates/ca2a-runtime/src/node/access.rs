//! What the A2A server asks its node beyond a call: is this challenge live, is this proof fresh, what is revoked.

use std::sync::Arc;

use ca2a_core::{Challenge, ChallengeError, Consumption, LiveChallenge, ReplayClaim, ReplayError};
use ca2a_delegation::RevocationSnapshot;

use super::{PeerNode, RevocationsUnavailable};

impl PeerNode {
    /// Proves that this node minted `challenge` and that it has not expired.
    pub(crate) fn live_challenge(&self, challenge: &Challenge) -> Result<LiveChallenge, ChallengeError> {
        self.challenges.verify(challenge, self.clock.now())
    }

    /// Spends a proof in the store that the proofs of calls are spent in.
    pub(crate) fn spend(&self, claim: &ReplayClaim) -> Result<Consumption, ReplayError> {
        self.replay.consume(claim, self.clock.now())
    }

    /// The revocations as they stand, and whether they are as young as this node demands.
    pub(crate) fn revocations(
        &self,
    ) -> Result<(Option<Arc<RevocationSnapshot>>, bool), RevocationsUnavailable> {
        let snapshot = self.revocations.current()?;
        let fresh = match (self.max_revocation_staleness, &snapshot) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(limit), Some(snapshot)) => self.clock.now() <= snapshot.as_of().saturating_add(limit),
        };
        Ok((snapshot, fresh))
    }
}
