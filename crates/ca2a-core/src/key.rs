//! Signing keys and signatures.
//!
//! A [`VerifyingKey`] exists only for a canonical point that is not of small order, and it verifies with the strict
//! rules alone, so no caller can choose a laxer one. Ed25519 implementations do not agree on what they accept; this
//! is the predicate of cA2A everywhere (CORE-14, CORE-15).

#[cfg(feature = "aws-lc")]
mod assembly;
mod ed25519;
mod p256;
#[cfg(feature = "pkcs8")]
mod pkcs8;

pub use self::p256::{P256SigningKey, P256VerifyingKey};
pub use ed25519::{Signature, SigningKey, VerifyingKey};
#[cfg(feature = "pkcs8")]
pub use pkcs8::Pkcs8Error;

/// Bytes that are no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not 64 lower-case hex characters, or not 32 bytes of base64url.
    #[error("a key is 64 lower-case hex characters")]
    Encoding,
    /// The bytes are not a point of the curve.
    #[error("the bytes are no point of the curve")]
    NotAPoint,
    /// y is not below p: a second spelling of some key.
    #[error("the key is not canonical (y is not below p)")]
    NotCanonical,
    /// A small-order point: anybody can make signatures under it.
    #[error("the key is of small order: anybody can sign under it")]
    SmallOrder,
}

/// A signature that does not verify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct SignatureError;
