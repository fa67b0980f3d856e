//! Roots and policy, as they are in force for one call.

use std::sync::Arc;

use ca2a_delegation::TrustedRoots;
use ca2a_policy::Policy;

use super::{PolicySource, RootSource};

/// Where a node gets both.
pub(super) struct InForce {
    pub(super) roots: Arc<dyn RootSource>,
    pub(super) policy: Arc<dyn PolicySource>,
    /// Where they come from one place: no call has the roots of one version of it and the policy of another (RUN-71).
    pub(super) together: Option<Arc<dyn Together>>,
}

/// Roots and policy of one version.
pub(super) trait Together: Send + Sync {
    fn current(&self) -> (Arc<TrustedRoots>, Arc<dyn Policy>);
}

impl InForce {
    /// Both, for one call.
    pub(super) fn current(&self) -> (Arc<TrustedRoots>, Arc<dyn Policy>) {
        match &self.together {
            Some(together) => together.current(),
            None => (self.roots.current(), self.policy.current()),
        }
    }
}
