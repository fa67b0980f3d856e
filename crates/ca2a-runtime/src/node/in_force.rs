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

#[cfg(test)]
#[allow(clippy::panic, reason = "tests")]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use ca2a_core::SigningKey;
    use ca2a_covers::covers;
    use ca2a_policy::AllowSet;

    use super::*;

    /// A file that is another whenever it is asked for.
    #[derive(Default)]
    struct Changing(AtomicU64);

    impl Together for Changing {
        fn current(&self) -> (Arc<TrustedRoots>, Arc<dyn Policy>) {
            let version = self.0.fetch_add(1, Ordering::SeqCst);
            let key = SigningKey::from_seed(&[u8::try_from(version).unwrap_or(0); 32]).verifying_key();
            let policy = AllowSet::new([format!("v{version}").parse().unwrap_or_else(|_| panic!())]);
            (Arc::new([key].into_iter().collect()), Arc::new(policy))
        }
    }

    impl RootSource for Changing {
        fn current(&self) -> Arc<TrustedRoots> {
            Together::current(self).0
        }
    }

    impl PolicySource for Changing {
        fn current(&self) -> Arc<dyn Policy> {
            Together::current(self).1
        }
    }

    /// RUN-71: one call is judged by one version.
    #[test]
    fn what_comes_from_one_place_is_asked_for_once() {
        covers!(accept, "RUN-71");
        let file = Arc::new(Changing::default());
        let apart = InForce { roots: file.clone(), policy: file.clone(), together: None };
        apart.current();
        assert_eq!(file.0.load(Ordering::SeqCst), 2);
        InForce { together: Some(file.clone()), ..apart }.current();
        assert_eq!(file.0.load(Ordering::SeqCst), 3);
    }
}
