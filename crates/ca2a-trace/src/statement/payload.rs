//! The digest of a payload that does not give the payload away.

use ca2a_core::Sha256;

/// Bytes of a salt.
pub const SALT_LENGTH: usize = 16;

/// SHA-256 over a salt and the sealed payload as sent (TRC-105). Who holds the payload can check it; who holds only
/// the statement cannot tell which of two calls carried the same payload, nor guess a short one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PayloadDigest {
    /// Fresh random bytes for each statement.
    pub salt: [u8; SALT_LENGTH],
    /// SHA-256 over the salt and the sealed payload.
    pub digest: Sha256,
}

impl PayloadDigest {
    /// The digest of `sealed` under `salt`, 16 fresh random bytes.
    #[must_use]
    pub fn of(salt: [u8; SALT_LENGTH], sealed: &[u8]) -> Self {
        Self { salt, digest: Sha256::of_parts(&[&salt, sealed]) }
    }

    /// Whether `sealed` is the payload.
    #[must_use]
    pub fn matches(&self, sealed: &[u8]) -> bool {
        *self == Self::of(self.salt, sealed)
    }
}
