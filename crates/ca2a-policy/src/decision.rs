//! What a policy answers.

use ca2a_core::{Capability, ErrorCode};

/// The answer of a policy. Only [`Decision::Allow`] is one that lets a caller in.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    /// The caller may.
    Allow,
    /// The caller may not.
    Deny(Denial),
}

impl Decision {
    /// Whether the caller may.
    #[must_use]
    pub fn is_allow(&self) -> bool {
        *self == Self::Allow
    }
}

/// Why a caller may not. For the log of the callee: a caller is told no more than [`Denial::code`] and the
/// capability, or it could probe the policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Denial {
    /// The chain does not grant the capability, whatever the policy says.
    #[error("the leaf credential does not grant `{0}`")]
    NotDelegated(Capability),
    /// Nothing in the policy permits it.
    #[error("nothing in the policy permits `{0}`")]
    NotPermitted(Capability),
    /// Something in the policy forbids it.
    #[error("`{capability}` is forbidden by {}", quoted(policies))]
    Forbidden {
        /// What was asked for.
        capability: Capability,
        /// The policies that forbid it, by their `@id` or else `policy0`, `policy1` in the order of the file.
        policies: Vec<String>,
    },
    /// A part of the policy could not be evaluated on these facts, and that part may be the one that forbids.
    #[error("the policy could not be evaluated for `{capability}`: {}", errors.join("; "))]
    Failed {
        /// What was asked for.
        capability: Capability,
        /// What went wrong, at least one.
        errors: Vec<String>,
    },
}

impl Denial {
    /// The code on the wire, one for all of them.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        ErrorCode::ScopeNotPermitted
    }
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
