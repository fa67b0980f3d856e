//! Under what a transport calls.

use std::sync::Arc;

use ca2a_core::{Capability, SigningKey};
use ca2a_delegation::Chain;
use ca2a_trace::ParentLink;

/// The authority that every message of a transport goes out under.
#[derive(Debug, Clone)]
pub struct Authority {
    pub(super) chain: Chain,
    pub(super) key: Arc<SigningKey>,
    pub(super) capability: Capability,
    pub(super) parent: ParentLink,
}

impl Authority {
    /// `capability` under the leaf of `chain`, whose subject holds `key`. It follows no record.
    #[must_use]
    pub fn new(chain: Chain, key: SigningKey, capability: Capability) -> Self {
        Self { chain, key: Arc::new(key), capability, parent: ParentLink::Root }
    }

    /// The record that the calls follow.
    #[must_use]
    pub fn after(mut self, parent: impl Into<ParentLink>) -> Self {
        self.parent = parent.into();
        self
    }
}

/// Whether messages are sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sealing {
    /// They are, and so are their answers; where the peer opens none, nothing is sent.
    #[default]
    Sealed,
    /// They are not: whoever carries them reads them.
    Plain,
}
