//! A refusal that leaves a record.

use ca2a_core::{CallerAssurance, Scope};
use ca2a_delegation::VerifiedChain;
use ca2a_trace::{DelegationRecord, Denial};

use super::{PeerError, PeerRequest, states::store};
use crate::sink::RecordSink;

/// A refusal of a proven holder. Until its record is durable, nobody is told.
#[derive(Debug)]
pub struct Refused {
    error: PeerError,
    record: DelegationRecord,
}

impl Refused {
    pub(super) fn new(
        request: PeerRequest,
        chain: &VerifiedChain,
        assurance: CallerAssurance,
        effective: &Scope,
        error: PeerError,
    ) -> Self {
        let denial = match &error {
            PeerError::ScopeNotPermitted(denial) => denial.clone(),
            other => Denial::because(request.requested_capability, effective.clone(), other.to_string()),
        };
        let (id, parent) = (request.record_id, request.parent_record_hash);
        let record = DelegationRecord::deny(chain.leaf(), id, parent, assurance, denial);
        Self { error, record }
    }

    /// Why.
    #[must_use]
    pub fn error(&self) -> &PeerError {
        &self.error
    }

    /// The denial record, not yet durable.
    #[must_use]
    pub fn record(&self) -> &DelegationRecord {
        &self.record
    }

    /// Makes the denial durable in `sink`.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`; the caller is then refused with that instead.
    pub async fn commit(self, sink: &dyn RecordSink) -> Result<Denied, PeerError> {
        store(sink, &self.record).await?;
        Ok(Denied { error: self.error, record: self.record })
    }
}

/// A refusal whose record is durable: the other end of the pipeline.
#[derive(Debug)]
#[non_exhaustive]
pub struct Denied {
    /// Why.
    pub error: PeerError,
    /// The durable record.
    pub record: DelegationRecord,
}
