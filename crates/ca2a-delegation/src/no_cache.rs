//! Without `std` there is no lock, and so no cache: nobody can make one.

use alloc::{sync::Arc, vec::Vec};

use ca2a_core::Sha256;

use crate::{Chain, Credential};

/// A cache of verified prefixes, which a build without the feature `std` has none of.
#[derive(Debug)]
pub enum PrefixCache {}

impl PrefixCache {
    /// Whether this very document was verified before and is remembered.
    #[must_use]
    pub fn knows(&self, _: &Chain) -> bool {
        match *self {}
    }

    pub(crate) fn document(&self, _: &[u8]) -> Option<Arc<[Credential]>> {
        match *self {}
    }

    pub(crate) fn longest_prefix(&self, _: &[Sha256]) -> Vec<Credential> {
        match *self {}
    }

    pub(crate) fn remember(&self, _: &Chain, _: &[Sha256], _: &Arc<[Credential]>) {
        match *self {}
    }
}
