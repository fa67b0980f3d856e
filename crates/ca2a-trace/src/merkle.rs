//! Merkle trees of RFC 9162 section 2.1, under SHA-256: what a log commits to, and the two proofs that it is honest.
//!
//! An [`InclusionProof`] shows that a leaf is in a tree, a [`ConsistencyProof`] that a larger tree only added to a smaller
//! one. Both are verified from hashes alone. Both are made from a log's stored [`Nodes`], reading about twice the
//! logarithm of its size; the [`Frontier`] is all that has to stay in memory while a log grows.
//!
//! ```
//! use ca2a_trace::merkle::{Frontier, LeafHash, MemoryNodes, TreeHead, prove_inclusion};
//!
//! let (mut frontier, mut nodes) = (Frontier::default(), MemoryNodes::default());
//! for entry in [b"first", b"other", b"third"] {
//!     for node in frontier.append(LeafHash::of(entry))? {
//!         nodes.store(node);
//!     }
//! }
//!
//! let proof = prove_inclusion(&nodes, 1, frontier.size())?;
//! assert!(proof.verify(LeafHash::of(b"other"), &frontier.head()).is_ok());
//! assert!(proof.verify(LeafHash::of(b"third"), &frontier.head()).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod consistency;
mod error;
mod frontier;
mod hash;
mod inclusion;
mod nodes;
mod prove;
mod subtree;

pub use consistency::ConsistencyProof;
pub use error::{MerkleError, ProveError};
pub use frontier::Frontier;
pub use hash::{LeafHash, TreeHead};
pub use inclusion::InclusionProof;
pub use nodes::{MemoryNodes, Node, Nodes};
pub use prove::{head, prove_consistency, prove_inclusion};
pub use subtree::Subtree;

/// The longest path that a tree of 2^64-1 leaves can need.
pub const MAX_PATH: usize = 64;
