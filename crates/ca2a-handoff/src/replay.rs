//! What a handoff spends, so that it happens once. (HAND-31)

use ca2a_core::{Consumption, ReplayClaim, ReplayStore, Sha256, VerifyingKey, requirement::enforce};

use crate::{HandoffError, Timestamp, UnixMicros};

/// What a packet spends: its nonce under its sender's key, so that no stranger can spend it and no two senders collide,
/// until the packet is over. A hop that carries the packet spends the same.
#[must_use]
pub fn claim(sender: &VerifyingKey, nonce: &str, expires_at: &Timestamp) -> ReplayClaim {
    ReplayClaim {
        digest: Sha256::of_parts(&[b"ca2a-handoff-spend-v1\0", sender.as_bytes(), nonce.as_bytes()]),
        expires_at: expires_at.moment().seconds().saturating_add(1),
        holder: *sender,
    }
}

/// Spends `claim`, or refuses: a store that cannot remember it refuses too.
pub(crate) fn spend(
    store: &dyn ReplayStore,
    claim: &ReplayClaim,
    now: UnixMicros,
) -> Result<(), HandoffError> {
    match store.consume(claim, now.seconds()).map_err(HandoffError::Store)? {
        Consumption::Fresh => Ok(()),
        Consumption::Spent => enforce("HAND-31, HAND-47, HAND-75", Err(HandoffError::Replay)),
    }
}
