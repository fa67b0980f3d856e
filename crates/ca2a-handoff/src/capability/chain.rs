//! What a chain of capabilities is worth. (HAND-42 to HAND-45)

use alloc::{boxed::Box, collections::BTreeSet, string::ToString as _};

use ca2a_core::{
    VerifyingKey,
    requirement::{enforce, holds, is_off},
};

use super::{CapabilityError, CapabilityRevocationRegistry, DelegationCapability};
use crate::{AgentId, AgentRegistry, Authority, SKEW_SECONDS, UnixMicros};

/// The most grants in one chain.
const MAX_GRANTS: usize = 64;

/// Judges chains of capabilities: from trusted roots, link by link, at a time, in the light of what was revoked.
#[derive(Debug, Clone, Copy)]
pub struct CapabilityVerifier<'a> {
    roots: &'a BTreeSet<VerifyingKey>,
    registry: Option<&'a AgentRegistry>,
    revoked: Option<&'a CapabilityRevocationRegistry>,
}

/// A grant that holds, with everything above it: there is no other way to have one than [`CapabilityVerifier::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedCapability {
    leaf: DelegationCapability,
    issuer_key: VerifyingKey,
    authority: Authority,
}

impl<'a> CapabilityVerifier<'a> {
    /// A verifier that accepts chains whose first issuer holds one of `roots`, with ids derived from keys.
    #[must_use]
    pub fn new(roots: &'a BTreeSet<VerifyingKey>) -> Self {
        Self { roots, registry: None, revoked: None }
    }

    /// Resolves ids by `registry` instead.
    #[must_use]
    pub fn registry(mut self, registry: Option<&'a AgentRegistry>) -> Self {
        self.registry = registry;
        self
    }

    /// Refuses chains with a grant that `revoked` names.
    #[must_use]
    pub fn revoked(mut self, revoked: Option<&'a CapabilityRevocationRegistry>) -> Self {
        self.revoked = revoked;
        self
    }

    /// Judges `chain`, the root's grant first, at `now`: for each grant whether it is revoked, its issuer's key, its
    /// signature, its window, and its link and attenuation to the grant before.
    ///
    /// # Errors
    /// The first rule broken.
    pub fn verify(
        &self,
        chain: &[DelegationCapability],
        now: UnixMicros,
    ) -> Result<VerifiedCapability, CapabilityError> {
        let (Some(root), Some(leaf)) = (chain.first(), chain.last()) else {
            return Err(CapabilityError::Empty);
        };
        if chain.len() > MAX_GRANTS {
            return Err(CapabilityError::TooLong { length: chain.len(), max: MAX_GRANTS });
        }
        if let Some(parent) = root.parent_capability_id.as_ref().filter(|_| !is_off("HAND-42")) {
            return Err(CapabilityError::Incomplete { parent: parent.clone() });
        }
        let mut above: Option<(&DelegationCapability, Authority)> = None;
        let mut issuer_key = None;
        for (grant, capability) in chain.iter().enumerate() {
            let key = self.check_one(grant, capability, now)?;
            if !holds("HAND-42", grant > 0 || self.roots.contains(&key)) {
                return Err(CapabilityError::UntrustedRoot { issuer: capability.issuer_agent.clone() });
            }
            let escalation = |source| CapabilityError::Escalation { grant, source };
            let authority = capability.authority().map_err(escalation)?;
            if let Some((parent, bound)) = &above {
                check_link(grant, parent, capability)?;
                enforce("HAND-28", authority.within(bound)).map_err(escalation)?;
            }
            above = Some((capability, authority));
            issuer_key = Some(key);
        }
        match (above, issuer_key) {
            (Some((_, authority)), Some(issuer_key)) => {
                Ok(VerifiedCapability { leaf: leaf.clone(), issuer_key, authority })
            }
            _ => Err(CapabilityError::Empty),
        }
    }

    /// What is true of a grant by itself; its issuer's key.
    fn check_one(
        &self,
        grant: usize,
        capability: &DelegationCapability,
        now: UnixMicros,
    ) -> Result<VerifyingKey, CapabilityError> {
        let is_revoked = |list: &CapabilityRevocationRegistry| list.is_revoked(&capability.capability_id);
        if !holds("HAND-44", !self.revoked.is_some_and(is_revoked)) {
            return Err(CapabilityError::Revoked { grant, id: capability.capability_id.to_string() });
        }
        let key = AgentRegistry::bind(self.registry, &capability.issuer_agent, &capability.public_key)
            .map_err(|source| CapabilityError::Issuer { grant, source: Box::new(source) })?;
        if !holds("HAND-40, HAND-42", capability.is_signed_by(&key)) {
            return Err(CapabilityError::Signature { grant });
        }
        if !holds("HAND-44", now.plus_seconds(SKEW_SECONDS) >= capability.issued_at.moment()) {
            return Err(CapabilityError::NotYetValid { grant, issued_at: capability.issued_at });
        }
        if !holds("HAND-44", capability.expires_at.moment() >= now) {
            return Err(CapabilityError::Expired { grant, expires_at: capability.expires_at });
        }
        Ok(key)
    }
}

/// HAND-43: the issuer is the subject above, under the id above.
pub(super) fn check_link(
    grant: usize,
    parent: &DelegationCapability,
    child: &DelegationCapability,
) -> Result<(), CapabilityError> {
    let continues = child.issuer_agent == parent.subject_agent
        && child.parent_capability_id.as_deref() == Some(parent.capability_id.as_str());
    if holds("HAND-43", continues) { Ok(()) } else { Err(CapabilityError::BrokenLink { grant }) }
}

impl VerifiedCapability {
    /// The grant itself.
    #[must_use]
    pub fn leaf(&self) -> &DelegationCapability {
        &self.leaf
    }

    /// The key of its issuer.
    #[must_use]
    pub fn issuer_key(&self) -> &VerifyingKey {
        &self.issuer_key
    }

    /// What it grants: within every grant above it.
    #[must_use]
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// Whether it was granted by `sender` to `recipient`: nobody else's token is of use (HAND-45).
    ///
    /// # Errors
    /// `HANDOFF_HOLDER_MISMATCH` where it was not.
    pub fn check_holder(&self, sender: &AgentId, recipient: &AgentId) -> Result<(), CapabilityError> {
        if self.leaf.issuer_agent == *sender && self.leaf.subject_agent == *recipient {
            return Ok(());
        }
        Err(CapabilityError::NotHolder {
            issuer: self.leaf.issuer_agent.clone(),
            subject: self.leaf.subject_agent.clone(),
            sender: sender.clone(),
            recipient: recipient.clone(),
        })
    }

    /// Whether it allows `action` after `tool_calls_used` calls.
    #[must_use]
    pub fn authorizes(&self, action: &str, tool_calls_used: u64) -> bool {
        self.authority.allows(action)
            && self.authority.max_tool_calls().is_none_or(|max| tool_calls_used < max)
    }
}
