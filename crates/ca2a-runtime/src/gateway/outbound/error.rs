//! Why a call of the local agent's was not made, or brought nothing.

use ca2a_core::{Capability, ErrorCode, NameError};
use ca2a_delegation::DelegationError;

use super::super::at_hand::NotOne;
use crate::{
    a2a::{client::A2aCallError, door::Refusal, wire},
    client::CallError,
    http::ClientError,
    system::RandomError,
};

/// Why a call of the local agent's was not made, or brought nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutboundError {
    /// It belongs to no one call.
    #[error("{0}")]
    NotOne(String),
    /// It belongs to no call, and nothing stands on the route.
    #[error(
        "it belongs to no call that the agent is at work on, and the route to `{0}` has no authority of its own"
    )]
    NoStanding(String),
    /// A task is its maker's, and this request comes under another key.
    #[error(
        "the task was begun under what an inbound call handed down, and this request belongs to no call that handed anything down"
    )]
    NotItsMaker,
    /// The capability is not the agent's to choose.
    #[error("the route to `{name}` does not allow `{asked}`")]
    NotAllowed {
        /// The peer.
        name: String,
        /// What was asked for, at most 128 characters of it.
        asked: String,
    },
    /// The agent must choose.
    #[error("the route to `{0}` allows several capabilities; `Ca2a-Capability` names one of them, once")]
    NotChosen(String),
    /// What was handed down does not hold it.
    #[error("the call that it belongs to handed down no `{0}`")]
    NotHandedDown(Capability),
    /// The card is about another key than the route.
    #[error("the peer's card names the key {card} for credentials, and the route {route}")]
    Subject {
        /// As the card has it, in hex.
        card: String,
        /// As the route has it, in hex.
        route: String,
    },
    /// The peer was not found, or not appraised, in time.
    #[error("the peer `{name}` was not ready for the call within {seconds} s; nothing was sent")]
    Late {
        /// The peer.
        name: String,
        /// What it had, in seconds.
        seconds: f64,
    },
    /// The peer has more to answer than it may have at one time.
    #[error("too many calls are with the peer `{0}`; try again")]
    Busy(String),
    /// The credential for the peer cannot be made.
    #[error("the credential for the peer cannot be made: {0}")]
    Child(#[from] DelegationError),
    /// The same, for its name.
    #[error("the credential for the peer has no name: {0}")]
    Name(#[from] NameError),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The call itself.
    #[error(transparent)]
    Call(Box<A2aCallError>),
}

impl From<A2aCallError> for OutboundError {
    fn from(error: A2aCallError) -> Self {
        Self::Call(Box::new(error))
    }
}

impl From<NotOne> for OutboundError {
    fn from(error: NotOne) -> Self {
        Self::NotOne(error.to_string())
    }
}

impl OutboundError {
    /// The stable code: `NO_AUTHORITY` for whatever the agent may not do, the code of the call where there was one.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NotOne(_)
            | Self::NoStanding(_)
            | Self::NotItsMaker
            | Self::NotAllowed { .. }
            | Self::NotChosen(_)
            | Self::NotHandedDown(_) => ErrorCode::NoAuthority,
            Self::Subject { .. } => ErrorCode::AttestationFailed,
            Self::Late { .. } => ErrorCode::DeadlineExceeded,
            Self::Busy(_) => ErrorCode::Overloaded,
            Self::Child(error) => error.code(),
            Self::Random(_) | Self::Name(_) => ErrorCode::Ca2aError,
            // It was the peer that took too long, not the agent that asked.
            Self::Call(error) => match error.code() {
                ErrorCode::Timeout => ErrorCode::DeadlineExceeded,
                code => code,
            },
        }
    }

    /// Whether it was found out here that the peer is not what its card said, or not where. What the peer says of itself shows
    /// nothing: a refusal may have any code.
    pub(super) fn is_of_another_peer(&self) -> bool {
        let Self::Call(error) = self else { return false };
        let handshake = match &**error {
            A2aCallError::Card(_) => return true,
            A2aCallError::Call(handshake) => handshake,
            _ => return false,
        };
        matches!(
            handshake,
            CallError::Attestation(_)
                | CallError::Card(_)
                | CallError::NoChallenge
                | CallError::Http(ClientError::Connect { .. })
        )
    }

    /// The same as the agent hears it: an error of plain A2A as it is, anything of cA2A as a refusal with its code.
    pub(super) fn tell(self) -> a2a::A2AError {
        match self {
            Self::Call(error) => match *error {
                A2aCallError::Refused(error) if error.code != wire::REFUSED => {
                    a2a::A2AError { details: None, ..error }
                }
                error => {
                    let error = Self::Call(Box::new(error));
                    Refusal::new(error.code(), &error).tell()
                }
            },
            other => Refusal::new(other.code(), &other).tell(),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use ca2a_core::ErrorCode;

    use super::OutboundError;
    use crate::{
        a2a::client::A2aCallError,
        http::{ClientError, Origin},
    };

    /// RUN-95: a peer that does not answer is no fault of the agent's request; anything else keeps its code.
    #[test]
    fn a_peer_that_is_late_is_a_deadline() {
        let origin = || Origin::parse("https://peer").unwrap();
        let late = ClientError::Deadline { origin: origin(), seconds: 60.0 };
        let late = OutboundError::from(A2aCallError::Http(late));
        assert_eq!((late.code(), late.code().http_status()), (ErrorCode::DeadlineExceeded, 504));
        assert!(late.tell().message.starts_with("DEADLINE_EXCEEDED: "));
        let broken = ClientError::Broken { origin: origin(), reason: "gone".to_owned() };
        assert_eq!(OutboundError::from(A2aCallError::Http(broken)).code(), ErrorCode::TransportError);
    }
}
