//! Why a bundle does not count.

use ca2a_core::{ErrorCode, Sha256};

use super::KeyId;
use crate::PolicyError;

/// A bundle that is none, that nobody entitled signed, or that may not replace the one in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// A directory of another shape. (POL-20)
    #[error("the policy bundle is none: {0}")]
    Shape(String),
    /// Policy text that cannot be taken.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// Another bundle than the pinned one. (POL-22)
    #[error("the policy bundle is `sha256:{}`, and `sha256:{}` is pinned", found.to_hex(), pinned.to_hex())]
    HashMismatch {
        /// The digest of the bundle.
        found: Sha256,
        /// The one that is pinned.
        pinned: Sha256,
    },
    /// No signature that holds under the pinned key. (POL-23)
    #[error("the policy bundle is not signed by the pinned key: {0}")]
    Signature(&'static str),
    /// A signature that holds, under a key that was taken back. (POL-24)
    #[error("the policy bundle is signed by `{0}`, which was revoked")]
    KeyRevoked(KeyId),
    /// A revocation that nobody entitled signed, or of a key that is not in force. (POL-25)
    #[error("the key revocation does not count: {0}")]
    Revocation(&'static str),
    /// A bundle that may not replace the one in force. (POL-26)
    #[error("the policy bundle may not replace the one in force: {0}")]
    Reload(&'static str),
}

impl BundleError {
    pub(super) fn shape(what: impl Into<String>) -> Self {
        Self::Shape(what.into())
    }

    /// The code on the wire and in exits.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Shape(_) => ErrorCode::ConfigError,
            Self::Policy(error) => error.code(),
            Self::HashMismatch { .. } => ErrorCode::PolicyHashMismatch,
            Self::Signature(_) => ErrorCode::PolicySignatureInvalid,
            Self::KeyRevoked(_) => ErrorCode::PolicySigningKeyRevoked,
            Self::Revocation(_) => ErrorCode::PolicyKeyRevocationInvalid,
            Self::Reload(_) => ErrorCode::PolicyReloadRefused,
        }
    }
}
