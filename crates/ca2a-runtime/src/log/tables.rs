//! What is in the file, and one view of it that does not change while it is read.

use ca2a_core::Sha256;
use ca2a_trace::merkle::{LeafHash, Nodes, TreeHead, head, prove_consistency};
use redb::{Database, ReadOnlyTable, ReadableDatabase as _, ReadableTable as _, TableDefinition};

use super::LogError;

/// What the log is, by the names below.
pub(super) const IDENTITY: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("log");
pub(super) const FORMAT: &str = "format";
pub(super) const NAME: &str = "name";
pub(super) const KEY: &str = "key";
/// The size in eight bytes, most significant first, and the root: what every root that is signed has to lead to.
pub(super) const HEAD: &str = "head";
pub(super) const FORMAT_VERSION: u64 = 1;

/// Entries by index. A receipt is made again rather than stored: the size and time that it was first made for determine
/// its bytes, since Ed25519 signatures are deterministic.
pub(super) const ENTRIES: TableDefinition<'_, u64, Stored<'static>> = TableDefinition::new("entries");
/// Size of the tree under the first receipt, its time in Unix seconds, the entry.
pub(super) type Stored<'a> = (u64, u64, &'a [u8]);

/// The index of each leaf, by its hash.
pub(super) const LEAVES: TableDefinition<'_, &[u8; 32], u64> = TableDefinition::new("leaves");
/// Hashes over full subtrees, by level and index (LOG-13).
pub(super) const NODES: TableDefinition<'_, (u8, u64), &[u8; 32]> = TableDefinition::new("nodes");

/// The log as it stood at one commit.
pub(super) struct Snapshot {
    entries: ReadOnlyTable<u64, Stored<'static>>,
    leaves: ReadOnlyTable<&'static [u8; 32], u64>,
    nodes: ReadOnlyTable<(u8, u64), &'static [u8; 32]>,
    head: TreeHead,
}

/// An entry and what its first receipt is about.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) tree_size: u64,
    pub(super) issued_at: u64,
    pub(super) bytes: Vec<u8>,
}

impl Snapshot {
    pub(super) fn of(database: &Database) -> Result<Self, LogError> {
        let transaction = database.begin_read().map_err(LogError::read)?;
        let identity = transaction.open_table(IDENTITY).map_err(LogError::read)?;
        let head = identity.get(HEAD).map_err(LogError::read)?;
        let head = head.and_then(|bytes| read_head(bytes.value()));
        Ok(Self {
            head: head.ok_or_else(|| LogError::Damaged("it has no head".to_owned()))?,
            entries: transaction.open_table(ENTRIES).map_err(LogError::read)?,
            leaves: transaction.open_table(LEAVES).map_err(LogError::read)?,
            nodes: transaction.open_table(NODES).map_err(LogError::read)?,
        })
    }

    pub(super) fn size(&self) -> u64 {
        self.head.size
    }

    /// The head of the tree of the first `size` entries, once it was shown to lead to the one that was stored (LOG-58): a
    /// hash that went bad on the disk is never signed.
    pub(super) fn head_at(&self, size: u64) -> Result<TreeHead, LogError> {
        let found = head(self, size)?;
        let leads = match size {
            _ if size == self.head.size => found == self.head,
            0 => true,
            _ => prove_consistency(self, size, self.head.size)?.verify(&found, &self.head).is_ok(),
        };
        if leads { Ok(found) } else { Err(LogError::Damaged(format!("the tree of {size} is not its own"))) }
    }

    /// How many entries are there, which are numbered without a gap.
    pub(super) fn entries(&self) -> Result<u64, LogError> {
        let last = self.entries.last().map_err(LogError::read)?;
        Ok(last.map_or(0, |(index, _)| index.value().saturating_add(1)))
    }

    pub(super) fn index_of(&self, leaf: &LeafHash) -> Result<u64, LogError> {
        let index = self.leaves.get(&leaf.0.0).map_err(LogError::read)?;
        index.map(|index| index.value()).ok_or(LogError::NoEntry)
    }

    pub(super) fn entry(&self, index: u64) -> Result<Entry, LogError> {
        let found = self.entries.get(index).map_err(LogError::read)?.ok_or(LogError::NoEntry)?;
        let (tree_size, issued_at, bytes) = found.value();
        Ok(Entry { tree_size, issued_at, bytes: bytes.to_vec() })
    }
}

impl Nodes for Snapshot {
    type Error = LogError;

    fn node(&self, level: u8, index: u64) -> Result<Option<Sha256>, LogError> {
        let hash = self.nodes.get((level, index)).map_err(LogError::read)?;
        Ok(hash.map(|hash| Sha256(*hash.value())))
    }
}

pub(super) fn write_head(head: &TreeHead) -> Vec<u8> {
    [&head.size.to_be_bytes()[..], &head.root.0].concat()
}

fn read_head(bytes: &[u8]) -> Option<TreeHead> {
    let (size, root) = bytes.split_first_chunk()?;
    Some(TreeHead { size: u64::from_be_bytes(*size), root: Sha256(root.try_into().ok()?) })
}
