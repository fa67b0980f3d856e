//! The one thread that writes: whatever waits goes into one transaction, and nobody hears before it is durable.

use std::sync::Arc;

use ca2a_trace::merkle::{Frontier, LeafHash};
use redb::{Database, Durability, ReadableTable as _};
use tokio::sync::{mpsc, oneshot};

use super::{
    LogError,
    file::guarded,
    tables::{ENTRIES, HEAD, IDENTITY, LEAVES, NODES, write_head},
};

/// How many registrations may wait before the next caller waits for room, and how many share one commit. With the
/// largest statements they are 64 MiB.
pub(super) const QUEUE: usize = 1024;

/// A registration that waits for its commit.
pub(super) struct Pending {
    pub(super) entry: Vec<u8>,
    pub(super) leaf: LeafHash,
    pub(super) now: u64,
    pub(super) done: oneshot::Sender<Result<Placed, LogError>>,
}

/// Where an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) index: u64,
    pub(super) new: bool,
}

/// Writes until every sender is gone, or a commit fails. After that the state of the file is unknown, and a writer that
/// went on might sign two trees of one size.
pub(super) fn run(database: &Arc<Database>, mut frontier: Frontier, mut queue: mpsc::Receiver<Pending>) {
    let mut batch = Vec::with_capacity(QUEUE);
    while queue.blocking_recv_many(&mut batch, QUEUE) > 0 {
        match guarded(|| commit(database, &frontier, &batch)) {
            Ok((grown, places)) => {
                frontier = grown;
                for (pending, placed) in batch.drain(..).zip(places) {
                    // A caller that went away does not hear; its statement is kept all the same.
                    let _ = pending.done.send(Ok(placed));
                }
            }
            Err(error) => {
                for pending in batch.drain(..) {
                    let _ = pending.done.send(Err(error.clone()));
                }
                return;
            }
        }
    }
}

/// Adds the leaves of `batch` that are new. The same leaf twice, in the log or in the batch, is one entry (LOG-50).
fn commit(
    database: &Database,
    frontier: &Frontier,
    batch: &[Pending],
) -> Result<(Frontier, Vec<Placed>), LogError> {
    let mut grown = frontier.clone();
    let mut places = Vec::with_capacity(batch.len());
    let mut transaction = database.begin_write().map_err(LogError::write)?;
    transaction.set_durability(Durability::Immediate).map_err(LogError::write)?;
    {
        let mut leaves = transaction.open_table(LEAVES).map_err(LogError::write)?;
        let mut nodes = transaction.open_table(NODES).map_err(LogError::write)?;
        for Pending { leaf, .. } in batch {
            let known = leaves.get(&leaf.0.0).map_err(LogError::write)?.map(|index| index.value());
            if let Some(index) = known {
                places.push(Placed { index, new: false });
                continue;
            }
            let index = grown.size();
            for node in grown.append(*leaf)? {
                nodes.insert((node.level, node.index), &node.hash.0).map_err(LogError::write)?;
            }
            leaves.insert(&leaf.0.0, index).map_err(LogError::write)?;
            places.push(Placed { index, new: true });
        }
        let mut entries = transaction.open_table(ENTRIES).map_err(LogError::write)?;
        for (pending, placed) in batch.iter().zip(&places).filter(|(_, placed)| placed.new) {
            let stored = (grown.size(), pending.now, pending.entry.as_slice());
            entries.insert(placed.index, stored).map_err(LogError::write)?;
        }
        let mut identity = transaction.open_table(IDENTITY).map_err(LogError::write)?;
        identity.insert(HEAD, write_head(&grown.head()).as_slice()).map_err(LogError::write)?;
    }
    if grown.size() == frontier.size() {
        transaction.abort().map_err(LogError::write)?;
    } else {
        transaction.commit().map_err(LogError::write)?;
    }
    Ok((grown, places))
}
