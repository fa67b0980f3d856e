//! What can go wrong with a log of one's own.

use std::path::PathBuf;

use ca2a_core::ErrorCode;
use ca2a_trace::{
    merkle::{MerkleError, ProveError},
    scitt::{ReceiptFault, ScittError, StatementFault},
};

/// A log that could not be opened, written or read, or that refuses what it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The file could not be opened or created.
    #[error("cannot open the log `{}`: {reason}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system or the database said.
        reason: String,
    },
    /// Another process has it open.
    #[error("the log `{}` is open in another process; one log, one writer", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// A new log where one is already.
    #[error("`{}` holds a log already; nothing replaces a log", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// A file that is no log.
    #[error("`{}` holds no log; make one first", path.display())]
    NotALog {
        /// The file.
        path: PathBuf,
    },
    /// The file was written in a format that is not known here.
    #[error("the log is of format {found}, this program knows {known}")]
    Format {
        /// The number in the file.
        found: u64,
        /// The number that this program writes.
        known: u64,
    },
    /// A name that no log can have.
    #[error("a log's name has 1 to {0} bytes and no control character")]
    Name(usize),
    /// A key that is not the log's.
    #[error("the key is not the one that this log was made with; its receipts are signed by that one alone")]
    OtherKey,
    /// A commit failed. Nothing of it was acknowledged; whether it is on the disk is unknown.
    #[error("the log could not be written: {reason}; it takes nothing more until it is opened again")]
    Write {
        /// What the database said.
        reason: String,
    },
    /// The file could not be read.
    #[error("the log could not be read: {reason}")]
    Read {
        /// What the database said.
        reason: String,
    },
    /// The writer has ended; nothing can be registered any more.
    #[error("the writer of the log has ended; open the log again")]
    Stopped,
    /// What is stored contradicts itself.
    #[error("the log's file is damaged: {0}")]
    Damaged(String),
    /// A statement larger than any that is taken in.
    #[error("a statement has at most {allowed} bytes, this one {found}")]
    TooLarge {
        /// Its bytes.
        found: usize,
        /// The most that are allowed.
        allowed: usize,
    },
    /// A statement or receipt that the format does not allow, or whose signer is not accepted.
    #[error(transparent)]
    Scitt(#[from] ScittError),
    /// An entry that is not there.
    #[error("the log has no such entry")]
    NoEntry,
    /// The first statement, as long as it is alone.
    #[error("a receipt needs a path, and a log of one statement has none; it comes with the next statement")]
    Pending,
    /// Sizes between which there is no proof.
    #[error(
        "no receipt leads from size {old} to {new}: the log has {size} entries, and 0 < old < new is needed"
    )]
    NoGrowth {
        /// The older size.
        old: u64,
        /// The newer size.
        new: u64,
        /// The log's size.
        size: u64,
    },
    /// A tree that does not hold the entry, or that is not there yet.
    #[error("entry {index} has no receipt at size {asked}: the log has {size} entries")]
    NoSuchTree {
        /// The entry's index, from 0.
        index: u64,
        /// The size that was asked for.
        asked: u64,
        /// The log's size.
        size: u64,
    },
    /// More at one time than is served.
    #[error("too many are asking; try again")]
    Busy,
}

impl LogError {
    /// The code on the wire.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Name(_) | Self::OtherKey | Self::Exists { .. } | Self::NotALog { .. } => {
                ErrorCode::ConfigError
            }
            Self::Open { .. }
            | Self::InUse { .. }
            | Self::Format { .. }
            | Self::Write { .. }
            | Self::Read { .. }
            | Self::Stopped
            | Self::Damaged(_) => ErrorCode::StoreUnavailable,
            Self::TooLarge { .. } => ErrorCode::StatementInvalid,
            Self::Scitt(error) => error.code(),
            Self::NoEntry => ErrorCode::NotFound,
            Self::Pending => ErrorCode::ReceiptPending,
            Self::NoGrowth { .. } | Self::NoSuchTree { .. } => ErrorCode::BadRequest,
            Self::Busy => ErrorCode::Overloaded,
        }
    }

    pub(super) fn write(error: impl ToString) -> Self {
        Self::Write { reason: error.to_string() }
    }

    pub(super) fn read(error: impl ToString) -> Self {
        Self::Read { reason: error.to_string() }
    }
}

impl From<StatementFault> for LogError {
    fn from(fault: StatementFault) -> Self {
        Self::Scitt(fault.into())
    }
}

impl From<MerkleError> for LogError {
    fn from(error: MerkleError) -> Self {
        Self::Scitt(ReceiptFault::from(error).into())
    }
}

impl From<ProveError<Self>> for LogError {
    fn from(error: ProveError<Self>) -> Self {
        match error {
            ProveError::Impossible(error) => error.into(),
            ProveError::Store(error) => error,
            missing => Self::Damaged(missing.to_string()),
        }
    }
}
