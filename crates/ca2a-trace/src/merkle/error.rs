//! Why a proof does not hold, or could not be made.

use ca2a_core::ErrorCode;

/// A proof that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MerkleError {
    /// A leaf that the tree cannot have.
    #[error("leaf {index} is not in a tree of {size}")]
    IndexBeyondTree {
        /// Its index, from 0.
        index: u64,
        /// Leaves in the tree.
        size: u64,
    },
    /// Leaves that make no subtree.
    #[error("leaves {start} to {end} make no subtree of a tree of {size}")]
    NoSubtree {
        /// The first leaf.
        start: u64,
        /// The leaf after the last.
        end: u64,
        /// Leaves in the tree.
        size: u64,
    },
    /// A proof about a tree of another size.
    #[error("the proof is about a tree of {found}, not of {expected}")]
    OtherSize {
        /// The size that was asked about.
        expected: u64,
        /// The size in the proof.
        found: u64,
    },
    /// A path with too few or too many hashes for its place.
    #[error("a path of {found} hashes does not fit its place in the tree")]
    PathLength {
        /// Hashes in the path.
        found: usize,
    },
    /// A path that leads to another root: the leaf is not there.
    #[error("the path does not lead to the root")]
    RootMismatch,
    /// A path that does not lead from the older root to the newer: the log did not only add.
    #[error("the path does not lead from the older root to the newer: the log did not only add")]
    Inconsistent,
}

impl MerkleError {
    /// The code on the wire.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Inconsistent => ErrorCode::LogInconsistent,
            _ => ErrorCode::ReceiptInvalid,
        }
    }
}

/// A proof that could not be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProveError<E> {
    /// There is no such proof.
    #[error(transparent)]
    Impossible(#[from] MerkleError),
    /// A node that a tree of this size has, and that the store has not.
    #[error("node {index} of level {level} is not stored")]
    Missing {
        /// Height above the leaves.
        level: u8,
        /// Position in its level, from 0.
        index: u64,
    },
    /// The store failed.
    #[error("the stored nodes cannot be read: {0}")]
    Store(E),
}
