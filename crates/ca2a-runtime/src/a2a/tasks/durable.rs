//! Tasks in a file: read from memory, written by one thread that commits what waits together (A2A-33).

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::JoinHandle,
};

use a2a::Task;
use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition};
use tokio::sync::{mpsc, oneshot};

use super::{
    MemoryTasks, Owner, TaskFilter, TaskLimits, TaskPage, TaskRow, TaskStore, TaskStoreError, Written,
    is_final, is_interrupted,
    stored::{abandon, restored, stored, unavailable},
};
use crate::{
    calls::TaskChange,
    store::{company, embedded, private},
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
    /// How many new tasks are on their way into the file.
    begun: Arc<AtomicUsize>,
}

#[derive(Debug, Default)]
struct Change {
    put: Option<TaskRow>,
    gone: Vec<String>,
    awaited: Awaited,
}

/// Who waits for a change.
#[derive(Debug, Default)]
enum Awaited {
    /// Nobody: it is kept with the next one that somebody waits for.
    #[default]
    Never,
    /// Whoever began a task, and says so when somebody is to hear of it.
    Later(oneshot::Sender<Committed>),
    /// Somebody, now.
    Now(oneshot::Sender<Committed>),
}

/// What became of a commit.
type Committed = Result<(), String>;

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
            if is_at_work(&row) {
                abandon(Arc::make_mut(&mut row.task), now);
                row.changed = now;
                changes.push(Change { put: Some(row.clone()), ..Change::default() });
            }
            let gone = memory.put(row)?;
            changes.push(Change { gone, ..Change::default() });
        }
        commit(&database, &changes).map_err(TaskStoreError::Unavailable)?;
        let (queue, waiting) = mpsc::channel(QUEUE);
        let writer = std::thread::Builder::new().name("ca2a-tasks".to_owned());
        let begun = Arc::<AtomicUsize>::default();
        let theirs = Arc::clone(&begun);
        let writer = writer.spawn(move || run(&database, waiting, &theirs)).map_err(unavailable)?;
        Ok(Self { memory, queue: Some(queue), writer: Some(writer), begun })
    }

    fn queue(&self) -> Result<&mpsc::Sender<Change>, TaskStoreError> {
        self.queue.as_ref().ok_or_else(ended)
    }

    async fn enqueue(&self, change: Change) -> Result<(), TaskStoreError> {
        self.queue()?.send(change).await.map_err(|_| ended())
    }

    /// Hands a change to the writer and waits until it is durable.
    async fn write(&self, put: Option<TaskRow>) -> Result<(), TaskStoreError> {
        let (done, said) = oneshot::channel();
        self.enqueue(Change { put, awaited: Awaited::Now(done), ..Change::default() }).await?;
        heard(said).await
    }

    /// Waits until nothing that was begun is on its way any more: somebody hears of it.
    async fn settle(&self) -> Result<(), TaskStoreError> {
        match self.begun.load(Ordering::Acquire) {
            0 => Ok(()),
            _ => self.write(None).await,
        }
    }
}

fn is_at_work(row: &TaskRow) -> bool {
    let state = &row.task.status.state;
    !is_final(state) && !is_interrupted(state)
}

fn ended() -> TaskStoreError {
    TaskStoreError::Unavailable("its writer has ended; restart the node".to_owned())
}

async fn heard(said: oneshot::Receiver<Committed>) -> Result<(), TaskStoreError> {
    said.await.map_err(|_| ended())?.map_err(TaskStoreError::Unavailable)
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
        let kept = self.begin(row).await?.wait().await;
        if kept.is_err() {
            self.memory.forget(&owner, &id)?;
        }
        kept
    }

    /// Most tasks come to their end or rest before anybody hears of them, and then share the commit of that.
    async fn begin(&self, row: TaskRow) -> Result<Written, TaskStoreError> {
        let queue = self.queue()?;
        let room = queue.reserve().await.map_err(|_| ended())?;
        let (done, mut said) = oneshot::channel();
        let gone = self.memory.put(row.clone())?;
        self.begun.fetch_add(1, Ordering::AcqRel);
        room.send(Change { put: Some(row), gone, awaited: Awaited::Later(done) });
        let queue = queue.downgrade();
        Ok(Written::when(async move {
            if let Ok(said) = said.try_recv() {
                return said.map_err(TaskStoreError::Unavailable);
            }
            // A writer whose store is gone commits what it has.
            if let Some(queue) = queue.upgrade() {
                let hurry = Change { awaited: Awaited::Now(oneshot::channel().0), ..Change::default() };
                queue.send(hurry).await.map_err(|_| ended())?;
            }
            heard(said).await
        }))
    }

    async fn update(&self, owner: &Owner, task: Arc<Task>, changed: u64) -> Result<(), TaskStoreError> {
        let row = self.memory.replace(owner, task, changed)?;
        if !is_at_work(&row) {
            return self.write(Some(row)).await;
        }
        // An event on the way may be lost in a crash, which loses the work anyway; an end may not.
        self.enqueue(Change { put: Some(row), ..Change::default() }).await
    }

    fn with_call(&self, _: &Owner, task: &Task, _: u64) -> Result<Option<TaskChange>, TaskStoreError> {
        self.memory.limits().admit(task).map(|_| None)
    }

    async fn get(&self, owner: &Owner, id: &str) -> Result<Option<TaskRow>, TaskStoreError> {
        let found = self.memory.find(owner, id)?;
        if found.iter().any(is_at_work) {
            self.settle().await?;
        }
        Ok(found)
    }

    async fn list(&self, owner: &Owner, filter: &TaskFilter) -> Result<TaskPage, TaskStoreError> {
        let page = self.memory.page(owner, filter)?;
        if page.rows.iter().any(is_at_work) {
            self.settle().await?;
        }
        Ok(page)
    }

    async fn remove(&self, owner: &Owner, id: &str) -> Result<(), TaskStoreError> {
        self.memory.forget(owner, id)?;
        self.enqueue(Change { gone: vec![id.to_owned()], ..Change::default() }).await
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
fn run(database: &Database, mut waiting: mpsc::Receiver<Change>, begun: &AtomicUsize) {
    let mut batch = Vec::with_capacity(QUEUE);
    let mut in_company = false;
    while waiting.blocking_recv_many(&mut batch, QUEUE) > 0 || !batch.is_empty() {
        if urgent(&batch) == 0 && batch.len() < HELD && !waiting.is_closed() {
            continue;
        }
        if in_company {
            company::gather(&mut batch, &mut waiting, QUEUE);
        }
        in_company = urgent(&batch) > 1;
        let committed = commit(database, &batch);
        for change in batch.drain(..) {
            let done = match change.awaited {
                Awaited::Never => continue,
                Awaited::Later(done) => {
                    begun.fetch_sub(1, Ordering::AcqRel);
                    done
                }
                Awaited::Now(done) => done,
            };
            let _ = done.send(committed.clone());
        }
    }
}

fn urgent(batch: &[Change]) -> usize {
    batch.iter().filter(|change| matches!(change.awaited, Awaited::Now(_))).count()
}

fn commit(database: &Database, batch: &[Change]) -> Committed {
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
