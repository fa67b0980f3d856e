//! The right edge of a growing tree: all that appending needs.

use ca2a_core::Sha256;

use super::{
    LeafHash, MAX_PATH, MerkleError, Node, TreeHead,
    error::ProveError,
    hash::join,
    nodes::Nodes,
    prove::{full_subtrees, stored},
};

/// A tree of which only the full subtrees at its right edge are kept: one hash for each bit set in its size, so at most 64.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    /// Hashes of the full subtrees, the largest first.
    peaks: Vec<Sha256>,
}

impl Frontier {
    /// The right edge of the tree of `size` leaves in `nodes`: how a log goes on after it was opened.
    ///
    /// # Errors
    /// A node that cannot be read.
    pub fn open<N: Nodes>(nodes: &N, size: u64) -> Result<Self, ProveError<N::Error>> {
        let peaks = full_subtrees(0, size).map(|(level, index)| stored(nodes, level, index));
        Ok(Self { size, peaks: peaks.collect::<Result<_, _>>()? })
    }

    /// Leaves in the tree.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Hashes of the full subtrees at the right edge, the largest first: one for each bit set in the size.
    #[must_use]
    pub fn peaks(&self) -> &[Sha256] {
        &self.peaks
    }

    /// Adds a leaf, and returns the nodes that are full from now on: the leaf, and every subtree that it completes, from
    /// the lowest up. A log stores all of them or none.
    ///
    /// # Errors
    /// A tree of 2^64-1 leaves is full.
    pub fn append(&mut self, leaf: LeafHash) -> Result<Vec<Node>, MerkleError> {
        let index = self.size;
        let full = MerkleError::IndexBeyondTree { index, size: u64::MAX };
        self.size = index.checked_add(1).ok_or(full)?;
        let mut node = Node { level: 0, index, hash: leaf.0 };
        let mut made = Vec::with_capacity(2);
        made.push(node);
        // A subtree stands to the left of its own size exactly where the index has a bit.
        while node.index & 1 == 1
            && let Some(left) = self.peaks.pop()
        {
            node = Node {
                level: node.level.saturating_add(1),
                index: node.index >> 1,
                hash: join(&left, &node.hash),
            };
            made.push(node);
        }
        self.peaks.push(node.hash);
        debug_assert!(self.peaks.len() <= MAX_PATH, "one peak for each bit of the size");
        Ok(made)
    }

    /// The tree as it stands.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        let fold = |right: Sha256, left: &Sha256| join(left, &right);
        match self.peaks.split_last() {
            Some((last, rest)) => TreeHead { size: self.size, root: rest.iter().rev().fold(*last, fold) },
            None => TreeHead::empty(),
        }
    }
}
