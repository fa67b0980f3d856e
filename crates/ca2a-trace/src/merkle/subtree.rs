//! Subtrees: the leaves from one index to another, where they have a hash of their own.

use ca2a_core::{Sha256, requirement::holds};

use super::{InclusionProof, LeafHash, MAX_PATH, MerkleError, TreeHead, hash::join};

/// Leaves `start..end` of a tree that start at a multiple of the power of two they fit into. From 0 on, that is every
/// earlier state of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subtree {
    start: u64,
    end: u64,
}

impl Subtree {
    /// The subtree over `start..end`.
    ///
    /// # Errors
    /// Leaves that have no hash of their own in any tree.
    pub fn new(start: u64, end: u64) -> Result<Self, MerkleError> {
        let fits = || {
            let size = end.checked_sub(start).filter(|size| *size > 0)?;
            // Above 2^63 leaves only a subtree from 0 on can be.
            let aligned =
                size.checked_next_power_of_two().map_or(start == 0, |power| start.is_multiple_of(power));
            aligned.then_some(Self { start, end })
        };
        fits().ok_or(MerkleError::NoSubtree { start, end, size: end })
    }

    /// Checks that `leaf` is at `index` of the whole tree, in this subtree of hash `hash`.
    ///
    /// # Errors
    /// A leaf outside of the subtree, or a path that does not lead to its hash.
    pub fn verify_inclusion(
        &self,
        leaf: LeafHash,
        index: u64,
        path: Vec<Sha256>,
        hash: Sha256,
    ) -> Result<(), MerkleError> {
        let size = self.end.saturating_sub(self.start);
        let within =
            index.checked_sub(self.start).ok_or(MerkleError::IndexBeyondTree { index, size: self.end })?;
        InclusionProof::new(within, size, path)?.verify(leaf, &TreeHead { size, root: hash })
    }

    /// Checks that this subtree, of hash `hash`, is part of the tree of `head`.
    ///
    /// # Errors
    /// A path that does not lead to both.
    pub fn verify_consistency(
        &self,
        hash: Sha256,
        head: &TreeHead,
        path: &[Sha256],
    ) -> Result<(), MerkleError> {
        if self.lead(hash, head.size, path)? == head.root { Ok(()) } else { Err(MerkleError::Inconsistent) }
    }

    /// The root of the tree of `size` leaves that `path` leads to from this subtree of hash `hash`.
    ///
    /// The path starts with the largest full subtree at the right edge of this one, or, where this one is full, with its
    /// known hash. From there each step gives a sibling: one on the left belongs to the subtree while the way is still
    /// inside of it.
    pub(super) fn lead(&self, hash: Sha256, size: u64, path: &[Sha256]) -> Result<Sha256, MerkleError> {
        if self.end > size {
            return Err(MerkleError::NoSubtree { start: self.start, end: self.end, size });
        }
        let wrong_length = MerkleError::PathLength { found: path.len() };
        if path.len() > MAX_PATH.saturating_add(1) {
            return Err(wrong_length);
        }
        let mut way =
            Way { first: self.start, last: self.end.saturating_sub(1), edge: size.saturating_sub(1) };
        let at_edge = way.last == way.edge;
        while way.first != way.last && (at_edge || way.last & 1 == 1) {
            way.up();
        }
        let mut path = path.iter();
        let seed = if way.first == way.last { hash } else { *path.next().ok_or(wrong_length)? };
        let (mut inner, mut outer) = (seed, seed);
        for sibling in path {
            if way.edge == 0 {
                return Err(wrong_length);
            }
            if way.last & 1 == 1 || way.last == way.edge {
                if way.first < way.last {
                    inner = join(sibling, &inner);
                }
                outer = join(sibling, &outer);
                while way.last & 1 == 0 && way.last != 0 {
                    way.up();
                }
            } else {
                outer = join(&outer, sibling);
            }
            way.up();
        }
        match way.edge {
            0 if holds("LOG-12, LOG-42", inner == hash) => Ok(outer),
            0 => Err(MerkleError::Inconsistent),
            _ => Err(wrong_length),
        }
    }
}

/// Where the first and the last leaf of a subtree, and the last leaf of the tree, stand at one level.
struct Way {
    first: u64,
    last: u64,
    edge: u64,
}

impl Way {
    fn up(&mut self) {
        self.first >>= 1;
        self.last >>= 1;
        self.edge >>= 1;
    }
}
