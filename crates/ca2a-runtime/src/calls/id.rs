//! What a call and a node's life are called.

use core::fmt;

use ca2a_core::{ReplayClaim, Sha256, encoding::EncodingError};

/// Names a call: the digest of the holder proof that began it, so one proof has one call (GATE-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub(super) [u8; 32]);

impl CallId {
    /// The call that `claim` begins.
    #[must_use]
    pub fn of(claim: &ReplayClaim) -> Self {
        Self(claim.digest.0)
    }

    /// Reads 64 hex characters.
    ///
    /// # Errors
    /// Anything else.
    pub fn from_hex(text: &str) -> Result<Self, EncodingError> {
        Sha256::from_hex(text).map(|digest| Self(digest.0))
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&Sha256(self.0).to_hex())
    }
}

/// One life of one node, from its start to its end. A store counts them, and takes nothing from one that is over (GATE-5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);
