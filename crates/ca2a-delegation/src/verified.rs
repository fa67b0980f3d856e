//! What a verifier answers with.

use alloc::sync::Arc;

use ca2a_core::{Scope, VerifyingKey};

use crate::Credential;

/// What a verification says about revocation. A verifier without a snapshot cannot know, and says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevocationStatus {
    /// There was no snapshot to look into.
    NotChecked,
    /// No statement of the snapshot revokes any hop.
    NotRevoked {
        /// The time that the snapshot claims, in Unix seconds.
        as_of: u64,
    },
}

impl RevocationStatus {
    /// `not_checked` or `not_revoked`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotChecked => "not_checked",
            Self::NotRevoked { .. } => "not_revoked",
        }
    }

    /// The time of the snapshot, where there was one.
    #[must_use]
    pub fn as_of(self) -> Option<u64> {
        match self {
            Self::NotChecked => None,
            Self::NotRevoked { as_of } => Some(as_of),
        }
    }
}

/// A chain that a [`crate::ChainVerifier`] accepted: there is no other way to have one.
///
/// ```compile_fail,E0451
/// # use ca2a_delegation::{RevocationStatus, VerifiedChain};
/// fn forge(genuine: VerifiedChain) -> VerifiedChain {
///     VerifiedChain { revocation: RevocationStatus::NotRevoked { as_of: 0 }, ..genuine }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedChain {
    pub(crate) hops: Arc<[Credential]>,
    pub(crate) root: Credential,
    pub(crate) leaf: Credential,
    pub(crate) revocation: RevocationStatus,
}

impl VerifiedChain {
    /// The credentials, root first; at least one.
    #[must_use]
    pub fn hops(&self) -> &[Credential] {
        &self.hops
    }

    /// The last credential, under which the caller acts.
    #[must_use]
    pub fn leaf(&self) -> &Credential {
        &self.leaf
    }

    /// The trusted root that granted everything here.
    #[must_use]
    pub fn root_issuer(&self) -> &VerifyingKey {
        self.root.issuer()
    }

    /// Whoever holds this key may act under the chain, once it proves that it does.
    #[must_use]
    pub fn subject(&self) -> &VerifyingKey {
        self.leaf.subject()
    }

    /// What the chain grants its subject.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        self.leaf.scope()
    }

    /// Whether revocation was checked, and as of when.
    #[must_use]
    pub fn revocation(&self) -> RevocationStatus {
        self.revocation
    }
}
