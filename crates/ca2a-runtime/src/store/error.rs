//! What can go wrong with a file of records.

use std::path::PathBuf;

use ca2a_core::ErrorCode;

use crate::sink::SinkError;

/// A record store that could not be opened, written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file could not be opened or created.
    #[error("cannot open the record store `{}`: {reason}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system or the database said.
        reason: String,
    },
    /// Another process has it open.
    #[error("the record store `{}` is open in another process; one node, one store", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file was written in a format that is not known here.
    #[error("the record store is of format {found}, this program knows {known}")]
    Format {
        /// The number in the file.
        found: u64,
        /// The number that this program writes.
        known: u64,
    },
    /// A commit failed. Nothing of it was acknowledged; whether it is on the disk is unknown.
    #[error("the record store could not be written: {reason}")]
    Write {
        /// What the database said.
        reason: String,
    },
    /// Records could not be read back.
    #[error("the record store could not be read: {reason}")]
    Read {
        /// What the database said.
        reason: String,
    },
    /// The writer has ended; nothing can be appended any more.
    #[error("the writer of the record store has ended; restart the node")]
    Stopped,
}

impl StoreError {
    /// Always `STORE_UNAVAILABLE`.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        ErrorCode::StoreUnavailable
    }

    pub(crate) fn write(error: impl ToString) -> Self {
        Self::Write { reason: error.to_string() }
    }

    pub(crate) fn read(error: impl ToString) -> Self {
        Self::Read { reason: error.to_string() }
    }
}

impl From<StoreError> for SinkError {
    fn from(error: StoreError) -> Self {
        Self { reason: error.to_string() }
    }
}
