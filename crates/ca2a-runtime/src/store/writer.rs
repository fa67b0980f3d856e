//! The one thread that writes: whatever waits goes into one transaction, and nobody hears before it is durable.

use std::sync::Arc;

use redb::{Database, Durability, ReadableTable as _, TableDefinition, WriteTransaction};
use tokio::{runtime::Handle, sync::oneshot};

use super::{StoreError, SyncPolicy, company::Company, places::Places};
use crate::sink::StoredRecord;

/// A record in the file: its hash, its JSON text, and the callee's statement about the same call, where it signed one.
pub(super) type Row<'r> = (&'r [u8; 32], &'r str, Option<&'r str>);

/// Records by their position, from 0 on. One table, because each table that a commit touches costs it pages.
pub(super) const RECORDS: TableDefinition<'_, u64, Row<'static>> = TableDefinition::new("records");

/// The TRACE records of this agent's own acts by their position, as JSON text.
pub(super) const ACTS: TableDefinition<'_, u64, &str> = TableDefinition::new("trace-records");

/// How many appends may wait before the next caller waits for room, and how many share one commit.
pub(super) const QUEUE: usize = 1024;

/// What there is to keep.
pub(super) enum Kept {
    /// What this callee decided.
    Decision(StoredRecord),
    /// What this agent did: a TRACE record.
    Act(String),
}

/// Something that waits for its commit.
pub(super) enum Pending {
    /// An append.
    Append { kept: Kept, done: oneshot::Sender<Result<(), StoreError>> },
    /// Anything else.
    Work(Box<dyn Work>),
}

impl Pending {
    fn answer(self, committed: Result<(), StoreError>) {
        match self {
            // A caller that went away does not hear; its record is kept all the same.
            Self::Append { done, .. } => drop(done.send(committed)),
            Self::Work(work) => work.answer(committed),
        }
    }
}

/// Those of one commit, who hear what became of it when this is dropped: nobody can be forgotten.
struct Answers {
    waiting: Vec<Pending>,
    committed: Result<(), StoreError>,
}

impl Drop for Answers {
    fn drop(&mut self) {
        for pending in self.waiting.drain(..) {
            pending.answer(self.committed.clone());
        }
    }
}

/// A change of the database that shares a commit with whatever else waits.
pub(crate) trait Work: Send {
    /// Makes the change in the transaction of the batch. What refuses changes nothing and keeps its refusal for
    /// [`Self::answer`].
    ///
    /// # Errors
    /// What the database said. Then nothing of the batch is committed.
    fn apply(&mut self, transaction: &WriteTransaction) -> Result<(), StoreError>;

    /// Takes in what became of the transaction, before the next one is begun.
    fn settle(&mut self, is_committed: bool);

    /// Tells whoever waits, at some time after that.
    fn answer(self: Box<Self>, committed: Result<(), StoreError>);
}

/// What the writer has beside its queue.
pub(super) struct Writer {
    pub(super) database: Arc<Database>,
    pub(super) policy: SyncPolicy,
    pub(super) places: Arc<Places>,
    /// Where those who wait run, if that is known.
    pub(super) runtime: Option<Handle>,
}

impl Writer {
    /// Writes until every sender is gone.
    pub(super) fn run(self, mut company: Company<Pending>) {
        while let Some(mut batch) = company.gather() {
            let committed = self.commit(self.policy, &mut batch);
            for pending in &mut batch {
                if let Pending::Work(work) = pending {
                    work.settle(committed.is_ok());
                }
            }
            self.tell(Answers { waiting: batch, committed });
        }
        if self.policy == SyncPolicy::OnClose {
            let _ = self.commit(SyncPolicy::EachCommit, &mut []);
        }
    }

    /// To wake one from another thread costs more than to wake many from where they run.
    fn tell(&self, answers: Answers) {
        match &self.runtime {
            Some(runtime) if answers.waiting.len() > 1 => {
                runtime.spawn(async move { drop(answers) });
            }
            _ => drop(answers),
        }
    }

    fn commit(&self, policy: SyncPolicy, batch: &mut [Pending]) -> Result<(), StoreError> {
        let mut transaction = self.database.begin_write().map_err(StoreError::write)?;
        // The policy is about records: whoever brings anything else was promised a disk.
        let is_promised = |pending: &Pending| matches!(pending, Pending::Work(_));
        let durability = match policy {
            SyncPolicy::OnClose if !batch.iter().any(is_promised) => Durability::None,
            SyncPolicy::EachCommit | SyncPolicy::OnClose => Durability::Immediate,
        };
        transaction.set_durability(durability).map_err(StoreError::write)?;
        self.insert(&transaction, batch)?;
        transaction.commit().map_err(StoreError::write)
    }

    /// Puts the batch into the tables that it needs, each kind in its order.
    fn insert(&self, transaction: &WriteTransaction, batch: &mut [Pending]) -> Result<(), StoreError> {
        let decisions = batch.iter().filter_map(|pending| match pending {
            Pending::Append { kept: Kept::Decision(record), .. } => Some(record),
            _ => None,
        });
        let acts = batch.iter().filter_map(|pending| match pending {
            Pending::Append { kept: Kept::Act(json), .. } => Some(json.as_str()),
            _ => None,
        });
        append_decisions(transaction, &self.places, decisions)?;
        append(transaction, ACTS, acts, |_, _| {})?;
        for pending in batch {
            if let Pending::Work(work) = pending {
                work.apply(transaction)?;
            }
        }
        Ok(())
    }
}

/// Appends decisions to the records: those of a batch, or one for work that makes it durable together with something else.
pub(crate) fn append_decisions<'r>(
    transaction: &WriteTransaction,
    places: &Places,
    records: impl IntoIterator<Item = &'r StoredRecord>,
) -> Result<(), StoreError> {
    let rows = records
        .into_iter()
        .map(|record| -> Row<'r> { (&record.hash.0.0, record.json.as_str(), record.statement.as_deref()) });
    append(transaction, RECORDS, rows, |position, (_, json, _)| places.note(json, position))
}

/// Puts `rows` behind what the table has, and says of each where. A table that gets none is not touched.
fn append<'r, V: redb::Value + 'static>(
    transaction: &WriteTransaction,
    table: TableDefinition<'_, u64, V>,
    rows: impl Iterator<Item = V::SelfType<'r>>,
    put: impl Fn(u64, &V::SelfType<'r>),
) -> Result<(), StoreError> {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    let mut table = transaction.open_table(table).map_err(StoreError::write)?;
    let last = table.last().map_err(StoreError::write)?.map(|(position, _)| position.value());
    let first = last.map_or(0, |position| position.saturating_add(1));
    for (position, row) in (first..).zip(rows) {
        put(position, &row);
        table.insert(position, row).map_err(StoreError::write)?;
    }
    Ok(())
}
