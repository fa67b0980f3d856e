//! Reading delegation records, strictly: a closed object, exact types, no text that a second reader may take for
//! something else.

use ca2a_core::{
    CallerAssurance, Capability, CredentialId, RecordId, Scope, VerifyingKey,
    json::{Limits, Node, NumberPolicy, Object, Reader, ShapeError},
    requirement::{enforce, holds},
};

use super::{Decision, DelegationRecord, Denial, ParentLink, body::Facts};
use crate::error::{Document, ProvenanceFault, TraceError};

const REQUIRED: &[&str] = &["record_id", "credential_id", "subject", "scope"];
const OPTIONAL: &[&str] = &[
    "parent_record_hash",
    "caller_attestation",
    "decision",
    "requested_capability",
    "effective_scope",
    "denial_reason",
    "record_hash",
];

/// The most records that one document may hold.
const MAX_RECORDS: usize = 4096;
const LIMITS: Limits = Limits { max_bytes: 16 << 20, max_depth: 64 };

impl DelegationRecord {
    /// Reads one record (TRC-1). An absent `caller_attestation` reads as `not_offered` and an absent `decision` as
    /// `allow`: so do the records of peers from before these members existed.
    ///
    /// # Errors
    /// Whatever is not exactly a delegation record, and a `record_hash` that is not the hash of the body.
    pub fn from_node(node: &Node<'_>) -> Result<Self, TraceError> {
        read(node).map_err(TraceError::from)
    }

    /// Reads one record from bytes.
    ///
    /// # Errors
    /// Bytes that are no strict JSON, and whatever [`Self::from_node`] refuses.
    pub fn from_json(input: &[u8]) -> Result<Self, TraceError> {
        let node = ca2a_core::json::read(input)
            .map_err(|error| TraceError::Unreadable { document: Document::DelegationRecords, error })?;
        Self::from_node(&node)
    }

    /// Reads a list of records, or an object with a list `records`, in the order given.
    ///
    /// # Errors
    /// Bytes that are no strict JSON, another shape, and the first record that [`Self::from_node`] refuses.
    pub fn list_from_json(input: &[u8]) -> Result<Vec<Self>, TraceError> {
        let node = Reader::new(NumberPolicy::Integer53)
            .limits(LIMITS)
            .read(input)
            .map_err(|error| TraceError::Unreadable { document: Document::DelegationRecords, error })?;
        let list = node.as_object().and_then(|object| object.get("records")).unwrap_or(&node);
        let items = list.as_array().ok_or(ProvenanceFault::NotAList)?;
        if items.len() > MAX_RECORDS {
            return Err(ProvenanceFault::TooMany(MAX_RECORDS).into());
        }
        items
            .iter()
            .enumerate()
            .map(|(index, item)| Self::from_node(item).map_err(|error| error.at(index)))
            .collect()
    }
}

fn read(node: &Node<'_>) -> Result<DelegationRecord, ProvenanceFault> {
    let object = node.expect_object("record")?;
    enforce("TRC-1", object.closed(REQUIRED, OPTIONAL))?;
    let id = RecordId::new(object.non_empty_text("record_id")?)?;
    let credential_id = CredentialId::new(object.non_empty_text("credential_id")?)?;
    let subject = VerifyingKey::from_hex(object.text("subject")?)?;
    let scope = Scope::from_node("scope", object.required("scope")?)?;
    let parent = match object.optional("parent_record_hash") {
        Some(link) => link.expect_str("parent_record_hash")?.parse()?,
        None => ParentLink::Root,
    };
    let assurance = match object.get("caller_attestation") {
        Some(text) => text.expect_str("caller_attestation")?.parse()?,
        None => CallerAssurance::NotOffered,
    };
    let decision = read_decision(object)?;
    let facts = Facts {
        id: &id,
        credential_id: &credential_id,
        subject: &subject,
        scope: &scope,
        parent: &parent,
        assurance,
        decision: &decision,
    };
    let hash = facts.hash();
    if let Some(stated) = object.get("record_hash") {
        let stated = stated.expect_str("record_hash")?;
        if !holds("TRC-2", stated == hash.to_string()) {
            let stated = stated.chars().take(100).collect();
            return Err(ProvenanceFault::RecordHash { stated, actual: hash });
        }
    }
    Ok(DelegationRecord { id, credential_id, subject, scope, parent, assurance, decision, hash })
}

fn read_decision(object: &Object<'_>) -> Result<Decision, ProvenanceFault> {
    let decision = object.get("decision").map_or(Ok("allow"), |node| node.expect_str("decision"))?;
    let capability = object.optional("requested_capability");
    let effective = object.optional("effective_scope");
    let reason = object.optional("denial_reason");
    match (decision, capability, effective, reason) {
        ("allow", None, None, None) => Ok(Decision::Allow),
        ("deny", Some(capability), Some(effective), Some(reason)) => {
            let text = capability.expect_str("requested_capability")?;
            let capability = Capability::new(text).map_err(|_| {
                ShapeError::expected("requested_capability", "a non-empty string", capability)
            })?;
            Ok(Decision::Deny(Denial {
                capability,
                effective_scope: Scope::from_node("effective_scope", effective)?,
                reason: reason.expect_str("denial_reason")?.into(),
            }))
        }
        ("allow" | "deny", ..) => Err(ProvenanceFault::DenialFacts),
        (other, ..) => Err(ProvenanceFault::Decision(other.chars().take(100).collect())),
    }
}
