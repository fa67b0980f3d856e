//! Tasks in a file: read from memory, written by one thread that commits what waits together (A2A-33).

use std::{collections::BTreeMap, path::Path, sync::Arc, thread::JoinHandle};

use a2a::Task;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};
use tokio::sync::{mpsc, oneshot};

use super::{
    MemoryTasks, Owner, TaskFilter, TaskLimits, TaskPage, TaskRow, TaskStore, TaskStoreError, is_final,
    is_interrupted,
    stored::{abandon, restored, stored, unavailable},
};
use crate::{
    calls::TaskChange,
    store::{embedded, private},
};

const TASKS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("a2a-tasks");

/// How many changes may wait, and how many share one commit.
const QUEUE: usize = 1024;

/// How many changes that nobody waits for are kept back until somebody waits for another.
const HELD: usize = 64;

/// Tasks that survive the process. A task that was at work when the process ended is `FAILED` at the next start, with
/// `outcome_unknown` in its status: nobody knows what the agent had done by then (A2A-34).
#[derive(Debug)]
pub struct DurableTasks {
    memory: MemoryTasks,
    queue: Option<mpsc::Sender<Change>>,
    writer: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Change {
    put: Option<TaskRow>,
    gone: Vec<String>,
    done: Option<oneshot::Sender<Result<(), String>>>,
}

impl DurableTasks {
    /// Opens the file at `path`, or makes it (mode 0600). `now` is in Unix milliseconds.
    ///
    /// # Errors
    /// A file that cannot be opened or read, or that holds something else.
    pub fn open(path: &Path, limits: TaskLimits, now: u64) -> Result<Self, TaskStoreError> {
        private::make(path).map_err(unavailable)?;
        let database = Arc::new(embedded::create(path).map_err(unavailable)?);
        let memory = MemoryTasks::new(limits);
        let mut changes = Vec::new();
        let mut rows = read(&database)?;
        rows.sort_by_key(|row| row.changed);
        for mut row in rows {
            let state = &row.task.status.state;
            if !is_final(state) && !is_interrupted(state) {
                abandon(Arc::make_mut(&mut row.task), now);
                row.changed = now;
                changes.push(Change { put: Some(row.clone()), gone: Vec::new(), done: None });
            }
            let gone = memory.put(row)?;
            changes.push(Change { put: None, gone, done: None });
        }
        commit(&database, &changes).map_err(TaskStoreError::Unavailable)?;
        let (queue, waiting) = mpsc::channel(QUEUE);
        let writer = std::thread::Builder::new().name("ca2a-tasks".to_owned());
        let writer = writer.spawn(move || run(&database, waiting)).map_err(unavailable)?;
        Ok(Self { memory, queue: Some(queue), writer: Some(writer) })
    }

    /// Hands `change` to the writer and, where `wait` says so, waits until it is durable.
    async fn write(&self, put: Option<TaskRow>, gone: Vec<String>, wait: bool) -> Result<(), TaskStoreError> {
        let ended = || TaskStoreError::Unavailable("its writer has ended; restart the node".to_owned());
        let queue = self.queue.as_ref().ok_or_else(ended)?;
        let (done, answer) = oneshot::channel();
        let change = Change { put, gone, done: wait.then_some(done) };
        queue.send(change).await.map_err(|_| ended())?;
        if !wait {
            return Ok(());
        }
        answer.await.map_err(|_| ended())?.map_err(TaskStoreError::Unavailable)
    }
}

impl Drop for DurableTasks {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

#[async_trait::async_trait]
impl TaskStore for DurableTasks {
    async fn create(&self, row: TaskRow) -> Result<(), TaskStoreError> {
        let (owner, id) = (row.owner, row.task.id.clone());
        let gone = self.memory.put(row.clone())?;
        let kept = self.write(Some(row), gone, true).await;
        if kept.is_err() {
            self.memory.forget(&owner, &id)?;
        }
        kept
    }

    async fn update(&self, owner: &Owner, task: Arc<Task>, changed: u64) -> Result<(), TaskStoreError> {
        let row = self.memory.replace(owner, task, changed)?;
        // An event on the way may be lost in a crash, which loses the work anyway; an end may not.
        let state = &row.task.status.state;
        let wait = is_final(state) || is_interrupted(state);
        self.write(Some(row), Vec::new(), wait).await
    }

    fn with_call(&self, _: &Owner, task: &Task, _: u64) -> Result<Option<TaskChange>, TaskStoreError> {
        self.memory.limits().admit(task).map(|_| None)
    }

    async fn get(&self, owner: &Owner, id: &str) -> Result<Option<TaskRow>, TaskStoreError> {
        self.memory.find(owner, id)
    }

    async fn list(&self, owner: &Owner, filter: &TaskFilter) -> Result<TaskPage, TaskStoreError> {
        self.memory.page(owner, filter)
    }

    async fn remove(&self, owner: &Owner, id: &str) -> Result<(), TaskStoreError> {
        self.memory.forget(owner, id)?;
        self.write(None, vec![id.to_owned()], false).await
    }
}

fn read(database: &Database) -> Result<Vec<TaskRow>, TaskStoreError> {
    let transaction = database.begin_read().map_err(unavailable)?;
    let table = match transaction.open_table(TASKS) {
        Ok(table) => table,
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
        Err(error) => return Err(unavailable(error)),
    };
    let mut rows = Vec::new();
    for entry in table.iter().map_err(unavailable)? {
        rows.push(restored(entry.map_err(unavailable)?.1.value())?);
    }
    Ok(rows)
}

/// Writes until every sender is gone. What nobody waits for costs no commit of its own.
fn run(database: &Database, mut waiting: mpsc::Receiver<Change>) {
    let mut batch = Vec::with_capacity(QUEUE);
    while waiting.blocking_recv_many(&mut batch, QUEUE) > 0 || !batch.is_empty() {
        let is_waited_for = batch.iter().any(|change| change.done.is_some());
        if !is_waited_for && batch.len() < HELD && !waiting.is_closed() {
            continue;
        }
        let committed = commit(database, &batch);
        for change in batch.drain(..) {
            if let Some(done) = change.done {
                let _ = done.send(committed.clone());
            }
        }
    }
}

fn commit(database: &Database, batch: &[Change]) -> Result<(), String> {
    let broken = |error: &dyn ToString| error.to_string();
    // What a later change replaces is not written at all.
    let mut rows: BTreeMap<&str, Option<&TaskRow>> = BTreeMap::new();
    for change in batch {
        rows.extend(change.put.as_ref().map(|row| (row.task.id.as_str(), Some(row))));
        rows.extend(change.gone.iter().map(|id| (id.as_str(), None)));
    }
    let transaction = database.begin_write().map_err(|error| broken(&error))?;
    {
        let mut table = transaction.open_table(TASKS).map_err(|error| broken(&error))?;
        for (id, row) in rows {
            match row {
                Some(row) => {
                    let row = stored(row).map_err(|error| broken(&error))?;
                    table.insert(id, row.as_slice()).map_err(|error| broken(&error))?;
                }
                None => drop(table.remove(id).map_err(|error| broken(&error))?),
            }
        }
    }
    transaction.commit().map_err(|error| broken(&error))
}
