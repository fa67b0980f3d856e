//! Records in memory: for tests, measurements, and a node whose operator wants no file.

use std::{
    future::ready,
    sync::{Mutex, MutexGuard},
};

use ca2a_trace::TrustRecord;

use crate::sink::{Appended, RecordSink, SinkError, StoredRecord, TraceSink};

/// Keeps records as long as the process runs, up to a bound.
#[derive(Debug)]
pub struct MemoryRecordStore {
    capacity: usize,
    records: Mutex<Vec<StoredRecord>>,
    acts: Mutex<Vec<TrustRecord<'static>>>,
}

impl Default for MemoryRecordStore {
    /// Room for 1,000,000 records of either kind.
    fn default() -> Self {
        Self::new(1_000_000)
    }
}

impl MemoryRecordStore {
    /// Room for `capacity` records of either kind; the next one is refused.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity, records: Mutex::default(), acts: Mutex::default() }
    }

    /// A copy of what was appended, in order.
    #[must_use]
    pub fn records(&self) -> Vec<StoredRecord> {
        self.records.lock().map(|records| records.clone()).unwrap_or_default()
    }

    /// A copy of the TRACE records that were kept, in order.
    #[must_use]
    pub fn trace_records(&self) -> Vec<TrustRecord<'static>> {
        self.acts.lock().map(|acts| acts.clone()).unwrap_or_default()
    }

    fn push<T>(&self, list: &Mutex<Vec<T>>, item: T) -> Result<(), SinkError> {
        let mut list: MutexGuard<'_, Vec<T>> = list.lock().map_err(|_| refusal("its lock is poisoned"))?;
        if list.len() >= self.capacity {
            return Err(refusal("it is full"));
        }
        list.push(item);
        Ok(())
    }
}

fn refusal(problem: &str) -> SinkError {
    SinkError { reason: format!("the record store in memory: {problem}") }
}

impl RecordSink for MemoryRecordStore {
    fn append(&self, record: StoredRecord) -> Appended<'_> {
        Box::pin(ready(self.push(&self.records, record)))
    }
}

impl TraceSink for MemoryRecordStore {
    fn keep(&self, record: &TrustRecord<'_>) -> Appended<'_> {
        Box::pin(ready(self.push(&self.acts, record.clone().into_owned())))
    }
}
