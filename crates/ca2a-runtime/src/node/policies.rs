//! Where a node gets its policy from, call by call.

use std::sync::Arc;

use ca2a_policy::Policy;

/// A source of policies. A policy may be replaced while a node runs, so a node asks for the one in force on every call
/// and decides the whole call by it (RUN-75).
pub trait PolicySource: Send + Sync {
    /// The policy in force.
    fn current(&self) -> Arc<dyn Policy>;
}

/// One policy for good.
#[derive(Clone)]
pub struct FixedPolicy(pub Arc<dyn Policy>);

impl core::fmt::Debug for FixedPolicy {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.debug_tuple("FixedPolicy").field(&self.0.digest()).finish()
    }
}

impl PolicySource for FixedPolicy {
    fn current(&self) -> Arc<dyn Policy> {
        Arc::clone(&self.0)
    }
}
