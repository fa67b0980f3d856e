//! Proofs that a log only added.

use ca2a_core::Sha256;

use super::{MAX_PATH, MerkleError, Subtree, TreeHead};

/// A proof that a tree begins with all leaves of a smaller one, in their order (RFC 9162 section 2.1.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsistencyProof {
    old: u64,
    new: u64,
    path: Vec<Sha256>,
}

impl ConsistencyProof {
    /// A proof of these parts, as it came from somewhere.
    ///
    /// # Errors
    /// An older tree that is empty or larger than the newer one, or a path longer than any tree needs (LOG-12).
    pub fn new(old: u64, new: u64, path: Vec<Sha256>) -> Result<Self, MerkleError> {
        if old == 0 || old > new {
            return Err(MerkleError::NoSubtree { start: 0, end: old, size: new });
        }
        // One more than a path to a leaf: the hash that the proof starts from.
        if path.len() > MAX_PATH.saturating_add(1) {
            return Err(MerkleError::PathLength { found: path.len() });
        }
        Ok(Self { old, new, path })
    }

    /// Leaves in the older tree.
    #[must_use]
    pub fn old_size(&self) -> u64 {
        self.old
    }

    /// Leaves in the newer tree.
    #[must_use]
    pub fn new_size(&self) -> u64 {
        self.new
    }

    /// The hashes of the proof, in order.
    #[must_use]
    pub fn path(&self) -> &[Sha256] {
        &self.path
    }

    /// The newer head that the path leads to from `old`, once it was shown to lead to `old` as well (RFC 9162 section
    /// 2.1.4.2). Whether the newer head is the log's is another question.
    ///
    /// # Errors
    /// A proof about another tree, a path of the wrong length, or one that does not lead to the older root.
    pub fn lead(&self, old: &TreeHead) -> Result<TreeHead, MerkleError> {
        if self.old != old.size {
            return Err(MerkleError::OtherSize { expected: old.size, found: self.old });
        }
        let root = Subtree::new(0, self.old)?.lead(old.root, self.new, &self.path)?;
        Ok(TreeHead { size: self.new, root })
    }

    /// Checks that the tree of `new` only adds to the tree of `old` (LOG-12).
    ///
    /// # Errors
    /// A proof about another tree, a path of the wrong length, or one that does not lead to both roots.
    pub fn verify(&self, old: &TreeHead, new: &TreeHead) -> Result<(), MerkleError> {
        if self.new != new.size {
            return Err(MerkleError::OtherSize { expected: new.size, found: self.new });
        }
        if self.lead(old)? == *new { Ok(()) } else { Err(MerkleError::Inconsistent) }
    }
}
