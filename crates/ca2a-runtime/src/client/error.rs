//! Why a call did not succeed.

use ca2a_attest::AttestError;
use ca2a_core::ErrorCode;
use ca2a_delegation::DelegationError;
use ca2a_seal::{SealError, SealVersion};

use super::Denied;
use crate::{attestation::AttesterError, http::ClientError, peer::PeerError, system::RandomError};

/// Why a call did not succeed. [`Self::outcome_is_unknown`] tells whether the callee may have acted all the same.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The callee refused.
    #[error(transparent)]
    Denied(Box<Denied>),
    /// No answer came.
    #[error(transparent)]
    Http(#[from] ClientError),
    /// The callee's offer does not parse or does not appraise.
    #[error(transparent)]
    Attestation(#[from] AttestError),
    /// This machine's hardware gives no report that an offer could be made under.
    #[error(transparent)]
    Attester(#[from] AttesterError),
    /// The callee gave no challenge.
    #[error("the peer gave no challenge, so nobody can prove to it that they hold a credential")]
    NoChallenge,
    /// The chain has no credential to call under.
    #[error("the chain is empty; there is no credential to call under")]
    EmptyChain,
    /// The chain or the key is not what it must be.
    #[error(transparent)]
    Delegation(#[from] DelegationError),
    /// Nothing can be sealed to this callee, or its answer does not authenticate or open.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The callee opens only what this caller does not seal (SEAL-23).
    #[error(
        "the peer opens sealed payloads of version {offered}, and this caller seals none below version {minimum}; nothing was sent"
    )]
    SealVersion {
        /// The strongest version that the handshake offered.
        offered: SealVersion,
        /// The weakest that is sealed here.
        minimum: SealVersion,
    },
    /// The callee's channel is not that of its card.
    #[cfg(feature = "a2a")]
    #[error(transparent)]
    Card(#[from] crate::a2a::card::CardError),
    /// The message cannot carry the call.
    #[error(transparent)]
    Message(PeerError),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// An answer that is none to this call.
    #[error("the peer's answer (HTTP status {status}) is none to this call: {problem}")]
    Answer {
        /// The HTTP status that it came with.
        status: u16,
        /// What is wrong with it.
        problem: String,
    },
    /// The call was granted, and its result does not open.
    #[error("the call was granted, but its result does not open: {0}")]
    Result(#[source] SealError),
}

impl CallError {
    /// The stable code; for a denial the callee's own, `PEER_DENIAL` where that is not in the registry.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Denied(denied) => denied.code,
            Self::Http(error) => error.code(),
            Self::Attestation(error) => error.code(),
            Self::Attester(error) => error.code(),
            Self::NoChallenge => ErrorCode::AttestationFailed,
            Self::EmptyChain => ErrorCode::BrokenDelegationLink,
            Self::Delegation(error) => error.code(),
            Self::Seal(error) | Self::Result(error) => error.code(),
            Self::SealVersion { .. } => ErrorCode::SealedChannelError,
            #[cfg(feature = "a2a")]
            Self::Card(error) => error.code(),
            Self::Message(error) => error.code(),
            Self::Random(_) => ErrorCode::Ca2aError,
            Self::Answer { .. } => ErrorCode::TransportError,
        }
    }

    /// The callee's denial, where that is what it was.
    #[must_use]
    pub fn denied(&self) -> Option<&Denied> {
        match self {
            Self::Denied(denied) => Some(denied),
            _ => None,
        }
    }

    /// Whether the callee may have acted, for all that is known.
    #[must_use]
    pub fn outcome_is_unknown(&self) -> bool {
        match self {
            Self::Answer { .. } => true,
            Self::Http(
                ClientError::Broken { .. } | ClientError::TooLarge { .. } | ClientError::Deadline { .. },
            ) => true,
            _ => self.code() == ErrorCode::ResponseAuthenticationFailed,
        }
    }
}
