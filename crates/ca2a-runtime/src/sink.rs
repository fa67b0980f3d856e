//! Where records go. A record counts only once its sink has said that it is durable.

use std::{future::Future, pin::Pin, sync::Arc};

use ca2a_core::{ErrorCode, RecordHash};
use ca2a_trace::TrustRecord;

/// A record on its way to a sink: one JSON text, and the hash by which others link to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// The hash of the record's canonical body.
    pub hash: RecordHash,
    /// The record as JSON, one line.
    pub json: String,
    /// The callee's signed statement about the same call as JSON, one line, where it signs any. Kept with the record
    /// or not at all.
    pub statement: Option<String>,
}

/// A record that could not be made durable. The request that made it is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the record could not be made durable: {reason}")]
pub struct SinkError {
    /// What went wrong, for the operator.
    pub reason: String,
}

impl SinkError {
    /// Always `STORE_UNAVAILABLE`.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        ErrorCode::StoreUnavailable
    }
}

/// The answer of a sink, when it comes.
pub type Appended<'s> = Pin<Box<dyn Future<Output = Result<(), SinkError>> + Send + 's>>;

/// Something that keeps records.
pub trait RecordSink: Send + Sync {
    /// Keeps `record`. The future resolves to `Ok` only when the record would survive a crash, as far as this sink
    /// promises that at all.
    fn append(&self, record: StoredRecord) -> Appended<'_>;
}

/// Something that keeps the TRACE records of an agent's own acts.
pub trait TraceSink {
    /// Keeps `record`, as durably as [`RecordSink::append`] does.
    fn keep(&self, record: &TrustRecord<'_>) -> Appended<'_>;
}

impl<S: TraceSink + ?Sized> TraceSink for &S {
    fn keep(&self, record: &TrustRecord<'_>) -> Appended<'_> {
        (**self).keep(record)
    }
}

impl<S: TraceSink + ?Sized> TraceSink for Arc<S> {
    fn keep(&self, record: &TrustRecord<'_>) -> Appended<'_> {
        (**self).keep(record)
    }
}
