//! The simplest policy: a list of capabilities.

use ca2a_core::{Capability, Scope, Sha256, canonical::ObjectWriter, requirement::holds};

use crate::{Decision, Denial, Facts, Policy};

/// Allows every caller the same capabilities: the `local_policy` of a configuration. (POL-5)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowSet {
    allowed: Scope,
    digest: Sha256,
}

impl AllowSet {
    /// Allows `capabilities` and nothing else; none at all allows nothing.
    #[must_use]
    pub fn new(capabilities: impl IntoIterator<Item = Capability>) -> Self {
        let allowed = Scope::new(capabilities);
        let body = ObjectWriter::new().texts("local_policy", allowed.texts()).finish();
        Self { allowed, digest: Sha256::of(&body) }
    }

    /// The capabilities.
    #[must_use]
    pub fn allowed(&self) -> &Scope {
        &self.allowed
    }
}

impl Policy for AllowSet {
    fn decide(&self, facts: &Facts<'_>) -> Decision {
        if holds("POL-5", self.allowed.contains(facts.capability)) {
            Decision::Allow
        } else {
            Decision::Deny(Denial::NotPermitted(facts.capability.clone()))
        }
    }

    /// SHA-256 over the canonical form of `{"local_policy": [...]}`, sorted and without repetition.
    fn digest(&self) -> Sha256 {
        self.digest
    }
}
