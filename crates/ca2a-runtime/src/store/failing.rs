//! A disk that fails, under a real store (RUN-46).
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use ca2a_core::{ErrorCode, RecordHash, Sha256};
use redb::{Database, StorageBackend, backends::InMemoryBackend};

use super::{RecordStore, StoreError, SyncPolicy};
use crate::sink::{RecordSink, StoredRecord};

#[derive(Debug)]
struct Disk {
    memory: InMemoryBackend,
    full: Arc<AtomicBool>,
}

impl Disk {
    fn check(&self) -> io::Result<()> {
        if self.full.load(Ordering::SeqCst) {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "no space left on device"));
        }
        Ok(())
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.memory.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.memory.read(offset, out)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.check()?;
        self.memory.set_len(len)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.check()?;
        self.memory.sync_data()
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.check()?;
        self.memory.write(offset, data)
    }
}

fn store() -> (RecordStore, Arc<AtomicBool>) {
    let full = Arc::new(AtomicBool::new(false));
    let disk = Disk { memory: InMemoryBackend::new(), full: Arc::clone(&full) };
    let database = Database::builder().create_with_backend(disk).unwrap();
    (RecordStore::over(database, SyncPolicy::EachCommit).unwrap(), full)
}

fn record(number: usize) -> StoredRecord {
    let json = format!(r#"{{"record_id":"r-{number}"}}"#);
    StoredRecord { hash: RecordHash(Sha256::of(json.as_bytes())), json, statement: None }
}

#[tokio::test]
async fn a_full_disk_acknowledges_nothing() {
    let (store, full) = store();
    for number in 0..3 {
        store.append(record(number)).await.unwrap();
    }
    full.store(true, Ordering::SeqCst);
    for number in 3..6 {
        let error = store.append(record(number)).await.unwrap_err();
        assert!(matches!(error, StoreError::Write { .. }), "{error}");
        let refusal = RecordSink::append(&store, record(number)).await.unwrap_err();
        assert_eq!(refusal.code(), ErrorCode::StoreUnavailable);
    }
}

#[tokio::test]
async fn without_its_writer_a_store_refuses() {
    let (mut store, _) = store();
    store.append(record(0)).await.unwrap();
    store.end_writer();
    assert_eq!(store.append(record(1)).await, Err(StoreError::Stopped));
    let kept: Vec<_> = store.records().unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(kept, [record(0)]);
}
