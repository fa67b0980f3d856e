//! Signature algorithms, and who signs.

use super::CoseError;
use crate::key::SigningKey;

/// A signature algorithm that is verified here.
///
/// The polymorphic numbers are deprecated (RFC 9864) and what most tools speak. Whichever number a message carries, the
/// key decides: it has to be of the one kind that the number is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// `EdDSA`, -8 (RFC 9053), with an Ed25519 key.
    EdDsa,
    /// `Ed25519`, -19 (RFC 9864).
    Ed25519,
    /// `ES256`, -7 (RFC 9053), with a P-256 key.
    Es256,
    /// `ESP256`, -9 (RFC 9864).
    Esp256,
}

impl Algorithm {
    const ALL: [Self; 4] = [Self::EdDsa, Self::Ed25519, Self::Es256, Self::Esp256];

    /// The number in the IANA registry.
    #[must_use]
    pub const fn number(self) -> i64 {
        match self {
            Self::EdDsa => -8,
            Self::Ed25519 => -19,
            Self::Es256 => -7,
            Self::Esp256 => -9,
        }
    }

    /// The algorithm that `value`, the parameter `alg`, names.
    pub(super) fn read(value: &super::Value) -> Result<Self, CoseError> {
        Self::ALL
            .into_iter()
            .find(|algorithm| super::map::is_label(value, algorithm.number()))
            .ok_or_else(|| CoseError::UnsupportedAlgorithm { algorithm: CoseError::name(value) })
    }
}

/// An Ed25519 key and the number under which its signatures are announced.
#[derive(Debug, Clone, Copy)]
pub struct Signer<'k> {
    key: &'k SigningKey,
    algorithm: Algorithm,
}

impl<'k> Signer<'k> {
    /// Announces `EdDSA` (-8), which today's peers read.
    #[must_use]
    pub const fn eddsa(key: &'k SigningKey) -> Self {
        Self { key, algorithm: Algorithm::EdDsa }
    }

    /// Announces `Ed25519` (-19), the fully specified number of RFC 9864.
    #[must_use]
    pub const fn ed25519(key: &'k SigningKey) -> Self {
        Self { key, algorithm: Algorithm::Ed25519 }
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &'k SigningKey {
        self.key
    }

    /// The number that it announces.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}
