//! Why a record, a list of records or a lineage was refused.
//!
//! Three families of causes, one for each thing that can be wrong: a delegation record and its place in its list
//! ([`ProvenanceFault`]), one TRACE record ([`RecordFault`]), and how TRACE records hang together ([`LinkFault`]).
//! [`TraceError`] says where, [`Reason`] is the name that other implementations use for it.

mod provenance;
mod reason;
mod record;

pub use provenance::ProvenanceFault;
pub use reason::Reason;
pub use record::{LinkFault, RecordFault};

use core::fmt;

use ca2a_core::{ErrorCode, json::ReadError};

/// A refusal by this crate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// The bytes are no document that the strict reader takes.
    #[error("{document} cannot be read: {error}")]
    Unreadable {
        /// What they were read for.
        document: Document,
        /// What is wrong with them, and where.
        error: ReadError,
    },
    /// A delegation record, or its place in its list.
    #[error("{}{fault}", At(*record))]
    Provenance {
        /// Position in the list, from 0.
        record: Option<usize>,
        /// What is wrong.
        fault: ProvenanceFault,
    },
    /// One TRACE record.
    #[error("{}{fault}", At(*record))]
    Record {
        /// Position in the list, from 0; `None` for a record on its own.
        record: Option<usize>,
        /// What is wrong.
        fault: RecordFault,
    },
    /// How TRACE records link to one another or to their delegation chain.
    #[error("{}{fault}", At(*record))]
    Link {
        /// Position in the list, from 0.
        record: Option<usize>,
        /// What is wrong.
        fault: LinkFault,
    },
}

/// What a document was read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Document {
    /// A delegation record, or a list of them.
    DelegationRecords,
    /// One TRACE record.
    TrustRecord,
    /// A list of TRACE records.
    TraceRecords,
}

impl fmt::Display for Document {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::DelegationRecords => "the delegation records",
            Self::TrustRecord => "the TRACE record",
            Self::TraceRecords => "the TRACE records",
        })
    }
}

struct At(Option<usize>);

impl fmt::Display for At {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(record) => write!(out, "record {record}: "),
            None => Ok(()),
        }
    }
}

impl TraceError {
    /// The code on the wire. A document that cannot be read has the code of what it was read for.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unreadable { document: Document::TraceRecords, .. } => ErrorCode::MalformedLineage,
            Self::Unreadable { document: Document::TrustRecord, .. } | Self::Record { .. } => {
                ErrorCode::TraceRecordInvalid
            }
            Self::Unreadable { document: Document::DelegationRecords, .. }
            | Self::Provenance { .. }
            | Self::Link { .. } => ErrorCode::ProvenanceLinkBroken,
        }
    }

    /// The stable name of the cause.
    #[must_use]
    pub fn reason(&self) -> Reason {
        match self {
            Self::Unreadable { error, .. } => Reason::of_read_error(error.kind()),
            Self::Provenance { fault, .. } => fault.reason(),
            Self::Record { fault, .. } => fault.reason(),
            Self::Link { fault, .. } => fault.reason(),
        }
    }

    /// Position of the record at fault, from 0, where it stands in a list.
    #[must_use]
    pub fn record(&self) -> Option<usize> {
        match self {
            Self::Unreadable { .. } => None,
            Self::Provenance { record, .. } | Self::Record { record, .. } | Self::Link { record, .. } => {
                *record
            }
        }
    }

    /// The same refusal, said of the record at `index` of a list.
    #[must_use]
    pub(crate) fn at(self, index: usize) -> Self {
        let record = Some(index);
        match self {
            Self::Unreadable { document, error } => Self::Unreadable { document, error },
            Self::Provenance { fault, .. } => Self::Provenance { record, fault },
            Self::Record { fault, .. } => Self::Record { record, fault },
            Self::Link { fault, .. } => Self::Link { record, fault },
        }
    }
}

impl From<ProvenanceFault> for TraceError {
    fn from(fault: ProvenanceFault) -> Self {
        Self::Provenance { record: None, fault }
    }
}

impl From<RecordFault> for TraceError {
    fn from(fault: RecordFault) -> Self {
        Self::Record { record: None, fault }
    }
}

impl From<LinkFault> for TraceError {
    fn from(fault: LinkFault) -> Self {
        Self::Link { record: None, fault }
    }
}
