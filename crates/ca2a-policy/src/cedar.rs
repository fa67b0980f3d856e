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
//! | `context.manifest` | record of `agent_id`, `digest` (strings) and `approvers` (set of strings): the callee's own verified manifest, there only where it has one |
//!
//! There is no schema and there are no entities, so that no entity has attributes or parents. A policy that reads
//! what is not there fails, and **a failure denies**: ask `context has measurement` first. (POL-9)
//!
//! ```
//! use ca2a_core::{CallerAssurance, Capability, SigningKey};
//! use ca2a_policy::{Facts, Policy as _, PolicyError, cedar::CedarPolicy};
//!
//! let policy = CedarPolicy::from_bytes(br#"
//!     permit(principal, action == Action::"read", resource);
//!
//!     @id("payments need hardware")
//!     forbid(principal, action == Action::"tool:purchase", resource)
//!     unless { context.caller_assurance == "hardware" && context.depth <= 2 };
//!     permit(principal, action == Action::"tool:purchase", resource);
//! "#)?;
//!
//! let key = |seed: u8| SigningKey::from_seed(&[seed; 32]).verifying_key();
//! let (root, agent) = (key(1), key(2));
//! let (read, buy) = (Capability::new("read")?, Capability::new("tool:purchase")?);
//! let facts = Facts::new(&agent, &read, 1, &root, CallerAssurance::SoftwareOnly, None);
//! assert!(policy.decide(&facts).is_allow());
//!
//! let ca2a_policy::Decision::Deny(denial) = policy.decide(&facts.asking(&buy)) else { panic!() };
//! assert_eq!(denial.to_string(), "`tool:purchase` is forbidden by `payments need hardware`");
//!
//! let error = CedarPolicy::from_bytes(b"permit(principal, action,\n  resource").unwrap_err();
//! assert_eq!(error.code(), ca2a_core::ErrorCode::ConfigError);
//! assert!(matches!(error, PolicyError::Syntax { position: Some((2, 11)), .. }), "{error}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod constraints;
mod load;
mod nesting;
mod request;

use ca2a_core::{Sha256, requirement::holds};
use cedar_policy::{Authorizer, Entities, PolicyId, PolicySet};

pub use constraints::Constraints;
pub use load::Note;

use crate::{Decision, Denial, Facts, Policy, PolicyBundle, PolicyError};
use load::Parsed;
use request::Vocabulary;

/// A set of Cedar policies, parsed when it was loaded.
#[derive(Debug, Clone)]
pub struct CedarPolicy {
    policies: PolicySet,
    levels: usize,
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
        let Parsed { policies, levels } = load::parse(bundle.text())?;
        Ok(Self {
            notes: load::notes(&policies),
            policies,
            levels,
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
        // What a level of nesting takes to evaluate in a debug build, with room to spare. Cedar itself fails a policy
        // for which the stack runs out, so that a verdict would depend on who asks.
        const LEVEL_BYTES: usize = 64 << 10;
        let response = load::on_stack_for(self.levels, LEVEL_BYTES, || {
            self.authorizer.is_authorized(&request, &self.policies, &self.nobody_else)
        });
        let diagnostics = response.diagnostics();
        // Cedar skips a policy that fails, and the one that failed may have been the one that forbids.
        let errors: Vec<_> = diagnostics.errors().map(ToString::to_string).collect();
        if !holds("POL-9", errors.is_empty()) {
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
