//! The keys whose grants count.

use alloc::vec::Vec;

use ca2a_core::VerifyingKey;

/// The issuers that a verifier trusts to begin a chain. Each may grant every capability; an empty set accepts
/// nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrustedRoots(Vec<VerifyingKey>);

impl TrustedRoots {
    /// No roots: nothing verifies.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Whether `key` may begin a chain.
    #[must_use]
    pub fn contains(&self, key: &VerifyingKey) -> bool {
        self.find(key.as_bytes()).is_some()
    }

    /// The root whose 32 bytes these are, decoded long before a stranger named it.
    pub(crate) fn find(&self, bytes: &[u8; 32]) -> Option<VerifyingKey> {
        let at = self.0.binary_search_by(|root| root.as_bytes().cmp(bytes)).ok()?;
        self.0.get(at).copied()
    }

    /// The keys, in the order of their bytes.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &VerifyingKey> {
        self.0.iter()
    }

    /// Number of roots.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is trusted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<VerifyingKey> for TrustedRoots {
    fn from_iter<I: IntoIterator<Item = VerifyingKey>>(roots: I) -> Self {
        let mut roots: Vec<_> = roots.into_iter().collect();
        roots.sort_unstable();
        roots.dedup();
        Self(roots)
    }
}
