//! The hashed body of a delegation record and its wire form.

use ca2a_core::{
    CallerAssurance, CredentialId, RecordHash, RecordId, Scope, Sha256, VerifyingKey,
    canonical::ObjectWriter,
    json::{Node, Object},
};

use super::{Decision, Denial, ParentLink};

/// The members of a record, borrowed.
pub(super) struct Facts<'r> {
    pub(super) id: &'r RecordId,
    pub(super) credential_id: &'r CredentialId,
    pub(super) subject: &'r VerifyingKey,
    pub(super) scope: &'r Scope,
    pub(super) parent: &'r ParentLink,
    pub(super) assurance: CallerAssurance,
    pub(super) decision: &'r Decision,
}

impl Facts<'_> {
    /// TRC-2: an allow record leaves `decision` and the three facts of a refusal out; `caller_attestation` and
    /// `parent_record_hash` are always there.
    pub(super) fn body(&self) -> Vec<u8> {
        let writer = ObjectWriter::new()
            .text("caller_attestation", self.assurance.as_str())
            .text("credential_id", self.credential_id.as_str());
        let parent = self.parent.to_text();
        let subject = self.subject.to_hex();
        let writer = match self.decision {
            Decision::Allow => writer
                .text_or_null("parent_record_hash", parent.as_deref())
                .text("record_id", self.id.as_str()),
            Decision::Deny(Denial { capability, effective_scope, reason }) => writer
                .text("decision", "deny")
                .text("denial_reason", reason)
                .texts("effective_scope", effective_scope.texts())
                .text_or_null("parent_record_hash", parent.as_deref())
                .text("record_id", self.id.as_str())
                .text("requested_capability", capability.as_str()),
        };
        writer.texts("scope", self.scope.texts()).text("subject", &subject).finish()
    }

    pub(super) fn hash(&self) -> RecordHash {
        RecordHash(Sha256::of(&self.body()))
    }

    pub(super) fn to_node(&self, hash: RecordHash) -> Node<'static> {
        let mut object: Object<'static> = Object::new();
        object.insert("record_id", self.id.to_string());
        object.insert("credential_id", self.credential_id.to_string());
        object.insert("subject", self.subject.to_hex());
        object.insert("scope", self.scope.to_node().into_owned());
        object.insert("parent_record_hash", self.parent.to_text());
        object.insert("caller_attestation", self.assurance.as_str());
        if let Decision::Deny(denial) = self.decision {
            object.insert("decision", "deny");
            object.insert("requested_capability", denial.capability.to_string());
            object.insert("effective_scope", denial.effective_scope.to_node().into_owned());
            object.insert("denial_reason", denial.reason.clone());
        }
        object.insert("record_hash", hash.to_string());
        object.into()
    }
}
