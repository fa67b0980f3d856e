//! Record stores: order, durability, refusal.

use std::{path::PathBuf, sync::Arc};

use ca2a_core::{ErrorCode, RecordHash, Sha256};
use ca2a_covers::covers;
use ca2a_runtime::{
    sink::{RecordSink, StoredRecord},
    store::{Export, ExportRecords as _, MemoryRecordStore, RecordStore, StoreError, SyncPolicy},
};

/// A folder that goes away with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("records.redb")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn record(number: usize) -> StoredRecord {
    let json = format!(r#"{{"record_id":"r-{number}"}}"#);
    StoredRecord { hash: RecordHash(Sha256::of(json.as_bytes())), json, statement: None }
}

fn read(store: &RecordStore) -> Vec<StoredRecord> {
    store.records().unwrap().collect::<Result<_, _>>().unwrap()
}

/// RUN-44: records come back in order, in this process and the next.
#[tokio::test]
async fn records_come_back_in_order() {
    covers!(accept, "RUN-44", "RUN-46", "RUN-47");
    let folder = Folder::new("order");
    let expected: Vec<_> = (0..30).map(record).collect();
    {
        let store = RecordStore::open(&folder.file(), SyncPolicy::EachCommit).unwrap();
        assert!(read(&store).is_empty());
        for record in &expected[..20] {
            store.append(record.clone()).await.unwrap();
        }
        assert_eq!(read(&store), expected[..20]);
    }
    let store = RecordStore::open(&folder.file(), SyncPolicy::OnClose).unwrap();
    for record in &expected[20..] {
        store.append(record.clone()).await.unwrap();
    }
    drop(store);
    let store = RecordStore::open(&folder.file(), SyncPolicy::EachCommit).unwrap();
    assert_eq!(read(&store), expected);

    let mut lines = Vec::new();
    assert_eq!(store.export(Export::Records, &mut lines).unwrap(), 30);
    let lines = String::from_utf8(lines).unwrap();
    assert_eq!(
        lines.lines().collect::<Vec<_>>(),
        expected.iter().map(|record| record.json.as_str()).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn an_exported_record_is_one_line() {
    covers!(refuse, "RUN-44");
    let folder = Folder::new("lines");
    let store = RecordStore::open(&folder.file(), SyncPolicy::EachCommit).unwrap();
    let json = "{\r\n \"a\":\n1}".to_owned();
    store.append(StoredRecord { json, ..record(0) }).await.unwrap();
    let mut lines = Vec::new();
    store.export(Export::Records, &mut lines).unwrap();
    assert_eq!(lines, b"{   \"a\": 1}\n");
}

/// RUN-45: many appends at once are all kept, each once.
#[tokio::test(flavor = "multi_thread")]
async fn concurrent_appends_are_all_kept() {
    covers!(accept, "RUN-45");
    let folder = Folder::new("many");
    let store = Arc::new(RecordStore::open(&folder.file(), SyncPolicy::EachCommit).unwrap());
    let tasks: Vec<_> = (0..500)
        .map(|number| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { RecordSink::append(&*store, record(number)).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let mut kept: Vec<_> = read(&store).into_iter().map(|record| record.json).collect();
    let mut expected: Vec<_> = (0..500).map(|number| record(number).json).collect();
    kept.sort();
    expected.sort();
    assert_eq!(kept, expected);
}

/// RUN-45, RUN-48: what is on the disk after each commit, and what only after the store was closed.
#[tokio::test]
async fn a_commit_is_on_the_disk_unless_that_was_given_up() {
    covers!(accept, "RUN-45", "RUN-48");
    covers!(refuse, "RUN-45", "RUN-48");
    for (policy, at_once) in [(SyncPolicy::EachCommit, 3), (SyncPolicy::OnClose, 0)] {
        let folder = Folder::new(&format!("sync-{at_once}"));
        let store = RecordStore::open(&folder.file(), policy).unwrap();
        for number in 0..3 {
            store.append(record(number)).await.unwrap();
        }
        // A process that is killed leaves the file as it is.
        let left = folder.0.join("left.redb");
        std::fs::copy(folder.file(), &left).unwrap();
        let kept = read(&RecordStore::open(&left, SyncPolicy::EachCommit).unwrap());
        assert_eq!(kept.len(), at_once, "{policy:?}");
        drop(store);
        assert_eq!(read(&RecordStore::open(&folder.file(), SyncPolicy::EachCommit).unwrap()).len(), 3);
    }
}

/// RUN-47: one file, one process; and nothing but a store is opened as one.
#[test]
fn what_cannot_be_opened_says_so() {
    covers!(refuse, "RUN-47");
    let folder = Folder::new("open");
    let store = RecordStore::open(&folder.file(), SyncPolicy::EachCommit).unwrap();
    let again = RecordStore::open(&folder.file(), SyncPolicy::EachCommit).unwrap_err();
    assert!(matches!(again, StoreError::InUse { .. }), "{again}");
    assert_eq!(again.code(), ErrorCode::StoreUnavailable);
    drop(store);
    RecordStore::open(&folder.file(), SyncPolicy::EachCommit).unwrap();

    let text = folder.0.join("notes.txt");
    std::fs::write(&text, "these are no records, and they stay as they are").unwrap();
    let error = RecordStore::open(&text, SyncPolicy::EachCommit).unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }), "{error}");
    assert_eq!(std::fs::read(&text).unwrap(), b"these are no records, and they stay as they are");
    let error = RecordStore::open(&folder.0.join("absent/records.redb"), SyncPolicy::EachCommit).unwrap_err();
    assert!(matches!(error, StoreError::Open { .. }), "{error}");
    assert!(RecordStore::open(&folder.0, SyncPolicy::EachCommit).is_err());
}

/// RUN-47: the file is its owner's.
#[cfg(unix)]
#[test]
fn the_file_is_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("private");
    let _store = RecordStore::open(&folder.file(), SyncPolicy::EachCommit).unwrap();
    let mode = std::fs::metadata(folder.file()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// RUN-46: a store in memory that is full refuses.
#[tokio::test]
async fn a_full_memory_store_refuses() {
    covers!(accept, "RUN-46");
    covers!(refuse, "RUN-46");
    let store = MemoryRecordStore::new(2);
    store.append(record(0)).await.unwrap();
    store.append(record(1)).await.unwrap();
    let error = store.append(record(2)).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::StoreUnavailable);
    assert_eq!(store.records(), [record(0), record(1)]);
}
