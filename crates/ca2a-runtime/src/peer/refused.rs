//! A refusal that leaves a record.

use std::sync::Arc;

use ca2a_core::{CallerAssurance, Scope, requirement::is_off};
use ca2a_delegation::VerifiedChain;
use ca2a_trace::{DelegationRecord, Denial, statement::Statement};

use super::{CallerAppraisal, Notary, PeerError, PeerRequest, notary::Decided, states::keep};
use crate::sink::RecordSink;

/// A refusal of a proven holder. Until its record is durable, nobody is told.
#[derive(Debug)]
pub struct Refused {
    pub(super) request: PeerRequest,
    pub(super) chain: VerifiedChain,
    pub(super) caller: CallerAppraisal,
    pub(super) effective: Arc<Scope>,
    pub(super) error: PeerError,
}

impl Refused {
    /// Why.
    #[must_use]
    pub fn error(&self) -> &PeerError {
        &self.error
    }

    /// Makes the denial durable in `sink`, with the callee's signed statement where there is a `notary`.
    ///
    /// # Errors
    /// `STORE_UNAVAILABLE`; the caller is then refused with that instead.
    pub async fn commit(
        self,
        sink: &dyn RecordSink,
        notary: Option<&Notary<'_>>,
    ) -> Result<Denied, PeerError> {
        let Self { request, chain, caller, effective, error } = self;
        let denial = match &error {
            PeerError::ScopeNotPermitted(denial) => denial.clone(),
            other => {
                let capability = request.requested_capability.clone();
                Denial::because(capability, (*effective).clone(), other.to_string())
            }
        };
        let (id, parent) = (request.record_id.clone(), request.parent_record_hash);
        let found = if is_off("RUN-9") { CallerAssurance::NotOffered } else { caller.assurance };
        let record = DelegationRecord::deny(chain.leaf(), id, parent, found, denial);
        let decided = Decided {
            request: &request,
            chain: &chain,
            measurement: caller.measurement.as_deref(),
            appraisal: caller.appraisal,
            effective: &effective,
            record: &record,
            refusal: Some(error.code()),
        };
        let (statement, _) = keep(sink, notary, &decided).await?;
        Ok(Denied { error, record, statement })
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
    /// The callee's signed statement, as durable as the record, where it signs any.
    pub statement: Option<Statement>,
}
