//! Tasks in memory, and beside them what of it is not in the file.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use a2a::Task;
use redb::WriteTransaction;

use super::{
    table,
    unwritten::{EVICTED, Unwritten},
};
use crate::{
    a2a::tasks::{
        MemoryTasks, Owner, TaskFilter, TaskPage, TaskRow, TaskStoreError, is_at_work, is_final,
        memory::after,
    },
    store::Places,
};

/// Memory changes together with what is unwritten of it: no look sees the one without the other.
#[derive(Debug)]
pub(super) struct Shelf {
    pub(super) memory: MemoryTasks,
    unwritten: Mutex<Unwritten>,
    places: Arc<Places>,
}

impl Shelf {
    pub(super) fn new(memory: MemoryTasks, places: Arc<Places>) -> Self {
        Self { memory, unwritten: Mutex::default(), places }
    }

    fn held(&self) -> MutexGuard<'_, Unwritten> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a change under the lock. To drop a task takes longer than that: what the change gives back is dropped by whoever
    /// gets it, when others may look again.
    fn change<T>(&self, change: impl FnOnce(&mut Unwritten) -> T) -> T {
        change(&mut self.held())
    }

    /// Says whether so much is to leave the file that it should.
    pub(super) fn put(&self, row: TaskRow) -> Result<bool, TaskStoreError> {
        let put = self.change(|unwritten| {
            // A file that takes nothing any more would let this grow for as long as tasks make room for each other.
            if unwritten.len() > self.memory.limits().tasks.saturating_mul(2).saturating_add(EVICTED) {
                return Err(TaskStoreError::Unavailable("too much of it is not written".to_owned()));
            }
            let gone = self.memory.put(row.clone())?;
            unwritten.put(row, true);
            gone.iter().for_each(|row| unwritten.evict(row.task.id.clone()));
            Ok((unwritten.is_due(), gone))
        });
        put.map(|(is_due, _)| is_due)
    }

    /// Says whether the change is to be written before anybody hears of it.
    pub(super) fn replace(
        &self,
        owner: &Owner,
        task: Arc<Task>,
        seen: Option<u64>,
        changed: u64,
    ) -> Result<bool, TaskStoreError> {
        let replaced = self.change(|unwritten| {
            let (row, rested) = self.memory.replace(owner, task, seen, changed)?;
            // Nobody waits for a change of a task at work: a crash loses the work with it. But one that goes on must not be found
            // waiting after that, as if nobody had worked on it.
            let is_owed = rested || !is_at_work(&row.task.status.state);
            Ok((is_owed, unwritten.put(row, is_owed)))
        });
        replaced.map(|(is_owed, _)| is_owed)
    }

    pub(super) fn remove(&self, owner: &Owner, id: &str) -> Result<(), TaskStoreError> {
        let forgotten = self.change(|unwritten| {
            let forgotten = self.memory.forget(owner, id)?;
            Ok((forgotten, unwritten.remove(id.to_owned())))
        });
        forgotten.map(drop)
    }

    /// The task, and whether nobody hears of it yet.
    pub(super) fn find(&self, owner: &Owner, id: &str) -> Result<(Option<TaskRow>, bool), TaskStoreError> {
        let unwritten = self.held();
        Ok((self.memory.find(owner, id)?, unwritten.owes(id)))
    }

    /// A page, and whether nobody hears yet of one of its tasks.
    pub(super) fn page(
        &self,
        owner: &Owner,
        filter: &TaskFilter,
    ) -> Result<(TaskPage, bool), TaskStoreError> {
        let unwritten = self.held();
        let page = self.memory.page(owner, filter)?;
        let is_owed = page.rows.iter().any(|row| unwritten.owes(&row.task.id));
        Ok((page, is_owed))
    }

    /// Whether nobody hears of task `id` yet.
    pub(super) fn owes(&self, id: &str) -> bool {
        self.held().owes(id)
    }

    /// Writes what is unwritten.
    pub(super) fn write(&self, transaction: &WriteTransaction) -> Result<(), redb::Error> {
        let rows = self.held().take();
        let rows = rows.iter().map(|(id, row)| (id.as_str(), row.as_ref()));
        table::write(transaction, &self.places, rows)
    }

    pub(super) fn committed(&self, is_written: bool) {
        drop(self.change(|unwritten| unwritten.committed(is_written)));
    }

    /// Writes a change before memory makes it. Says whether there is a task that may change so.
    pub(super) fn write_ahead(
        &self,
        transaction: &WriteTransaction,
        owner: &Owner,
        task: &Arc<Task>,
        changed: u64,
    ) -> Result<bool, redb::Error> {
        let Ok(Some(mut row)) = self.memory.find(owner, &task.id) else { return Ok(false) };
        if is_final(&row.task.status.state) || row.task.context_id != task.context_id {
            return Ok(false);
        }
        row.task = Arc::clone(task);
        row.changed = after(row.changed, changed);
        self.held().pass_by(&task.id);
        table::write(transaction, &self.places, std::iter::once((task.id.as_str(), Some(&row))))?;
        Ok(true)
    }

    /// Makes a change that is written.
    pub(super) fn catch_up(&self, owner: &Owner, task: &Arc<Task>, changed: u64) {
        drop(self.change(|unwritten| {
            let written = unwritten.committed(true);
            let gone = match self.memory.replace(owner, Arc::clone(task), None, changed) {
                // It was removed while it was written.
                Err(TaskStoreError::Unknown) => unwritten.remove(task.id.clone()),
                // Or it changed, and that is to be written yet.
                _ => None,
            };
            (written, gone)
        }));
    }
}
