//! The records of all nodes of one database, for whoever asks one of them (GATE-72).

use std::{fmt, io::Write, sync::Arc};

use tokio::runtime::Handle;

use super::{SharedDatabase, in_time};
use crate::store::{Export, ExportRecords, Lines, RecordStore, StoreError};

/// Records that are read at once.
const PAGE: i64 = 500;

/// Records and statements in a database, and beside them the acts of one node, which it keeps in its folder of state.
pub struct PostgresRecords {
    database: SharedDatabase,
    acts: Arc<RecordStore>,
    runtime: Handle,
}

impl fmt::Debug for PostgresRecords {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("PostgresRecords").finish_non_exhaustive()
    }
}

/// Where a record stands, the record, and the statement that was kept with it.
type Row = (i64, String, Option<String>);

impl PostgresRecords {
    /// The records in `database`, asked for on `runtime`, and the acts of the node whose own store is `acts`.
    #[must_use]
    pub fn new(database: SharedDatabase, acts: Arc<RecordStore>, runtime: Handle) -> Self {
        Self { database, acts, runtime }
    }

    /// Where the last record stands that there is.
    fn last(&self) -> Result<i64, StoreError> {
        let last = "select coalesce(max(position), 0) from ca2a.records";
        let last = sqlx::query_scalar(last).fetch_one(&self.database.pool);
        self.runtime.block_on(in_time(last)).map_err(StoreError::read)
    }

    fn page(&self, after: i64, last: i64) -> Result<Vec<Row>, StoreError> {
        let page = "select position, record, statement from ca2a.records \
            where position > $1 and position <= $2 order by position limit $3";
        let page = sqlx::query_as(page).bind(after).bind(last).bind(PAGE).fetch_all(&self.database.pool);
        self.runtime.block_on(in_time(page)).map_err(StoreError::read)
    }
}

impl ExportRecords for PostgresRecords {
    /// What was committed when it was asked for. It panics inside of the runtime, which it blocks.
    fn export(&self, what: Export, out: &mut dyn Write) -> Result<u64, StoreError> {
        if what == Export::TraceRecords {
            return self.acts.export(what, out);
        }
        let (mut lines, mut after, last) = (Lines::to(out), 0, self.last()?);
        loop {
            let page = self.page(after, last)?;
            let Some((end, ..)) = page.last() else { return lines.end() };
            after = *end;
            for (_, record, statement) in &page {
                match what {
                    Export::Statements => statement.iter().try_for_each(|json| lines.write(json))?,
                    Export::Records | Export::TraceRecords => lines.write(record)?,
                }
            }
        }
    }
}
