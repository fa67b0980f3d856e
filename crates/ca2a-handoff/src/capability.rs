//! Capabilities: signed grants that can be handed on, and the tokens they travel as. (HAND-40 to HAND-48)

mod chain;
mod error;
mod form;
mod grant;
mod revocation;
mod token;

pub use chain::{CapabilityVerifier, VerifiedCapability};
pub use error::CapabilityError;
pub use grant::CapabilityGrant;
pub use revocation::CapabilityRevocationRegistry;
pub use token::CapabilityTokenEnvelope;

use alloc::{boxed::Box, string::String};

use crate::{AgentId, Authority, Constraints, Permissions, Timestamp, Widening, pem};

/// A grant as it travels: parsed, and believed in no respect. [`CapabilityVerifier`] says what it is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegationCapability {
    pub(crate) capability_id: String,
    pub(crate) issuer_agent: AgentId,
    pub(crate) subject_agent: AgentId,
    pub(crate) delegated_permissions: Permissions,
    pub(crate) constraints: Option<Constraints>,
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) parent_capability_id: Option<String>,
    pub(crate) signature_algo: String,
    pub(crate) signature: String,
    pub(crate) public_key: String,
}

impl DelegationCapability {
    /// The issuer's name for it.
    #[must_use]
    pub fn capability_id(&self) -> &str {
        &self.capability_id
    }

    /// Who grants.
    #[must_use]
    pub fn issuer_agent(&self) -> &AgentId {
        &self.issuer_agent
    }

    /// Who is granted.
    #[must_use]
    pub fn subject_agent(&self) -> &AgentId {
        &self.subject_agent
    }

    /// What is granted.
    #[must_use]
    pub fn delegated_permissions(&self) -> &Permissions {
        &self.delegated_permissions
    }

    /// Under which constraints.
    #[must_use]
    pub fn constraints(&self) -> Option<&Constraints> {
        self.constraints.as_ref()
    }

    /// From when on it holds.
    #[must_use]
    pub fn issued_at(&self) -> &Timestamp {
        &self.issued_at
    }

    /// Until when it holds, this moment included.
    #[must_use]
    pub fn expires_at(&self) -> &Timestamp {
        &self.expires_at
    }

    /// The id of the grant that it is derived from; `None` for a root's.
    #[must_use]
    pub fn parent_capability_id(&self) -> Option<&str> {
        self.parent_capability_id.as_deref()
    }

    /// What it grants, in the form in which grants are compared.
    ///
    /// # Errors
    /// A limit below zero.
    pub fn authority(&self) -> Result<Authority, Widening> {
        let authority = Authority::new(&self.delegated_permissions, self.constraints.as_ref())?;
        Ok(authority.during(self.issued_at.moment(), self.expires_at.moment()))
    }

    /// Whether the key that it carries signed it. Whose key that is, this does not say.
    ///
    /// # Errors
    /// A text that is no usable key, or a signature that does not verify.
    pub fn verify_signature(&self) -> Result<(), CapabilityError> {
        let fault =
            |error: crate::PemError| CapabilityError::Issuer { grant: 0, source: Box::new(error.into()) };
        let key = pem::decode(&self.public_key).map_err(fault)?;
        if self.is_signed_by(&key) { Ok(()) } else { Err(CapabilityError::Signature { grant: 0 }) }
    }

    /// Whether it continues `parent` and is within it, signatures and clocks aside.
    ///
    /// # Errors
    /// A link that is broken, or the first respect in which it is wider.
    pub fn check_derivation(&self, parent: &Self) -> Result<(), CapabilityError> {
        chain::check_link(1, parent, self)?;
        let within = self.authority().and_then(|authority| authority.within(&parent.authority()?));
        within.map_err(|source| CapabilityError::Escalation { grant: 1, source })
    }
}
