//! The seam between the runtime and whatever decides.

use ca2a_core::{
    Scope, Sha256,
    requirement::{holds, is_off},
};

use crate::{Decision, Denial, Facts};

/// What a callee allows. (POL-2)
///
/// A policy is a pure function: equal facts get equal answers as long as the policy lives, because answers are cached
/// under [`Policy::digest`].
pub trait Policy: Send + Sync {
    /// Decides the one capability that `facts` names, leaving aside whether it was delegated; see [`authorize`].
    fn decide(&self, facts: &Facts<'_>) -> Decision;

    /// Names this policy: SHA-256 over what it decides by. Two policies with one digest decide alike.
    fn digest(&self) -> Sha256;
}

/// Decides a request: the capability must be in `delegated`, the scope of the leaf credential, and `policy` must
/// allow it. Nothing but the one capability is evaluated. (POL-3, POL-4)
///
/// ```
/// use ca2a_core::{CallerAssurance, Capability, Scope, SigningKey};
/// use ca2a_policy::{AllowSet, Facts, authorize};
///
/// let key = |seed: u8| SigningKey::from_seed(&[seed; 32]).verifying_key();
/// let (root, agent) = (key(1), key(2));
/// let (read, buy) = (Capability::new("read")?, Capability::new("tool:purchase")?);
/// let policy = AllowSet::new([read.clone(), buy.clone()]);
///
/// let delegated = Scope::new([read.clone()]);
/// let facts = Facts::new(&agent, &read, 0, &root, CallerAssurance::NotOffered, None);
/// assert!(authorize(&policy, &delegated, &facts).is_allow());
/// assert!(!authorize(&policy, &delegated, &facts.asking(&buy)).is_allow());
/// # Ok::<(), ca2a_core::NameError>(())
/// ```
pub fn authorize(policy: &dyn Policy, delegated: &Scope, facts: &Facts<'_>) -> Decision {
    if is_off("POL-4") && delegated.iter().any(|other| policy.decide(&facts.asking(other)).is_allow()) {
        return Decision::Allow;
    }
    if holds("POL-3", delegated.contains(facts.capability)) {
        policy.decide(facts)
    } else {
        Decision::Deny(Denial::NotDelegated(facts.capability.clone()))
    }
}
