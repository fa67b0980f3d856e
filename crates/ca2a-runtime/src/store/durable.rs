//! Records on disk (RUN-44 to RUN-47): redb, one writer, group commit.

use std::{io::Write, path::Path, sync::Arc, thread::JoinHandle};

use ca2a_core::{RecordHash, Sha256};
use ca2a_trace::TrustRecord;
use redb::{Database, DatabaseError, OwnedRange, ReadableDatabase as _, TableDefinition, TableError};
use tokio::{
    runtime::{Handle, RuntimeFlavor},
    sync::oneshot,
};

use super::{
    Export, ExportRecords, Lines, StoreError, SyncPolicy,
    company::{self, Entrance},
    embedded,
    places::Places,
    private,
    writer::{ACTS, Kept, Pending, QUEUE, RECORDS, Row, Work, Writer},
};
use crate::sink::{Appended, RecordSink, SinkError, StoredRecord, TraceSink};

const FORMAT: TableDefinition<'_, &str, u64> = TableDefinition::new("format");
const FORMAT_KEY: &str = "ca2a-records";
const FORMAT_VERSION: u64 = 1;

/// A file of records. One process has it open at a time; dropping it writes what waits and closes it.
#[derive(Debug)]
pub struct RecordStore {
    database: Arc<Database>,
    places: Arc<Places>,
    queue: Option<Entrance<Pending>>,
    writer: Option<JoinHandle<()>>,
}

impl RecordStore {
    /// Opens the store at `path`, or makes it (mode 0600). After a crash it repairs itself here.
    ///
    /// # Errors
    /// When the file cannot be opened, is open elsewhere, or is something else: `STORE_UNAVAILABLE`.
    pub fn open(path: &Path, policy: SyncPolicy) -> Result<Self, StoreError> {
        let broken = |reason: String| StoreError::Open { path: path.to_owned(), reason };
        private::make(path).map_err(|error| broken(error.to_string()))?;
        let database = embedded::create(path).map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => StoreError::InUse { path: path.to_owned() },
            other => broken(other.to_string()),
        })?;
        Self::over(database, policy)
    }

    /// A store in memory, which the process takes with it: for tests and measurements.
    ///
    /// # Errors
    /// When there is no memory or no thread for it.
    pub fn in_memory() -> Result<Self, StoreError> {
        let backend = redb::backends::InMemoryBackend::new();
        let database = Database::builder().create_with_backend(backend).map_err(StoreError::write)?;
        Self::over(database, SyncPolicy::OnClose)
    }

    pub(super) fn over(database: Database, policy: SyncPolicy) -> Result<Self, StoreError> {
        settle_format(&database)?;
        let database = Arc::new(database);
        let (queue, waiting) = company::queue(QUEUE);
        let places = Arc::<Places>::default();
        let writer = Writer {
            database: Arc::clone(&database),
            policy,
            places: Arc::clone(&places),
            // One with a single thread may be at rest when there is something to tell.
            runtime: Handle::try_current()
                .ok()
                .filter(|runtime| runtime.runtime_flavor() == RuntimeFlavor::MultiThread),
        };
        let writer = std::thread::Builder::new()
            .name("ca2a-records".to_owned())
            .spawn(move || writer.run(waiting))
            .map_err(StoreError::write)?;
        Ok(Self { database, places, queue: Some(queue), writer: Some(writer) })
    }

    /// Where the last records were put.
    pub(crate) fn places(&self) -> &Arc<Places> {
        &self.places
    }

    /// Lets the writer finish what waits, and end.
    pub(super) fn end_writer(&mut self) {
        drop(self.queue.take());
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }

    /// Appends `record` and waits until it is as durable as the policy says (RUN-45). Appends that wait at the same
    /// time share one commit; their order in the file is the order in which they began to wait.
    ///
    /// Dropping the future gives up the answer. The record is kept if it was in the queue already.
    ///
    /// # Errors
    /// When the commit failed, or the writer has ended.
    pub async fn append(&self, record: StoredRecord) -> Result<(), StoreError> {
        self.wait(Kept::Decision(record)).await
    }

    async fn wait(&self, kept: Kept) -> Result<(), StoreError> {
        let (done, answer) = oneshot::channel();
        self.enqueue(Pending::Append { kept, done }).await?;
        answer.await.map_err(|_| StoreError::Stopped)?
    }

    async fn enqueue(&self, pending: Pending) -> Result<(), StoreError> {
        let queue = self.queue.as_ref().ok_or(StoreError::Stopped)?;
        queue.enter(pending).await.map_err(|_| StoreError::Stopped)
    }

    /// Puts `work` into the next commit. It hears itself what becomes of it, unless this fails.
    ///
    /// # Errors
    /// When the writer has ended.
    pub(crate) async fn work(&self, work: Box<dyn Work>) -> Result<(), StoreError> {
        self.enqueue(Pending::Work(work)).await
    }

    /// As [`Self::work`] for whoever cannot wait. Where the queue is full, or its writer has ended, nothing comes of it.
    #[cfg(feature = "a2a")]
    pub(crate) fn work_at_once(&self, work: Box<dyn Work>) {
        if let Some(queue) = &self.queue {
            queue.enter_at_once(Pending::Work(work));
        }
    }

    /// Changes the database in a commit of its own, before anybody waits for others.
    ///
    /// # Errors
    /// When the file cannot be written.
    #[cfg(feature = "a2a")]
    pub(crate) fn change(
        &self,
        change: impl FnOnce(&redb::WriteTransaction) -> Result<(), redb::Error>,
    ) -> Result<(), StoreError> {
        let transaction = self.database.begin_write().map_err(StoreError::write)?;
        change(&transaction).map_err(StoreError::write)?;
        transaction.commit().map_err(StoreError::write)
    }

    /// Reads the database as it stands now.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn read<T>(
        &self,
        read: impl FnOnce(&redb::ReadTransaction) -> Result<T, redb::Error>,
    ) -> Result<T, StoreError> {
        let transaction = self.database.begin_read().map_err(StoreError::read)?;
        read(&transaction).map_err(StoreError::read)
    }

    /// The records in order, as they stand now.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn records(&self) -> Result<Records, StoreError> {
        self.range(RECORDS).map(Records)
    }

    /// The TRACE records of this agent's own acts in order, each as JSON text.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn trace_records(&self) -> Result<TraceRecords, StoreError> {
        self.range(ACTS).map(TraceRecords)
    }

    fn range<V: redb::Value + 'static>(
        &self,
        table: TableDefinition<'_, u64, V>,
    ) -> Result<Option<OwnedRange<u64, V>>, StoreError> {
        let transaction = self.database.begin_read().map_err(StoreError::read)?;
        match transaction.open_table(table) {
            Ok(table) => table.range_owned::<u64>(..).map(Some).map_err(StoreError::read),
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(StoreError::read(error)),
        }
    }
}

impl ExportRecords for RecordStore {
    fn export(&self, what: Export, out: &mut dyn Write) -> Result<u64, StoreError> {
        let mut lines = Lines::to(out);
        match what {
            Export::Records => self.records()?.try_for_each(|stored| lines.write(&stored?.json))?,
            Export::Statements => {
                let mut write = |json: &str| lines.write(json);
                self.records()?
                    .try_for_each(|stored| stored?.statement.as_deref().map_or(Ok(()), &mut write))?;
            }
            Export::TraceRecords => self.trace_records()?.try_for_each(|json| lines.write(&json?))?,
        }
        lines.end()
    }
}

impl RecordSink for RecordStore {
    fn append(&self, record: StoredRecord) -> Appended<'_> {
        Box::pin(async move { Self::append(self, record).await.map_err(SinkError::from) })
    }
}

impl TraceSink for RecordStore {
    fn keep(&self, record: &TrustRecord<'_>) -> Appended<'_> {
        let json = String::from_utf8_lossy(record.canonical()).into_owned();
        Box::pin(async move { self.wait(Kept::Act(json)).await.map_err(SinkError::from) })
    }
}

impl Drop for RecordStore {
    fn drop(&mut self) {
        self.end_writer();
    }
}

/// The records of a store, in order, each with the statement that was kept with it.
pub struct Records(Option<OwnedRange<u64, Row<'static>>>);

impl core::fmt::Debug for Records {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.write_str("Records(..)")
    }
}

impl Iterator for Records {
    type Item = Result<StoredRecord, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.0.as_mut()?.next()?;
        Some(entry.map_err(StoreError::read).map(|(_, row)| {
            let (hash, json, statement) = row.value();
            StoredRecord {
                hash: RecordHash(Sha256(*hash)),
                json: json.to_owned(),
                statement: statement.map(str::to_owned),
            }
        }))
    }
}

/// The TRACE records of a store, in order, as JSON text.
pub struct TraceRecords(Option<OwnedRange<u64, &'static str>>);

impl core::fmt::Debug for TraceRecords {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.write_str("TraceRecords(..)")
    }
}

impl Iterator for TraceRecords {
    type Item = Result<String, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.0.as_mut()?.next()?;
        Some(entry.map_err(StoreError::read).map(|(_, row)| row.value().to_owned()))
    }
}

fn settle_format(database: &Database) -> Result<(), StoreError> {
    let transaction = database.begin_write().map_err(StoreError::write)?;
    {
        let mut format = transaction.open_table(FORMAT).map_err(StoreError::write)?;
        let found = format.insert(FORMAT_KEY, FORMAT_VERSION).map_err(StoreError::write)?;
        let found = found.map_or(FORMAT_VERSION, |version| version.value());
        if found != FORMAT_VERSION {
            return Err(StoreError::Format { found, known: FORMAT_VERSION });
        }
    }
    transaction.commit().map_err(StoreError::write)
}
