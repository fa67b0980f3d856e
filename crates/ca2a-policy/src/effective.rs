//! What a caller may do at all: the delegated scope, cut down to what the policy allows.

mod cache;

use ca2a_core::{Scope, requirement::holds};

pub use cache::EffectiveScopes;

use crate::{Facts, Policy};

/// The capabilities of `delegated`, the scope of the leaf credential, that `policy` allows on `facts`, whichever
/// capability those name. A subset of both. (POL-11)
///
/// The wire reports this beside a decision; it is no decision. It costs one evaluation a capability, so that a node
/// asks [`EffectiveScopes`] instead.
#[must_use]
pub fn effective_scope(policy: &dyn Policy, delegated: &Scope, facts: &Facts<'_>) -> Scope {
    let allowed = |capability| policy.decide(&facts.asking(capability)).is_allow();
    delegated.iter().filter(|capability| holds("POL-11", allowed(capability))).cloned().collect()
}
