//! Where a node gets its trusted roots from, call by call.

use std::sync::Arc;

use ca2a_delegation::TrustedRoots;

/// A source of trusted roots. They may be replaced while a node runs, so a node asks for those in force on every call and
/// judges the whole call by them.
pub trait RootSource: Send + Sync {
    /// The roots in force.
    fn current(&self) -> Arc<TrustedRoots>;
}

/// Roots for good.
#[derive(Debug, Clone)]
pub struct FixedRoots(pub Arc<TrustedRoots>);

impl RootSource for FixedRoots {
    fn current(&self) -> Arc<TrustedRoots> {
        Arc::clone(&self.0)
    }
}
