//! Why a card is not believed, or not signed.

use ca2a_core::{
    ErrorCode,
    canonical::CanonicalError,
    json::{ReadError, ShapeError},
};

/// Why a card is not believed, or not signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CardError {
    /// No strict JSON.
    #[error("the card is not strict JSON: {0}")]
    Json(#[from] ReadError),
    /// A member is missing or of another kind.
    #[error("the card is malformed: {0}")]
    Shape(#[from] ShapeError),
    /// A number without a canonical form.
    #[error("the card has no canonical form: {0}")]
    Canonical(#[from] CanonicalError),
    /// What is required is missing or empty, and readers disagree on how that is signed.
    #[error("the card lacks `{0}`, or has it empty; a signature over that would not verify everywhere")]
    Lacks(&'static str),
    /// A URL that readers write differently.
    #[error(
        "a gRPC interface is `host:port` without a scheme: a signature over `http://` would not verify everywhere"
    )]
    GrpcUrl,
    /// No signature.
    #[error("the card is not signed")]
    Unsigned,
    /// More signatures than are looked at.
    #[error("the card has more than {0} signatures")]
    Signatures(usize),
    /// A signature that is none.
    #[error("a signature of the card is malformed: {0}")]
    Signature(String),
    /// No pinned key made any of the signatures.
    #[error("no signature of the card verifies under a pinned key")]
    NotPinned,
    /// The extension is declared twice, or with other parameters than it has.
    #[error("the card declares cA2A wrongly: {0}")]
    Extension(String),
    /// The channel is not bound to the card.
    #[error("the channel is not the card's: {0}")]
    Channel(&'static str),
}

impl CardError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unsigned | Self::NotPinned | Self::Channel(_) => ErrorCode::AttestationFailed,
            _ => ErrorCode::TransportError,
        }
    }
}
