//! Digests, and the one place that hashes.

use alloc::string::String;
use core::fmt;

use sha2::Digest as _;

use crate::encoding::{EncodingError, from_hex, hex};

/// A SHA-256 digest (FIPS 180-4).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sha256(pub [u8; 32]);

impl Sha256 {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// The digest of the concatenation of `parts`.
    #[must_use]
    pub fn of_parts(parts: &[&[u8]]) -> Self {
        let mut hasher = sha2::Sha256::new();
        for part in parts {
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    /// 64 lower-case hex characters.
    #[must_use]
    pub fn to_hex(self) -> String {
        hex(&self.0)
    }

    /// Reads 64 lower-case hex characters.
    ///
    /// # Errors
    /// Anything else.
    pub fn from_hex(text: &str) -> Result<Self, EncodingError> {
        from_hex(text).map(Self)
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Sha256({})", self.to_hex())
    }
}

/// The digest of `bytes` under SHA-384 (FIPS 180-4).
#[must_use]
pub fn sha384(bytes: &[u8]) -> [u8; 48] {
    sha2::Sha384::digest(bytes).into()
}

/// Text that names no digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a digest is `sha256:` and 64 lower-case hex characters, or `sha384:` and 96")]
pub struct DigestError;

/// A digest with its algorithm, as `sha256:<64 hex>` or `sha384:<96 hex>`: how a TRACE record names another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TraceLink {
    /// SHA-256.
    Sha256([u8; 32]),
    /// SHA-384.
    Sha384([u8; 48]),
}

impl TraceLink {
    /// Reads the text form.
    ///
    /// # Errors
    /// Another algorithm, length or spelling.
    pub fn parse(text: &str) -> Result<Self, DigestError> {
        match text.split_once(':') {
            Some(("sha256", digits)) => from_hex(digits).map(Self::Sha256).map_err(|_| DigestError),
            Some(("sha384", digits)) => from_hex(digits).map(Self::Sha384).map_err(|_| DigestError),
            _ => Err(DigestError),
        }
    }

    /// The SHA-256 link to `bytes`.
    #[must_use]
    pub fn sha256_of(bytes: &[u8]) -> Self {
        Self::Sha256(Sha256::of(bytes).0)
    }

    /// The SHA-384 link to `bytes`.
    #[must_use]
    pub fn sha384_of(bytes: &[u8]) -> Self {
        Self::Sha384(sha384(bytes))
    }

    /// Whether this is the digest of `bytes` under its own algorithm.
    #[must_use]
    pub fn matches(&self, bytes: &[u8]) -> bool {
        match self {
            Self::Sha256(_) => *self == Self::sha256_of(bytes),
            Self::Sha384(_) => *self == Self::sha384_of(bytes),
        }
    }
}

impl fmt::Display for TraceLink {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sha256(digest) => write!(out, "sha256:{}", hex(digest)),
            Self::Sha384(digest) => write!(out, "sha384:{}", hex(digest)),
        }
    }
}

impl fmt::Debug for TraceLink {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "TraceLink({self})")
    }
}
