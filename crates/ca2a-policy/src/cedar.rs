//! Policies written in [Cedar](https://docs.cedarpolicy.com).
//!
//! A request becomes (POL-8):
//!
//! | Cedar | value |
//! |---|---|
//! | principal | `Agent::"<leaf subject, 64 lower-case hex>"` |
//! | action | `Action::"<capability>"` |
//! | resource | `Task::"task"` |
//! | `context.depth` | long, depth of the leaf credential, 0 or more |
//! | `context.root_issuer` | string, 64 lower-case hex |
//! | `context.caller_assurance` | string: `not_offered`, `failed`, `software-only` or `hardware` |
//! | `context.measurement` | string such as `sha384:<96 hex>`; there only where hardware proved one |
//!
//! There is no schema and there are no entities, so that no entity has attributes or parents. A policy that reads
//! what is not there fails, and **a failure denies**: ask `context has measurement` first. (POL-9)

mod load;
mod request;

use ca2a_core::Sha256;
use cedar_policy::{Authorizer, Entities, PolicyId, PolicySet};

pub use load::Note;

use crate::{Decision, Denial, Facts, Policy, PolicyBundle, PolicyError};
use request::Vocabulary;

/// A set of Cedar policies, parsed when it was loaded.
#[derive(Debug, Clone)]
pub struct CedarPolicy {
    policies: PolicySet,
    notes: Vec<Note>,
    digest: Sha256,
    authorizer: Authorizer,
    nobody_else: Entities,
    vocabulary: Vocabulary,
}

impl CedarPolicy {
    /// Parses the text of `bundle`.
    ///
    /// # Errors
    /// Text that is not Cedar, or holds no policy.
    pub fn load(bundle: &PolicyBundle) -> Result<Self, PolicyError> {
        let policies = load::parse(bundle.text())?;
        Ok(Self {
            notes: load::notes(&policies),
            policies,
            digest: bundle.digest(),
            authorizer: Authorizer::new(),
            nobody_else: Entities::empty(),
            vocabulary: Vocabulary::new()?,
        })
    }

    /// Parses the bytes of a policy file; see [`PolicyBundle::from_bytes`] and [`CedarPolicy::load`].
    ///
    /// # Errors
    /// As those two.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PolicyError> {
        Self::load(&PolicyBundle::from_bytes(bytes)?)
    }

    /// What parses and yet can never take effect. Worth a line when a node starts. (POL-10)
    #[must_use]
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// How its author calls a policy: its `@id`, else its place in the file.
    fn name(&self, id: &PolicyId) -> String {
        self.policies.annotation(id, "id").map_or_else(|| id.to_string(), ToString::to_string)
    }
}

impl Policy for CedarPolicy {
    fn decide(&self, facts: &Facts<'_>) -> Decision {
        let capability = || facts.capability.clone();
        let request = match self.vocabulary.request(facts) {
            Ok(request) => request,
            Err(error) => {
                return Decision::Deny(Denial::Failed { capability: capability(), errors: vec![error] });
            }
        };
        let response = self.authorizer.is_authorized(&request, &self.policies, &self.nobody_else);
        let diagnostics = response.diagnostics();
        // Cedar skips a policy that fails, and the one that failed may have been the one that forbids.
        let errors: Vec<_> = diagnostics.errors().map(ToString::to_string).collect();
        if !errors.is_empty() {
            return Decision::Deny(Denial::Failed { capability: capability(), errors });
        }
        if response.decision() == cedar_policy::Decision::Allow {
            return Decision::Allow;
        }
        let policies: Vec<_> = diagnostics.reason().map(|id| self.name(id)).collect();
        Decision::Deny(if policies.is_empty() {
            Denial::NotPermitted(capability())
        } else {
            Denial::Forbidden { capability: capability(), policies }
        })
    }

    /// SHA-256 over the bytes of the policy file.
    fn digest(&self) -> Sha256 {
        self.digest
    }
}
