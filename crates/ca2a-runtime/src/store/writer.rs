//! The one thread that writes: whatever waits goes into one transaction, and nobody hears before it is durable.

use std::sync::Arc;

use redb::{Database, Durability, ReadableTable as _, TableDefinition};
use tokio::sync::{mpsc, oneshot};

use super::{StoreError, SyncPolicy};
use crate::sink::StoredRecord;

/// A record in the file: its hash, its JSON text, and the callee's statement about the same call, where it signed one.
pub(super) type Row<'r> = (&'r [u8; 32], &'r str, Option<&'r str>);

/// Records by their position, from 0 on. One table, because each table that a commit touches costs it pages.
pub(super) const RECORDS: TableDefinition<'_, u64, Row<'static>> = TableDefinition::new("records");

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
        let last = table.last().map_err(StoreError::write)?.map(|(position, _)| position.value());
        let first = last.map_or(0, |position| position.saturating_add(1));
        for (position, pending) in (first..).zip(batch) {
            let StoredRecord { hash, json, statement } = &pending.record;
            let row = (&hash.0.0, json.as_str(), statement.as_deref());
            table.insert(position, row).map_err(StoreError::write)?;
        }
    }
    transaction.commit().map_err(StoreError::write)
}
