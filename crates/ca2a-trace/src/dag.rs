//! Lists of delegation records: do they link, and do they belong to a chain?
//!
//! Nobody signed these records. What passes here is consistent; that it happened is another question, which
//! [`crate::verify_trace_dag`] answers.

use std::collections::HashSet;

use ca2a_core::{
    RecordHash,
    requirement::{holds, is_off},
};
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
    if !holds("TRC-6", !records.is_empty()) {
        return Err(ProvenanceFault::Empty.into());
    }
    let mut ids = HashSet::with_capacity(records.len());
    let mut previous: Option<&DelegationRecord> = None;
    for (index, record) in records.iter().enumerate() {
        let fault = if !holds("TRC-6", ids.insert(record.id())) {
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
        let is_root = holds("TRC-6", *record.parent() == ParentLink::Root);
        return (!is_root).then_some(ProvenanceFault::RootHasParent);
    };
    if !holds("TRC-6", previous.denial().is_none()) {
        return Some(ProvenanceFault::AfterDenial(previous.id().clone()));
    }
    let expected = previous.hash();
    let is_linked = holds("TRC-6", *record.parent() == ParentLink::Record(expected));
    (!is_linked).then_some(ProvenanceFault::LinkMismatch { expected })
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
    if !holds("TRC-7", records == hops.len()) {
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
    if !holds("TRC-7", record.credential_id() == hop.id()) {
        let (found, expected) = (record.credential_id().clone(), hop.id().clone());
        return Err(ProvenanceFault::Credential { found, expected });
    }
    if !holds("TRC-7", record.subject() == hop.subject()) {
        return Err(ProvenanceFault::OtherSubject(hop.id().clone()));
    }
    if !holds("TRC-7", record.scope() == hop.scope()) {
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
    let beyond = denial.effective_scope().first_beyond(hop.scope());
    if let Some(capability) = beyond.filter(|_| !is_off("TRC-7")) {
        let (capability, credential) = (capability.clone(), hop.id().clone());
        return Err(ProvenanceFault::EffectiveBeyond { capability, credential });
    }
    let held = denial.is_scope_denial() && denial.effective_scope().contains(denial.capability());
    if !holds("TRC-7", !held) {
        return Err(ProvenanceFault::DeniedThoughHeld(denial.capability().clone()));
    }
    Ok(())
}
