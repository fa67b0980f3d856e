//! Why a request was not served.

use ca2a_attest::AttestError;
use ca2a_core::{ChannelKey, ErrorCode, ReplayError, json::ReadError};
use ca2a_delegation::DelegationError;
use ca2a_seal::SealError;
use ca2a_trace::{Denial, statement::StatementError};

use crate::{calls::CallStoreError, node::RevocationsUnavailable, sink::SinkError, system::RandomError};

/// Why a request was not served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PeerError {
    /// The body is not strict JSON.
    #[error("the body is not the JSON that this transport takes: {0}")]
    Body(#[from] ReadError),
    /// The body is JSON, but no object.
    #[error("the body must be a JSON object")]
    BodyNotAnObject,
    /// The message carries no cA2A metadata.
    #[error("the message carries no cA2A metadata; this endpoint serves nothing else")]
    NotCa2a,
    /// A metadata member is missing or malformed.
    #[error("`{key}` {problem}")]
    Metadata {
        /// The metadata key.
        key: &'static str,
        /// What is wrong.
        problem: &'static str,
    },
    /// There is a `metadata` that is no object.
    #[error("`metadata` must be an object to write cA2A members into")]
    MetadataNotAnObject,
    /// A hop of the chain does not parse.
    #[error("the delegation chain is malformed: {0}")]
    MalformedChain(#[source] DelegationError),
    /// The possession does not parse.
    #[error("the caller possession is malformed: {0}")]
    MalformedPossession(#[source] SealError),
    /// The chain or the holder proof does not hold.
    #[error(transparent)]
    Delegation(#[from] DelegationError),
    /// No holder proof came with the chain.
    #[error(
        "no holder proof came with the chain; a chain alone does not show that the caller is its subject"
    )]
    HolderProofMissing,
    /// This callee mints no challenges, so no proof against one can hold.
    #[error("this callee mints no challenges, so no proof can be checked")]
    NoChallenges,
    /// The proof holds towards another node, and so does what is sealed.
    #[error(
        "the call is bound to the channel `{0}`, which is another node's; ask that one, or this one afresh"
    )]
    WrongNode(ChannelKey),
    /// The proof was used before.
    #[error("this holder proof was used before; fetch a fresh challenge and prove again")]
    Replayed,
    /// The replay store did not answer.
    #[error("the proof could not be spent: {0}")]
    Replay(#[from] ReplayError),
    /// The caller's offer does not parse, or does not appraise.
    #[error(transparent)]
    Attestation(#[from] AttestError),
    /// The caller's attestation is missing, or is not enough.
    #[error("{0}")]
    CallerAttestation(String),
    /// The capability is not in the effective scope.
    #[error("{}", .0.reason())]
    ScopeNotPermitted(Denial),
    /// The payload cannot be opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A payload came and this callee holds no channel key.
    #[error("a sealed payload came, but this callee holds no channel key")]
    NoChannelKey,
    /// The signed hop that the payload brought, or should have brought, does not hold.
    #[cfg(feature = "handoff")]
    #[error(transparent)]
    Hop(#[from] Box<crate::handoff::HopRefused>),
    /// What was decided contradicts itself and is not signed.
    #[error("the callee's statement cannot be made: {0}")]
    Statement(#[from] Box<StatementError>),
    /// The record could not be made durable.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The call could not be begun.
    #[error("the call could not be begun: {0}")]
    Calls(CallStoreError),
    /// The call was done and its outcome could not be kept.
    #[error("the outcome of the call could not be kept: {0}")]
    Outcome(CallStoreError),
    /// The revocation snapshot that this callee must check cannot be had.
    #[error(transparent)]
    Revocations(#[from] RevocationsUnavailable),
    /// No randomness for an answer.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The handler failed.
    #[error("the task failed: {0}")]
    Handler(String),
}

impl From<CallStoreError> for PeerError {
    fn from(error: CallStoreError) -> Self {
        match error {
            CallStoreError::Spent => Self::Replayed,
            CallStoreError::Replay(error) => Self::Replay(error),
            other => Self::Calls(other),
        }
    }
}

impl PeerError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Body(_) | Self::BodyNotAnObject => ErrorCode::BadRequest,
            Self::NotCa2a
            | Self::Metadata { .. }
            | Self::MetadataNotAnObject
            | Self::MalformedChain(_)
            | Self::MalformedPossession(_) => ErrorCode::TransportError,
            Self::Delegation(error) => error.code(),
            Self::HolderProofMissing | Self::NoChallenges | Self::Replayed => ErrorCode::HolderProofInvalid,
            Self::WrongNode(_) => ErrorCode::WrongNode,
            Self::Replay(ReplayError::Unavailable) => ErrorCode::StoreUnavailable,
            Self::Replay(_) => ErrorCode::Overloaded,
            Self::Attestation(error) => error.code(),
            Self::CallerAttestation(_) => ErrorCode::AttestationFailed,
            Self::ScopeNotPermitted(_) => ErrorCode::ScopeNotPermitted,
            Self::Seal(error) => error.code(),
            Self::NoChannelKey => ErrorCode::SealedChannelError,
            Self::Sink(_) => ErrorCode::StoreUnavailable,
            #[cfg(feature = "handoff")]
            Self::Hop(error) => error.code(),
            Self::Calls(error) => error.code(),
            Self::Outcome(_) => ErrorCode::OutcomeUnknown,
            Self::Statement(error) => error.code(),
            Self::Revocations(_) => ErrorCode::RevocationStatusUnknown,
            Self::Random(_) | Self::Handler(_) => ErrorCode::Ca2aError,
        }
    }

    /// What a person needs beyond the message, where there is more to say.
    #[must_use]
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::ScopeNotPermitted(denial) => {
                let held: Vec<_> = denial.effective_scope().texts().collect();
                Some(format!("effective: {}", held.join(", ")))
            }
            _ => None,
        }
    }
}
