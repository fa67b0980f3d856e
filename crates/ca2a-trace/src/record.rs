//! Delegation records: what a callee writes down about each hop, allowed or refused.
//!
//! A record is **not signed**. A list of them shows structure ([`crate::verify_dag`]); who did what is proved by TRACE
//! records ([`crate::verify_trace_dag`]).

mod body;
mod parent;
mod parse;
pub(crate) mod repr;

pub use parent::ParentLink;

use ca2a_core::{
    CallerAssurance, Capability, CredentialId, RecordHash, RecordId, Scope, VerifyingKey, json::Node,
};
use ca2a_delegation::Credential;

/// One hop as its callee saw it (TRC-1). Immutable; its hash is computed once, when it is built or read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegationRecord {
    id: RecordId,
    credential_id: CredentialId,
    subject: VerifyingKey,
    scope: Scope,
    parent: ParentLink,
    assurance: CallerAssurance,
    decision: Decision,
    hash: RecordHash,
}

/// What the callee decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The call went ahead.
    Allow,
    /// The call was refused.
    Deny(Denial),
}

/// The facts of a refusal: what makes it evidence instead of a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    capability: Capability,
    effective_scope: Scope,
    reason: String,
}

impl Denial {
    /// A refusal because `capability` is not in `effective_scope`, with the reason text that every peer writes for it
    /// (TRC-4).
    #[must_use]
    pub fn out_of_scope(capability: Capability, effective_scope: Scope) -> Self {
        let reason = repr::scope_reason(capability.as_str());
        Self { capability, effective_scope, reason }
    }

    /// A refusal for any other reason: an attestation that does not appraise, a payload that does not open.
    #[must_use]
    pub fn because(capability: Capability, effective_scope: Scope, reason: impl Into<String>) -> Self {
        Self { capability, effective_scope, reason: reason.into() }
    }

    /// What was asked for.
    #[must_use]
    pub fn capability(&self) -> &Capability {
        &self.capability
    }

    /// What this peer would have allowed under the credential.
    #[must_use]
    pub fn effective_scope(&self) -> &Scope {
        &self.effective_scope
    }

    /// Why, for a person. Hashed into the record.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Whether the reason text says that a capability is outside the effective scope, in the form that peers write
    /// (TRC-4).
    #[must_use]
    pub fn is_scope_denial(&self) -> bool {
        repr::is_scope_reason(&self.reason)
    }
}

impl DelegationRecord {
    /// The record of a call that went ahead under `credential`.
    #[must_use]
    pub fn allow(
        credential: &Credential,
        id: RecordId,
        parent: ParentLink,
        assurance: CallerAssurance,
    ) -> Self {
        Self::new(credential, id, parent, assurance, Decision::Allow)
    }

    /// The record of a call that was refused under `credential`.
    #[must_use]
    pub fn deny(
        credential: &Credential,
        id: RecordId,
        parent: ParentLink,
        assurance: CallerAssurance,
        denial: Denial,
    ) -> Self {
        Self::new(credential, id, parent, assurance, Decision::Deny(denial))
    }

    fn new(
        credential: &Credential,
        id: RecordId,
        parent: ParentLink,
        assurance: CallerAssurance,
        decision: Decision,
    ) -> Self {
        let facts = body::Facts {
            id: &id,
            credential_id: credential.id(),
            subject: credential.subject(),
            scope: credential.scope(),
            parent: &parent,
            assurance,
            decision: &decision,
        };
        let hash = facts.hash();
        Self {
            id,
            credential_id: credential.id().clone(),
            subject: *credential.subject(),
            scope: credential.scope().clone(),
            parent,
            assurance,
            decision,
            hash,
        }
    }

    fn facts(&self) -> body::Facts<'_> {
        body::Facts {
            id: &self.id,
            credential_id: &self.credential_id,
            subject: &self.subject,
            scope: &self.scope,
            parent: &self.parent,
            assurance: self.assurance,
            decision: &self.decision,
        }
    }

    /// The caller's name for the record.
    #[must_use]
    pub fn id(&self) -> &RecordId {
        &self.id
    }

    /// The credential that the call was made under.
    #[must_use]
    pub fn credential_id(&self) -> &CredentialId {
        &self.credential_id
    }

    /// The key that the credential was granted to.
    #[must_use]
    pub fn subject(&self) -> &VerifyingKey {
        &self.subject
    }

    /// The scope of the credential.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// What it links to.
    #[must_use]
    pub fn parent(&self) -> &ParentLink {
        &self.parent
    }

    /// What the callee established about the caller's runtime.
    #[must_use]
    pub fn assurance(&self) -> CallerAssurance {
        self.assurance
    }

    /// What was decided.
    #[must_use]
    pub fn decision(&self) -> &Decision {
        &self.decision
    }

    /// The facts of the refusal, where it was one.
    #[must_use]
    pub fn denial(&self) -> Option<&Denial> {
        match &self.decision {
            Decision::Allow => None,
            Decision::Deny(denial) => Some(denial),
        }
    }

    /// SHA-256 over [`Self::body`]: how the next record names this one.
    #[must_use]
    pub fn hash(&self) -> RecordHash {
        self.hash
    }

    /// The canonical bytes that the hash covers (RFC 8785; TRC-2).
    #[must_use]
    pub fn body(&self) -> Vec<u8> {
        self.facts().body()
    }

    /// The wire form, its members in the order that peers write, `record_hash` last.
    #[must_use]
    pub fn to_node(&self) -> Node<'static> {
        self.facts().to_node(self.hash)
    }
}
