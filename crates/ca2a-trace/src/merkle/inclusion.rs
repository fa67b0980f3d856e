//! Proofs that a leaf is in a tree.

use ca2a_core::{Sha256, requirement::holds};

use super::{LeafHash, MAX_PATH, MerkleError, TreeHead, hash::join};

/// A proof that the leaf at an index is in a tree of a size (RFC 9162 section 2.1.3). It holds for any leaf until it is
/// verified with one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InclusionProof {
    index: u64,
    size: u64,
    path: Vec<Sha256>,
}

impl InclusionProof {
    /// A proof of these parts, as it came from somewhere.
    ///
    /// # Errors
    /// A leaf that the tree cannot have, or a path longer than any tree needs (LOG-11).
    pub fn new(index: u64, size: u64, path: Vec<Sha256>) -> Result<Self, MerkleError> {
        if index >= size {
            return Err(MerkleError::IndexBeyondTree { index, size });
        }
        if path.len() > MAX_PATH {
            return Err(MerkleError::PathLength { found: path.len() });
        }
        Ok(Self { index, size, path })
    }

    /// Which leaf, from 0.
    #[must_use]
    pub fn index(&self) -> u64 {
        self.index
    }

    /// Leaves in the tree.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The hashes beside the way from the leaf to the root, the lowest first.
    #[must_use]
    pub fn path(&self) -> &[Sha256] {
        &self.path
    }

    /// The head that the path leads to from `leaf` (RFC 9162 section 2.1.3.2). Whether it is the log's is another question.
    ///
    /// # Errors
    /// A path of the wrong length.
    pub fn lead(&self, leaf: LeafHash) -> Result<TreeHead, MerkleError> {
        let wrong_length = MerkleError::PathLength { found: self.path.len() };
        let (mut index, mut last) = (self.index, self.size.saturating_sub(1));
        let mut hash = leaf.0;
        for sibling in &self.path {
            if !holds("LOG-11", last != 0) {
                return Err(wrong_length);
            }
            if index & 1 == 1 || index == last {
                hash = join(sibling, &hash);
                // At the right edge some levels have no sibling.
                while index & 1 == 0 && index != 0 {
                    index >>= 1;
                    last >>= 1;
                }
            } else {
                hash = join(&hash, sibling);
            }
            index >>= 1;
            last >>= 1;
        }
        if holds("LOG-11", last == 0) {
            Ok(TreeHead { size: self.size, root: hash })
        } else {
            Err(wrong_length)
        }
    }

    /// Checks that `leaf` is in the tree of `head` (LOG-11).
    ///
    /// # Errors
    /// A proof about another tree, a path of the wrong length, or one that leads elsewhere.
    pub fn verify(&self, leaf: LeafHash, head: &TreeHead) -> Result<(), MerkleError> {
        if self.size != head.size {
            return Err(MerkleError::OtherSize { expected: head.size, found: self.size });
        }
        if self.lead(leaf)? == *head { Ok(()) } else { Err(MerkleError::RootMismatch) }
    }
}
