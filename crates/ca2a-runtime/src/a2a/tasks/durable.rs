//! Tasks in the file of records: read from memory, written in the commits of the one writer of that file (A2A-33).

mod shelf;
mod table;
#[cfg(test)]
mod tests;
mod unwritten;
mod work;

use std::sync::Arc;

use a2a::Task;
use shelf::Shelf;
use tokio::sync::oneshot;
use work::{EndOfCall, Flush};

use super::{
    MemoryTasks, Owner, TaskFilter, TaskLimits, TaskPage, TaskRow, TaskStore, TaskStoreError, Written,
    is_at_work,
    stored::{abandon, unavailable},
};
use crate::{
    calls::TaskChange,
    store::{RecordStore, StoreError},
};

/// Tasks that survive the process, beside its records. A task that was at work when the process ended is `FAILED` at the
/// next start, with `outcome_unknown` in its status: nobody knows what the agent had done by then (A2A-34).
///
/// One node keeps its tasks in a file; calls that are kept in the same one end in one commit with their tasks (A2A-160).
#[derive(Debug)]
pub struct DurableTasks {
    records: Arc<RecordStore>,
    shelf: Arc<Shelf>,
}

impl DurableTasks {
    /// The tasks in the file of `records`. `now` is in Unix milliseconds.
    ///
    /// # Errors
    /// A file that cannot be read or written, or tasks in it that are none.
    pub fn open(records: Arc<RecordStore>, limits: TaskLimits, now: u64) -> Result<Self, TaskStoreError> {
        let shelf = Shelf::new(MemoryTasks::new(limits), Arc::clone(records.places()));
        let mut rows = records.read(table::read).map_err(unavailable)?;
        rows.sort_by_key(|row| row.changed);
        let mut abandoned = Vec::new();
        for row in rows.iter_mut().filter(|row| is_at_work(&row.task.status.state)) {
            abandon(Arc::make_mut(&mut row.task), now);
            row.changed = now;
            abandoned.push(row.clone());
        }
        let gone = shelf.memory.restore(rows)?;
        let changes = abandoned.iter().map(|row| (row.task.id.as_str(), Some(row)));
        let changes = changes.chain(gone.iter().map(|row| (row.task.id.as_str(), None)));
        let write = |transaction: &_| table::write(transaction, records.places(), changes);
        records.change(write).map_err(unavailable)?;
        Ok(Self { records, shelf: Arc::new(shelf) })
    }
}

/// Waits until what is unwritten now is in the file.
async fn flush(records: &RecordStore, shelf: &Arc<Shelf>) -> Result<(), TaskStoreError> {
    let (done, said) = oneshot::channel();
    let flush = Flush { shelf: Arc::clone(shelf), done: Some(done) };
    records.work(Box::new(flush)).await.map_err(unavailable)?;
    said.await.map_err(|_| unavailable(StoreError::Stopped))?.map_err(unavailable)
}

impl DurableTasks {
    async fn replace(
        &self,
        owner: &Owner,
        task: Arc<Task>,
        seen: Option<u64>,
        changed: u64,
    ) -> Result<(), TaskStoreError> {
        match self.shelf.replace(owner, task, seen, changed)? {
            true => flush(&self.records, &self.shelf).await,
            false => Ok(()),
        }
    }

    /// Writes what is unwritten, in the next commit. Nobody waits for it.
    fn flush_at_some_time(&self) {
        self.records.work_at_once(Box::new(Flush { shelf: Arc::clone(&self.shelf), done: None }));
    }
}

impl Drop for DurableTasks {
    fn drop(&mut self) {
        self.flush_at_some_time();
    }
}

#[async_trait::async_trait]
impl TaskStore for DurableTasks {
    async fn create(&self, row: TaskRow) -> Result<(), TaskStoreError> {
        let (owner, id) = (row.owner, row.task.id.clone());
        let kept = self.begin(row).await?.wait().await;
        if kept.is_err() {
            self.shelf.remove(&owner, &id)?;
        }
        kept
    }

    /// Most tasks come to their end or rest before anybody hears of them, and then share the commit of that.
    async fn begin(&self, row: TaskRow) -> Result<Written, TaskStoreError> {
        let id = row.task.id.clone();
        if self.shelf.put(row)? {
            // Where calls end with their tasks, and where tasks come to nothing, nobody ever waits for a commit of tasks
            // alone, and those that are no more would gather without end.
            self.flush_at_some_time();
        }
        let (records, shelf) = (Arc::clone(&self.records), Arc::clone(&self.shelf));
        Ok(Written::when(async move {
            match shelf.owes(&id) {
                true => flush(&records, &shelf).await,
                false => Ok(()),
            }
        }))
    }

    async fn update(&self, owner: &Owner, task: Arc<Task>, changed: u64) -> Result<(), TaskStoreError> {
        self.replace(owner, task, None, changed).await
    }

    async fn go_on(
        &self,
        owner: &Owner,
        task: Arc<Task>,
        seen: u64,
        changed: u64,
    ) -> Result<(), TaskStoreError> {
        self.replace(owner, task, Some(seen), changed).await
    }

    fn with_call(
        &self,
        owner: &Owner,
        task: &Task,
        changed: u64,
    ) -> Result<Option<TaskChange>, TaskStoreError> {
        self.shelf.memory.limits().admit(task)?;
        let (records, shelf) = (Arc::downgrade(&self.records), Arc::clone(&self.shelf));
        let end = EndOfCall { records, shelf, owner: *owner, task: Arc::new(task.clone()), changed };
        Ok(Some(TaskChange::in_file(end)))
    }

    async fn get(&self, owner: &Owner, id: &str) -> Result<Option<TaskRow>, TaskStoreError> {
        let (found, is_owed) = self.shelf.find(owner, id)?;
        if is_owed {
            flush(&self.records, &self.shelf).await?;
        }
        Ok(found)
    }

    async fn list(&self, owner: &Owner, filter: &TaskFilter) -> Result<TaskPage, TaskStoreError> {
        let (page, is_owed) = self.shelf.page(owner, filter)?;
        if is_owed {
            flush(&self.records, &self.shelf).await?;
        }
        Ok(page)
    }

    async fn remove(&self, owner: &Owner, id: &str) -> Result<(), TaskStoreError> {
        self.shelf.remove(owner, id)
    }
}
