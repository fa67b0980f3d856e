//! The three ways in which a manifest is signed, and the keys that check them.

use ca2a_core::{
    Sha256, Signature, VerifyingKey,
    encoding::{base64url, from_base64url},
};

use crate::pq;

/// How a manifest is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// Ed25519 (RFC 8032).
    Ed25519,
    /// ML-DSA-65 (FIPS 204), with an empty context.
    MlDsa65,
    /// Both, each by itself over the same bytes.
    Hybrid,
}

impl Algorithm {
    const ALL: [Self; 3] = [Self::Ed25519, Self::MlDsa65, Self::Hybrid];

    /// As `signature.algorithm` writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ed25519 => "Ed25519",
            Self::MlDsa65 => "ML-DSA-65",
            Self::Hybrid => "hybrid-Ed25519-ML-DSA-65",
        }
    }

    pub(crate) fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == text)
    }

    /// Whether it withstands an attacker with a quantum computer.
    #[must_use]
    pub fn is_post_quantum(self) -> bool {
        self != Self::Ed25519
    }
}

/// Bytes of an ML-DSA-65 public key.
const ML_DSA: usize = 1_952;

/// A key that checks manifests.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ManifestKey {
    /// Ed25519, strict.
    Ed25519(VerifyingKey),
    /// ML-DSA-65.
    MlDsa65(pq::VerifyingKey),
    /// Both, as one key of version 0.1: Ed25519 first.
    Hybrid(VerifyingKey, pq::VerifyingKey),
}

/// Why bytes are no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a key is unpadded base64url of 32 (Ed25519), 1952 (ML-DSA-65) or 1984 bytes (both), on the curve and of full order"
)]
pub struct KeyError;

/// Why a signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsigned {
    /// It does not verify, or is none.
    Bad,
    /// This build cannot tell.
    #[cfg_attr(feature = "pq", allow(dead_code, reason = "this build can"))]
    Unavailable,
}

impl ManifestKey {
    /// Reads the unpadded base64url of the raw public key.
    ///
    /// # Errors
    /// Other text, another length, or an Ed25519 key that is no point, not canonical or of small order.
    pub fn from_base64url(text: &str) -> Result<Self, KeyError> {
        let bytes = from_base64url(text).map_err(|_| KeyError)?;
        let ed25519 = |bytes: &[u8]| {
            let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| KeyError)?;
            VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError)
        };
        match bytes.split_at_checked(32) {
            Some((classical, [])) => ed25519(classical).map(Self::Ed25519),
            Some((classical, pq)) if pq.len() == ML_DSA => {
                Ok(Self::Hybrid(ed25519(classical)?, pq::VerifyingKey::from_bytes(pq).ok_or(KeyError)?))
            }
            _ => pq::VerifyingKey::from_bytes(&bytes).map(Self::MlDsa65).ok_or(KeyError),
        }
    }

    /// The unpadded base64url of the raw public key; of a hybrid one the Ed25519 key first.
    #[must_use]
    pub fn to_base64url(&self) -> String {
        match self {
            Self::Ed25519(key) => base64url(key.as_bytes()),
            Self::MlDsa65(key) => base64url(key.as_bytes()),
            Self::Hybrid(classical, pq) => base64url(&[&classical.as_bytes()[..], pq.as_bytes()].concat()),
        }
    }

    /// Which algorithm it is for.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::Ed25519(_) => Algorithm::Ed25519,
            Self::MlDsa65(_) => Algorithm::MlDsa65,
            Self::Hybrid(..) => Algorithm::Hybrid,
        }
    }

    /// What names it: SHA-256 of its bytes. (MAN-14)
    #[must_use]
    pub fn id(&self) -> Sha256 {
        match self {
            Self::Ed25519(key) => Sha256::of(key.as_bytes()),
            Self::MlDsa65(key) => Sha256::of(key.as_bytes()),
            Self::Hybrid(classical, pq) => Sha256::of_parts(&[classical.as_bytes(), pq.as_bytes()]),
        }
    }
}

impl From<VerifyingKey> for ManifestKey {
    fn from(key: VerifyingKey) -> Self {
        Self::Ed25519(key)
    }
}

/// Checks the raw bytes of an Ed25519 signature.
pub(crate) fn check_ed25519(key: &VerifyingKey, message: &[u8], signature: &[u8]) -> Result<(), Unsigned> {
    let signature = <[u8; 64]>::try_from(signature).map_err(|_| Unsigned::Bad)?;
    key.verify(message, &Signature(signature)).map_err(|_| Unsigned::Bad)
}
