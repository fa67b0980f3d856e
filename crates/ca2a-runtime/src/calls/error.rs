//! Why a store of calls did not do as it was told.

use ca2a_core::{ErrorCode, ReplayError};

/// Why a store of calls did not do as it was told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallStoreError {
    /// The proof began a call already.
    #[error("this holder proof began a call already")]
    Spent,
    /// The packet that the call was to take over was taken over by another one.
    #[error("the packet was taken over by a call before this one")]
    PacketSpent,
    /// There is no room for another proof.
    #[error(transparent)]
    Replay(ReplayError),
    /// The life of this node is over for the store.
    #[error("the lease of this node is over; it begins and ends nothing any more")]
    Fenced,
    /// The call is not open: it never was, or it has its outcome.
    #[error("the call is not open; its outcome stands or it never began")]
    NotOpen,
    /// The task of the call is not there, has ended, or is another node's. Nothing was kept of the end of the call either.
    #[error("the task of the call does not change any more, or not here")]
    NoTask,
    /// The node that began the call still has its lease.
    #[error("the call is at work at a node whose lease is not over")]
    Leased,
    /// The store cannot be read or written. It kept nothing of what it was given.
    #[error("the store of calls does not answer: {0}")]
    Unavailable(String),
    /// The store does not say whether it kept what it was given.
    #[error("the store of calls did not confirm what it was given: {0}")]
    Unconfirmed(String),
}

impl CallStoreError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Spent => ErrorCode::HolderProofInvalid,
            Self::PacketSpent => ErrorCode::HandoffReplay,
            Self::Replay(ReplayError::Unavailable) => ErrorCode::StoreUnavailable,
            Self::Replay(_) => ErrorCode::Overloaded,
            Self::NotOpen | Self::NoTask | Self::Leased => ErrorCode::OutcomeUnknown,
            Self::Fenced | Self::Unavailable(_) | Self::Unconfirmed(_) => ErrorCode::StoreUnavailable,
        }
    }
}
