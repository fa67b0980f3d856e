//! Why a call over A2A did not succeed.

use a2a::A2AError;
use ca2a_core::ErrorCode;

use crate::{
    a2a::{
        card::CardError,
        sealed::{OpenError, SealedMessageError},
        wire,
    },
    client::CallError,
    http::ClientError,
};

/// Why a call over A2A did not succeed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum A2aCallError {
    /// Before anything was sent: the handshake, the proof.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The card is not believed.
    #[error(transparent)]
    Card(#[from] CardError),
    /// The card names no way in that this build speaks.
    #[error("the card names no interface that is spoken here: {0}")]
    Interface(String),
    /// No answer came.
    #[error(transparent)]
    Http(#[from] ClientError),
    /// The message cannot be sealed.
    #[error(transparent)]
    Sealed(#[from] SealedMessageError),
    /// The callee refused, or its agent did.
    #[error("the peer refused: {0}")]
    Refused(A2AError),
    /// The answer does not open, or comes in the clear.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// An answer that is none to this call.
    #[error("the peer's answer is none to this call: {0}")]
    Answer(String),
}

impl A2aCallError {
    /// The stable code; for a refusal the callee's own, as far as the registry has it.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Call(error) => error.code(),
            Self::Card(error) => error.code(),
            Self::Http(error) => error.code(),
            Self::Sealed(error) => error.code(),
            Self::Open(error) => error.code(),
            Self::Refused(error) => refusal(error),
            Self::Interface(_) | Self::Answer(_) => ErrorCode::TransportError,
        }
    }
}

/// The code that a refusal carries in its details, or, where somebody on the way dropped them, at the start of its message;
/// `PEER_DENIAL` where it has none.
fn refusal(error: &A2AError) -> ErrorCode {
    let details = error.details.iter().flatten();
    let mut said = details.filter_map(|detail| detail.value.get("metadata")?.get("ca2a_code")?.as_str());
    let start = error.message.split(':').next();
    said.next().or(start).and_then(|code| code.parse().ok()).unwrap_or(ErrorCode::PeerDenial)
}

/// What the SDK's traits carry: the code first, as a server of ours says it.
impl From<A2aCallError> for A2AError {
    fn from(error: A2aCallError) -> Self {
        match error {
            A2aCallError::Refused(error) => error,
            other => Self::new(wire::REFUSED, format!("{}: {other}", other.code().as_str())),
        }
    }
}
