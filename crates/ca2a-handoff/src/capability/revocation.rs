//! Capabilities that were taken back, by their ids. (HAND-44)

use alloc::{collections::BTreeSet, string::String};

use ca2a_core::json;

use crate::HandoffError;

/// Ids of revoked capabilities. Revoking a grant revokes everything derived from it, since the whole chain is presented.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CapabilityRevocationRegistry {
    ids: BTreeSet<String>,
}

impl CapabilityRevocationRegistry {
    /// Takes a capability back, for good.
    pub fn revoke(&mut self, capability_id: impl Into<String>) {
        self.ids.insert(capability_id.into());
    }

    /// Whether it was taken back.
    #[must_use]
    pub fn is_revoked(&self, capability_id: &str) -> bool {
        self.ids.contains(capability_id)
    }

    /// Reads an array of ids.
    ///
    /// # Errors
    /// Anything else.
    pub fn from_json(input: &[u8]) -> Result<Self, HandoffError> {
        let node = json::read(input)?;
        Ok(Self { ids: crate::read::texts("revoked", &node)?.into_iter().collect() })
    }
}

impl<S: Into<String>> FromIterator<S> for CapabilityRevocationRegistry {
    fn from_iter<I: IntoIterator<Item = S>>(ids: I) -> Self {
        Self { ids: ids.into_iter().map(Into::into).collect() }
    }
}
