//! The hashes that a log stores.

use std::convert::Infallible;

use ca2a_core::Sha256;

/// The hash over a full subtree: 2^level leaves, starting at index * 2^level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// Height above the leaves.
    pub level: u8,
    /// Position in its level, from 0.
    pub index: u64,
    /// Hash over the subtree.
    pub hash: Sha256,
}

/// Where the nodes of a log are. Only full subtrees are stored, so that a node never changes once it is there (LOG-13).
pub trait Nodes {
    /// Why a node could not be read.
    type Error;

    /// The hash of node `index` of `level`, if it is stored.
    ///
    /// # Errors
    /// The store's own.
    fn node(&self, level: u8, index: u64) -> Result<Option<Sha256>, Self::Error>;
}

/// Nodes in memory: 64 bytes a leaf.
#[derive(Debug, Clone, Default)]
pub struct MemoryNodes {
    levels: Vec<Vec<Sha256>>,
}

impl MemoryNodes {
    /// Keeps `node`. Nodes of one level have to come in order, as [`super::Frontier::append`] gives them; another is not
    /// kept.
    pub fn store(&mut self, node: Node) {
        let level = usize::from(node.level);
        if level >= self.levels.len() {
            self.levels.resize(level.saturating_add(1), Vec::new());
        }
        if let Some(nodes) = self.levels.get_mut(level)
            && u64::try_from(nodes.len()) == Ok(node.index)
        {
            nodes.push(node.hash);
        }
    }
}

impl Nodes for MemoryNodes {
    type Error = Infallible;

    fn node(&self, level: u8, index: u64) -> Result<Option<Sha256>, Infallible> {
        let found = || self.levels.get(usize::from(level))?.get(usize::try_from(index).ok()?).copied();
        Ok(found())
    }
}
