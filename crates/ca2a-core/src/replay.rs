//! Consuming a proof at most once. (CORE-25)

use core::fmt;

use crate::{digest::Sha256, key::VerifyingKey};

/// What a request spends: a digest that no other request shares, and until when it must be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayClaim {
    /// Names the proof: equal for a replay, different for everything else.
    pub digest: Sha256,
    /// Unix seconds from which on the proof is refused for its age anyway and may be forgotten.
    pub expires_at: u64,
    /// Whose proof it is, so that one holder cannot fill the store for all.
    pub holder: VerifyingKey,
}

/// The store's answer that a claim was fresh and now is spent. Only the store's caller turns it into authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consumption {
    /// Never seen before; spent from now on.
    Fresh,
    /// Seen before and not expired.
    Spent,
}

/// Why a store did not answer. Every one of these refuses the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplayError {
    /// The store is full and forgets nothing early.
    Full,
    /// This holder has used up its share.
    HolderQuota,
    /// The store could not be reached or written.
    Unavailable,
}

impl fmt::Display for ReplayError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Full => "the replay store is full; it forgets nothing early",
            Self::HolderQuota => "this holder has used up its share of the replay store",
            Self::Unavailable => "the replay store cannot be written",
        })
    }
}

impl core::error::Error for ReplayError {}

/// A bounded, expiring memory of spent proofs. Atomic: of any number of concurrent equal claims one is fresh.
pub trait ReplayStore: Send + Sync {
    /// Spends `claim`, or says that it is spent already. `now` is in Unix seconds; a store may forget claims whose
    /// `expires_at` is not after it.
    ///
    /// # Errors
    /// When the store cannot remember the claim; nothing is spent then.
    fn consume(&self, claim: &ReplayClaim, now: u64) -> Result<Consumption, ReplayError>;
}
