//! Lists of delegation records: do they link, and do they belong to a chain?
//!
//! Nobody signed these records. What passes here is consistent; that it happened is another question, which
//! [`crate::verify_trace_dag`] answers.

use std::collections::HashSet;

use ca2a_core::RecordHash;
use ca2a_delegation::Credential;

use crate::{
    error::{ProvenanceFault, TraceError},
    record::{DelegationRecord, Denial, ParentLink},
};

/// Delegation records that link from the first to the last (TRC-6). No public constructor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordDag {
    records: Vec<DelegationRecord>,
}

impl RecordDag {
    /// The records, in order.
    #[must_use]
    pub fn records(&self) -> &[DelegationRecord] {
        &self.records
    }

    /// The last record.
    #[must_use]
    pub fn leaf(&self) -> Option<&DelegationRecord> {
        self.records.last()
    }

    /// Hash of the last record.
    #[must_use]
    pub fn leaf_hash(&self) -> Option<RecordHash> {
        self.leaf().map(DelegationRecord::hash)
    }

    /// Whether the last record is a refusal. No other record is.
    #[must_use]
    pub fn leaf_denied(&self) -> bool {
        self.leaf().is_some_and(|leaf| leaf.denial().is_some())
    }
}

/// Checks that `records` form a path: ids unique, the first a root, each later one linked to the hash of the one
/// before, nothing after a refusal (TRC-6). Structure only: says nothing about who wrote them.
///
/// # Errors
/// The first violation, in the order of the list.
pub fn verify_dag(records: Vec<DelegationRecord>) -> Result<RecordDag, TraceError> {
    if records.is_empty() {
        return Err(ProvenanceFault::Empty.into());
    }
    let mut ids = HashSet::with_capacity(records.len());
    let mut previous: Option<&DelegationRecord> = None;
    for (index, record) in records.iter().enumerate() {
        let fault = if !ids.insert(record.id()) {
            Some(ProvenanceFault::RepeatedId(record.id().clone()))
        } else {
            link_fault(record, previous)
        };
        if let Some(fault) = fault {
            return Err(TraceError::from(fault).at(index));
        }
        previous = Some(record);
    }
    Ok(RecordDag { records })
}

fn link_fault(record: &DelegationRecord, previous: Option<&DelegationRecord>) -> Option<ProvenanceFault> {
    let Some(previous) = previous else {
        return (*record.parent() != ParentLink::Root).then_some(ProvenanceFault::RootHasParent);
    };
    if previous.denial().is_some() {
        return Some(ProvenanceFault::AfterDenial(previous.id().clone()));
    }
    let expected = previous.hash();
    (*record.parent() != ParentLink::Record(expected)).then_some(ProvenanceFault::LinkMismatch { expected })
}

/// Checks that the records of `dag` belong to the chain `hops` (TRC-7): one allow record per hop, in order, with the
/// hop's credential id, subject and scope; every refusal under a credential of the chain, with its subject and scope,
/// an effective scope within it, and no refusal "not in the effective scope" of what its own effective scope holds.
///
/// # Errors
/// The first violation: allow records in order, then refusals in order.
pub fn cross_check_chain(dag: &RecordDag, hops: &[Credential]) -> Result<(), TraceError> {
    let positioned = || dag.records.iter().enumerate();
    let allowed = positioned().filter(|(_, record)| record.denial().is_none());
    let records = allowed.clone().count();
    if records != hops.len() {
        return Err(ProvenanceFault::ChainLength { records, hops: hops.len() }.into());
    }
    for ((index, record), hop) in allowed.zip(hops) {
        same_hop(record, hop).map_err(|fault| TraceError::from(fault).at(index))?;
    }
    for (index, record) in positioned() {
        if let Some(denial) = record.denial() {
            honest_denial(record, denial, hops).map_err(|fault| TraceError::from(fault).at(index))?;
        }
    }
    Ok(())
}

fn same_hop(record: &DelegationRecord, hop: &Credential) -> Result<(), ProvenanceFault> {
    if record.credential_id() != hop.id() {
        let (found, expected) = (record.credential_id().clone(), hop.id().clone());
        return Err(ProvenanceFault::Credential { found, expected });
    }
    if record.subject() != hop.subject() {
        return Err(ProvenanceFault::OtherSubject(hop.id().clone()));
    }
    if record.scope() != hop.scope() {
        return Err(ProvenanceFault::OtherScope(hop.id().clone()));
    }
    Ok(())
}

fn honest_denial(
    record: &DelegationRecord,
    denial: &Denial,
    hops: &[Credential],
) -> Result<(), ProvenanceFault> {
    let hop = hops
        .iter()
        .find(|hop| hop.id() == record.credential_id())
        .ok_or_else(|| ProvenanceFault::ForeignCredential(record.credential_id().clone()))?;
    same_hop(record, hop)?;
    if let Some(capability) = denial.effective_scope().first_beyond(hop.scope()) {
        let (capability, credential) = (capability.clone(), hop.id().clone());
        return Err(ProvenanceFault::EffectiveBeyond { capability, credential });
    }
    if denial.is_scope_denial() && denial.effective_scope().contains(denial.capability()) {
        return Err(ProvenanceFault::DeniedThoughHeld(denial.capability().clone()));
    }
    Ok(())
}
