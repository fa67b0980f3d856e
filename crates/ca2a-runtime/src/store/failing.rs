//! A disk that fails, under a real store (RUN-46).
#![allow(clippy::unwrap_used, reason = "tests")]

use std::{sync::Arc, thread::sleep, time::Duration};

use ca2a_core::{ErrorCode, RecordHash, Sha256};
use tokio::runtime::Builder;

use super::{RecordStore, StoreError, disk::Disk};
use crate::sink::{RecordSink, StoredRecord};

fn record(number: usize) -> StoredRecord {
    let json = format!(r#"{{"record_id":"r-{number}"}}"#);
    StoredRecord { hash: RecordHash(Sha256::of(json.as_bytes())), json, statement: None }
}

#[tokio::test]
async fn a_full_disk_acknowledges_nothing() {
    let disk = Disk::default();
    let store = disk.store();
    for number in 0..3 {
        store.append(record(number)).await.unwrap();
    }
    disk.fill();
    for number in 3..6 {
        let error = store.append(record(number)).await.unwrap_err();
        assert!(matches!(error, StoreError::Write { .. }), "{error}");
        let refusal = RecordSink::append(&store, record(number)).await.unwrap_err();
        assert_eq!(refusal.code(), ErrorCode::StoreUnavailable);
    }
}

#[tokio::test]
async fn without_its_writer_a_store_refuses() {
    let mut store = Disk::default().store();
    store.append(record(0)).await.unwrap();
    store.end_writer();
    assert_eq!(store.append(record(1)).await, Err(StoreError::Stopped));
    let kept: Vec<_> = store.records().unwrap().collect::<Result<_, _>>().unwrap();
    assert_eq!(kept, [record(0)]);
}

#[test]
fn whoever_waits_hears_whatever_the_runtime_of_the_store_does() {
    let disk = Disk::default();
    let (mut threads, mut thread) = (Builder::new_multi_thread(), Builder::new_current_thread());
    let waiters = threads.build().unwrap();
    let together = |store: &Arc<RecordStore>| {
        let stands_still = disk.stand_still();
        // The first one keeps the writer, the others share the commit after it.
        let waiting = [0, 1, 2].map(|number| {
            let store = Arc::clone(store);
            waiters.spawn(async move { store.append(record(number)).await })
        });
        sleep(Duration::from_millis(50));
        drop(stands_still);
        waiting.map(|waiting| waiters.block_on(waiting).unwrap())
    };
    for its in [threads.build().unwrap(), thread.build().unwrap()] {
        let store = its.block_on(async { Arc::new(disk.store()) });
        assert_eq!(together(&store), [Ok(()), Ok(()), Ok(())]);
        its.shutdown_background();
        assert_eq!(together(&store), [Ok(()), Ok(()), Ok(())]);
    }
}
