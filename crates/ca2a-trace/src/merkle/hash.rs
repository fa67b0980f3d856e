//! Hashes of leaves and inner nodes, which cannot be mistaken for one another.

use ca2a_core::Sha256;

/// What a leaf's hash starts with (RFC 9162 section 2.1.1).
const LEAF: u8 = 0;
/// What an inner node's hash starts with.
const NODE: u8 = 1;

/// The hash of a leaf: SHA-256 over a zero byte and the entry (LOG-10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct LeafHash(pub Sha256);

impl LeafHash {
    /// The leaf of `entry`.
    #[must_use]
    pub fn of(entry: &[u8]) -> Self {
        Self(Sha256::of_parts(&[&[LEAF], entry]))
    }
}

/// The hash of the node over `left` and `right`.
pub(super) fn join(left: &Sha256, right: &Sha256) -> Sha256 {
    Sha256::of_parts(&[&[NODE], &left.0, &right.0])
}

/// A tree as a log announces it: how many leaves, and the hash over all of them. What it is worth depends on who signed
/// it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TreeHead {
    /// Leaves in the tree.
    pub size: u64,
    /// Root hash.
    pub root: Sha256,
}

impl TreeHead {
    /// The tree without a leaf.
    #[must_use]
    pub fn empty() -> Self {
        Self { size: 0, root: Sha256::of(&[]) }
    }
}
