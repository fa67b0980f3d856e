//! The one thread that writes: whatever waits goes into one transaction, and nobody hears before it is durable.

use std::sync::Arc;

use redb::{Database, Durability, ReadableTable as _, TableDefinition};
use tokio::sync::{mpsc, oneshot};

use super::{StoreError, SyncPolicy};
use crate::sink::StoredRecord;

/// Records by their position, from 0 on: the hash, and the JSON text.
pub(super) const RECORDS: TableDefinition<'_, u64, (&[u8; 32], &str)> = TableDefinition::new("records");

/// The callee's statement about the record at the same position, where it signed one.
pub(super) const STATEMENTS: TableDefinition<'_, u64, &str> = TableDefinition::new("statements");

/// How many appends may wait before the next caller waits for room, and how many share one commit.
pub(super) const QUEUE: usize = 1024;

/// An append that waits for its commit.
pub(super) struct Pending {
    pub(super) record: StoredRecord,
    pub(super) done: oneshot::Sender<Result<(), StoreError>>,
}

/// Writes until every sender is gone.
pub(super) fn run(database: &Arc<Database>, policy: SyncPolicy, mut queue: mpsc::Receiver<Pending>) {
    let mut batch = Vec::with_capacity(QUEUE);
    while queue.blocking_recv_many(&mut batch, QUEUE) > 0 {
        let committed = commit(database, policy, &batch);
        for pending in batch.drain(..) {
            // A caller that went away does not hear; its record is kept all the same.
            let _ = pending.done.send(committed.clone());
        }
    }
    if policy == SyncPolicy::OnClose {
        let _ = commit(database, SyncPolicy::EachCommit, &[]);
    }
}

fn commit(database: &Database, policy: SyncPolicy, batch: &[Pending]) -> Result<(), StoreError> {
    let mut transaction = database.begin_write().map_err(StoreError::write)?;
    let durability = match policy {
        SyncPolicy::EachCommit => Durability::Immediate,
        SyncPolicy::OnClose => Durability::None,
    };
    transaction.set_durability(durability).map_err(StoreError::write)?;
    {
        let mut table = transaction.open_table(RECORDS).map_err(StoreError::write)?;
        let mut statements = transaction.open_table(STATEMENTS).map_err(StoreError::write)?;
        let last = table.last().map_err(StoreError::write)?.map(|(position, _)| position.value());
        let first = last.map_or(0, |position| position.saturating_add(1));
        for (position, pending) in (first..).zip(batch) {
            let value = (&pending.record.hash.0.0, pending.record.json.as_str());
            table.insert(position, value).map_err(StoreError::write)?;
            if let Some(statement) = &pending.record.statement {
                statements.insert(position, statement.as_str()).map_err(StoreError::write)?;
            }
        }
    }
    transaction.commit().map_err(StoreError::write)
}
