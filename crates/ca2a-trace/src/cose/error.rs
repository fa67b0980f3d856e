//! Why a token was refused.

use ca2a_core::{ErrorCode, cose::CoseError};

use crate::error::TraceError;

/// A token that does not parse, does not verify or does not attest the record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EatError {
    /// The message around the claims, or a claim.
    #[error("the token: {0}")]
    Cose(#[from] CoseError),
    /// A message of another type.
    #[error("the token must be of type `application/eat+cwt`")]
    Type,
    /// A profile other than TRACE v0.2.
    #[error("the token is of profile `{0}`")]
    Profile(String),
    /// A nonce that no token may carry.
    #[error("a nonce has 8 to 64 bytes, not {0}")]
    NonceLength(usize),
    /// A token that another key signed than the one it confirms.
    #[error("the token confirms another key than the one that signed it")]
    OtherKey,
    /// A record that another key signed.
    #[error("the record names another key than the one that is to sign its token")]
    OtherSigner,
    /// A token about another record.
    #[error("the record has another {0} than the token")]
    Differs(&'static str),
    /// The record that the token is made of.
    #[error(transparent)]
    Record(#[from] TraceError),
}

impl EatError {
    /// The code on the wire.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Cose(error) if error.is_unverifiable() => ErrorCode::EvidenceUnsupported,
            Self::Record(error) => error.code(),
            _ => ErrorCode::TraceRecordInvalid,
        }
    }
}
