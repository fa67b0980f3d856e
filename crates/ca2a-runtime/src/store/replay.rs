//! Spent proofs in memory (RUN-40 to RUN-43).

use std::sync::Mutex;

use ca2a_core::{Consumption, ReplayClaim, ReplayError, ReplayStore};

use super::claims::Claims;

/// How much a replay store may remember.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayLimits {
    /// Claims in all.
    pub claims: usize,
    /// Claims of one holder.
    pub per_holder: usize,
}

impl ReplayLimits {
    /// At most `claims`, an eighth of them for one holder.
    #[must_use]
    pub const fn of(claims: usize) -> Self {
        let share = claims / 8;
        Self { claims, per_holder: if share == 0 { 1 } else { share } }
    }
}

impl Default for ReplayLimits {
    /// 1,000,000 claims, 125,000 of one holder.
    fn default() -> Self {
        Self::of(1_000_000)
    }
}

/// A bounded memory of spent proofs that forgets a claim only once it has expired (RUN-41).
///
/// It lives as long as the process, which is enough exactly while the challenge secret does too: no proof outlives
/// the secret that it answers to. `consume` costs O(log n); the claims of one second share one place in the order.
#[derive(Debug, Default)]
pub struct MemoryReplayStore {
    limits: ReplayLimits,
    memory: Mutex<Memory>,
}

impl MemoryReplayStore {
    /// A store under `limits`.
    #[must_use]
    pub fn new(limits: ReplayLimits) -> Self {
        Self { limits, memory: Mutex::default() }
    }

    /// How many claims it remembers, those included that expired and were not swept yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.memory.lock().map_or(0, |memory| memory.claims.len())
    }

    /// Whether it remembers nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl ReplayStore for MemoryReplayStore {
    fn consume(&self, claim: &ReplayClaim, now: u64) -> Result<Consumption, ReplayError> {
        let mut memory = self.memory.lock().map_err(|_| ReplayError::Unavailable)?;
        memory.consume(claim, now, self.limits)
    }
}

/// Each call sweeps this many expired claims, so that the store shrinks faster than it grows and no call pays for a
/// whole second's worth.
const SWEEP: usize = 8;

#[derive(Debug, Default)]
struct Memory {
    claims: Claims,
    /// The latest time seen. What expired by then may be forgotten, even if the clock steps back afterwards.
    horizon: u64,
}

impl Memory {
    fn consume(
        &mut self,
        claim: &ReplayClaim,
        now: u64,
        limits: ReplayLimits,
    ) -> Result<Consumption, ReplayError> {
        self.horizon = self.horizon.max(now);
        // A claim from before the horizon may have been forgotten: it counts as spent rather than as fresh (RUN-42).
        if claim.expires_at <= self.horizon {
            return Ok(Consumption::Spent);
        }
        if self.claims.contains(&claim.digest.0) {
            // What stands there may have expired, and then its name is free again.
            self.sweep(usize::MAX);
            if self.claims.contains(&claim.digest.0) {
                return Ok(Consumption::Spent);
            }
        }
        self.sweep(SWEEP);
        if self.refuses(claim, limits).is_some() {
            self.sweep(usize::MAX);
        }
        if let Some(refusal) = self.refuses(claim, limits) {
            return Err(refusal);
        }
        self.claims.keep(claim)?;
        Ok(Consumption::Fresh)
    }

    fn refuses(&self, claim: &ReplayClaim, limits: ReplayLimits) -> Option<ReplayError> {
        if self.claims.len() >= limits.claims {
            return Some(ReplayError::Full);
        }
        let held = self.claims.held_by(claim.holder.as_bytes());
        (held >= limits.per_holder).then_some(ReplayError::HolderQuota)
    }

    /// Forgets up to `budget` claims that have expired.
    fn sweep(&mut self, budget: usize) {
        for _ in 0..budget {
            if !self.claims.forget_one(self.horizon) {
                return;
            }
        }
    }
}
