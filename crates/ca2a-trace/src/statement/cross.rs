//! Holding a statement against the evidence that it names.

use ca2a_core::{ErrorCode, VerifyingKey};
use ca2a_delegation::{Credential, VerifiedChain};

use super::{ChainDigest, Mismatch, StatementError, StatementFacts, Verdict, VerifiedStatement};
use crate::{
    record::DelegationRecord,
    trace_dag::TraceHop,
    trust_record::{CLOCK_SKEW, SignedRecord, TrustRecord},
};

/// The TRACE record of the acting agent, its signature verified.
#[derive(Debug, Clone, Copy)]
pub struct ActingRecord<'e> {
    record: &'e TrustRecord<'e>,
    key: &'e VerifyingKey,
}

impl<'e> From<&'e SignedRecord<'e>> for ActingRecord<'e> {
    fn from(signed: &'e SignedRecord<'e>) -> Self {
        Self { record: signed.record(), key: signed.key().key() }
    }
}

impl<'e> From<&'e TraceHop> for ActingRecord<'e> {
    fn from(hop: &'e TraceHop) -> Self {
        Self { record: hop.record(), key: hop.key() }
    }
}

/// What an auditor holds of a call. Only the chain is needed; the rest is compared where it is there.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'e> {
    chain: &'e VerifiedChain,
    trace_record: Option<ActingRecord<'e>>,
    delegation_record: Option<&'e DelegationRecord>,
    sealed_payload: Option<&'e [u8]>,
}

impl<'e> Evidence<'e> {
    /// The chain of the call, verified.
    #[must_use]
    pub fn new(chain: &'e VerifiedChain) -> Self {
        Self { chain, trace_record: None, delegation_record: None, sealed_payload: None }
    }

    /// The caller's TRACE record.
    #[must_use]
    pub fn trace_record(mut self, record: impl Into<ActingRecord<'e>>) -> Self {
        self.trace_record = Some(record.into());
        self
    }

    /// The callee's delegation record.
    #[must_use]
    pub fn delegation_record(mut self, record: &'e DelegationRecord) -> Self {
        self.delegation_record = Some(record);
        self
    }

    /// The sealed payload as sent.
    #[must_use]
    pub fn sealed_payload(mut self, sealed: &'e [u8]) -> Self {
        self.sealed_payload = Some(sealed);
        self
    }
}

/// What came of comparing one named thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compared {
    /// It is the thing that the statement names.
    Matches,
    /// The statement names one and nobody gave it: not checked.
    NotGiven,
    /// The statement names none, and none was given.
    NotNamed,
}

/// A statement that belongs to its chain, and to whatever else was given. Only [`VerifiedStatement::cross_check`] makes
/// one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CrossChecked {
    /// The caller's TRACE record.
    pub trace_record: Compared,
    /// The callee's delegation record.
    pub delegation_record: Compared,
    /// The sealed payload.
    pub payload: Compared,
}

impl VerifiedStatement {
    /// Compares every fact that the statement names with `evidence` (TRC-107). What was not given is reported as such.
    ///
    /// # Errors
    /// The first fact on which they disagree; `PROVENANCE_LINK_BROKEN`.
    pub fn cross_check(&self, evidence: &Evidence<'_>) -> Result<CrossChecked, StatementError> {
        let (facts, chain) = (self.facts(), evidence.chain);
        let actual = ChainDigest::of(chain.hops());
        if facts.chain != actual {
            return Err(Mismatch::Chain { stated: facts.chain, actual }.into());
        }
        within_chain(facts, chain)?;
        Ok(CrossChecked {
            trace_record: compare_trace(facts, evidence.trace_record, chain)?,
            delegation_record: match evidence.delegation_record {
                None => Compared::NotGiven,
                Some(record) => same_record(facts, record, chain.leaf()).map(|()| Compared::Matches)?,
            },
            payload: compare_payload(facts, evidence.sealed_payload)?,
        })
    }
}

/// The effective scope lies within the leaf's, and what was allowed was allowed while every credential held.
pub(super) fn within_chain(facts: &StatementFacts, chain: &VerifiedChain) -> Result<(), Mismatch> {
    if let Some(capability) = facts.effective_scope.first_beyond(chain.scope()) {
        return Err(Mismatch::EffectiveBeyond(capability.clone()));
    }
    let at = facts.issued_at;
    let holds = |hop: &Credential| {
        hop.not_before().is_none_or(|first| at >= first) && hop.not_after().is_none_or(|last| at <= last)
    };
    match chain.hops().iter().position(|hop| !holds(hop)) {
        Some(hop) if facts.verdict == Verdict::Allow => Err(Mismatch::Window { hop, at }),
        _ => Ok(()),
    }
}

/// The record is of this call, and each fact that it shares with the statement is the same.
pub(super) fn same_record(
    facts: &StatementFacts,
    record: &DelegationRecord,
    leaf: &Credential,
) -> Result<(), Mismatch> {
    if facts.delegation_record != record.hash() {
        return Err(Mismatch::DelegationRecord);
    }
    let same = |same: bool, fact: &'static str| if same { Ok(()) } else { Err(Mismatch::RecordFact(fact)) };
    same(record.credential_id() == leaf.id(), "credential")?;
    same(record.subject() == leaf.subject(), "subject")?;
    same(record.scope() == leaf.scope(), "scope")?;
    same(record.assurance() == facts.caller.assurance, "caller assurance")?;
    match (record.denial(), facts.verdict) {
        (None, Verdict::Allow) => Ok(()),
        (Some(denial), Verdict::Deny(code)) => {
            same(*denial.capability() == facts.capability, "requested capability")?;
            same(*denial.effective_scope() == facts.effective_scope, "effective scope")?;
            let of_scope = code == ErrorCode::ScopeNotPermitted;
            same(denial.is_scope_denial() == of_scope, "reason of the refusal")
        }
        _ => Err(Mismatch::RecordFact("decision")),
    }
}

fn compare_trace(
    facts: &StatementFacts,
    given: Option<ActingRecord<'_>>,
    chain: &VerifiedChain,
) -> Result<Compared, Mismatch> {
    let (link, acting) = match (facts.trace_record, given) {
        (None, None) => return Ok(Compared::NotNamed),
        (Some(_), None) => return Ok(Compared::NotGiven),
        (None, Some(_)) => return Err(Mismatch::NoTraceRecord),
        (Some(link), Some(acting)) => (link, acting),
    };
    if !link.matches(acting.record.canonical()) {
        return Err(Mismatch::TraceRecord(link));
    }
    if acting.key != chain.subject() {
        return Err(Mismatch::TraceSigner);
    }
    // The first record of a lineage names no credential; its place in the chain is then the first.
    let names_leaf = match acting.record.delegation() {
        Some(delegation) => delegation.credential_id == *chain.leaf().id(),
        None => chain.hops().len() == 1,
    };
    if !names_leaf {
        return Err(Mismatch::TraceCredential);
    }
    let after = acting.record.iat().saturating_sub(facts.issued_at);
    if after > CLOCK_SKEW {
        return Err(Mismatch::TraceAfter(after));
    }
    Ok(Compared::Matches)
}

fn compare_payload(facts: &StatementFacts, given: Option<&[u8]>) -> Result<Compared, Mismatch> {
    match (&facts.payload, given) {
        (None, None) => Ok(Compared::NotNamed),
        (Some(_), None) => Ok(Compared::NotGiven),
        (None, Some(_)) => Err(Mismatch::NoPayload),
        (Some(digest), Some(sealed)) if digest.matches(sealed) => Ok(Compared::Matches),
        (Some(_), Some(_)) => Err(Mismatch::Payload),
    }
}
