//! Records in memory: for tests, measurements, and a node whose operator wants no file.

use std::{future::ready, sync::Mutex};

use crate::sink::{Appended, RecordSink, SinkError, StoredRecord};

/// Keeps records as long as the process runs, up to a bound.
#[derive(Debug)]
pub struct MemoryRecordStore {
    capacity: usize,
    records: Mutex<Vec<StoredRecord>>,
}

impl Default for MemoryRecordStore {
    /// Room for 1,000,000 records.
    fn default() -> Self {
        Self::new(1_000_000)
    }
}

impl MemoryRecordStore {
    /// Room for `capacity` records; the next one is refused.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity, records: Mutex::default() }
    }

    /// A copy of what was appended, in order.
    #[must_use]
    pub fn records(&self) -> Vec<StoredRecord> {
        self.records.lock().map(|records| records.clone()).unwrap_or_default()
    }

    fn keep(&self, record: StoredRecord) -> Result<(), SinkError> {
        let mut records = self.records.lock().map_err(|_| refusal("its lock is poisoned"))?;
        if records.len() >= self.capacity {
            return Err(refusal("it is full"));
        }
        records.push(record);
        Ok(())
    }
}

fn refusal(problem: &str) -> SinkError {
    SinkError { reason: format!("the record store in memory: {problem}") }
}

impl RecordSink for MemoryRecordStore {
    fn append(&self, record: StoredRecord) -> Appended<'_> {
        Box::pin(ready(self.keep(record)))
    }
}
