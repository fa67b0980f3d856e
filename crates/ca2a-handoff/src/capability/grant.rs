//! Making capabilities: a root issues, a subject derives. (HAND-46)

use alloc::string::String;

use super::{CapabilityError, DelegationCapability};
use crate::{AgentId, AgentIdentity, Constraints, HumanReview, Permissions, Timestamp, base64};

/// What a capability is to grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapabilityGrant {
    /// A name that no other capability of the issuer has: revocation goes by it.
    pub capability_id: String,
    /// Who may use it and derive from it.
    pub subject_agent: AgentId,
    /// What they may do.
    pub permissions: Permissions,
    /// Under which constraints.
    pub constraints: Option<Constraints>,
    /// From when on.
    pub issued_at: Timestamp,
    /// Until when, this moment included.
    pub expires_at: Timestamp,
}

impl DelegationCapability {
    /// Issues a root grant. It is worth something where the issuer is a trusted root.
    ///
    /// # Errors
    /// `HANDOFF_ESCALATION` for a limit below zero.
    pub fn issue(issuer: &AgentIdentity, grant: CapabilityGrant) -> Result<Self, CapabilityError> {
        let unsigned = Self::unsigned(issuer, grant, None);
        unsigned.authority().map_err(|source| CapabilityError::Escalation { grant: 0, source })?;
        Ok(unsigned.signed(issuer))
    }

    /// Derives a narrower grant, signed by this one's subject. What a verifier would refuse is not made.
    ///
    /// # Errors
    /// `HANDOFF_HOLDER_MISMATCH` where `holder` is not the subject; `HANDOFF_ESCALATION` for a grant that is wider in any
    /// respect.
    pub fn derive(&self, holder: &AgentIdentity, grant: CapabilityGrant) -> Result<Self, CapabilityError> {
        if self.subject_agent != *holder.agent_id() {
            return Err(CapabilityError::NotSubject {
                agent: holder.agent_id().clone(),
                subject: self.subject_agent.clone(),
            });
        }
        let child = Self::unsigned(holder, grant, Some(self.capability_id.clone()));
        let narrower = |child: &Self| child.authority()?.within(&self.authority()?);
        narrower(&child).map_err(|source| CapabilityError::Escalation { grant: 1, source })?;
        Ok(child.signed(holder))
    }

    fn unsigned(issuer: &AgentIdentity, grant: CapabilityGrant, parent: Option<String>) -> Self {
        let constraints = grant.constraints.map(|mut constraints| {
            // The newest release states it, and so do we.
            if constraints.requires_human_review == HumanReview::Unstated {
                constraints.requires_human_review = HumanReview::Stated(false);
            }
            constraints
        });
        Self {
            capability_id: grant.capability_id,
            issuer_agent: issuer.agent_id().clone(),
            subject_agent: grant.subject_agent,
            delegated_permissions: grant.permissions,
            constraints,
            issued_at: grant.issued_at,
            expires_at: grant.expires_at,
            parent_capability_id: parent,
            signature_algo: "Ed25519".into(),
            signature: String::new(),
            public_key: issuer.public_key_pem().into(),
        }
    }

    fn signed(mut self, issuer: &AgentIdentity) -> Self {
        let signature = issuer.signing_key().sign(&self.signing_input(self.known_members()));
        self.signature = base64::encode(&signature.0);
        self
    }
}
