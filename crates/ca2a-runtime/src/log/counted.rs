//! What a commit and a proof cost, counted on the disk below (LOG-52, LOG-55).
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "tests"
)]

use std::{
    collections::BTreeSet,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use ca2a_core::{
    SigningKey,
    cose::{Claims, Signer},
};
use ca2a_covers::covers;
use ca2a_trace::scitt::SignedStatement;
use redb::{Database, StorageBackend};

use super::{EntryId, LogError, StatementLog, file};

const NOW: u64 = 1_790_000_000;

#[derive(Debug, Default)]
struct Bytes {
    all: Mutex<Vec<u8>>,
    /// No commit ends while it is closed.
    closed: AtomicBool,
    /// How many bytes were read.
    read: AtomicU64,
}

#[derive(Debug, Clone, Default)]
struct Disk(Arc<Bytes>);

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.all.lock().unwrap().len() as u64)
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read.fetch_add(out.len() as u64, Ordering::SeqCst);
        out.copy_from_slice(&self.0.all.lock().unwrap()[offset as usize..offset as usize + out.len()]);
        Ok(())
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.all.lock().unwrap().resize(len as usize, 0);
        Ok(())
    }
    fn sync_data(&self) -> io::Result<()> {
        while self.0.closed.load(Ordering::SeqCst) {
            thread::yield_now();
        }
        Ok(())
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.all.lock().unwrap()[offset as usize..offset as usize + data.len()].copy_from_slice(data);
        Ok(())
    }
}

fn key() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

fn statement(number: u64) -> Vec<u8> {
    let claims = Claims { issuer: "i".into(), subject: "s".into(), issued_at: None };
    let key = SigningKey::from_seed(&[2; 32]);
    let payload = number.to_be_bytes();
    let said = SignedStatement::of_payload(&claims, "text/plain", &payload, &Signer::eddsa(&key));
    said.unwrap().to_vec().unwrap()
}

/// An empty log over `disk`.
fn empty(disk: &Disk) -> StatementLog {
    let database = Database::builder().create_with_backend(disk.clone()).unwrap();
    assert!(file::establish(&database, "https://log.example", &key().verifying_key()).unwrap());
    StatementLog::over(database, key()).unwrap().unwrap()
}

/// Registers `count` statements by as many callers that wait at the same time: no commit ends before all of them do.
fn filled(disk: &Disk, count: u64) -> (StatementLog, Vec<EntryId>) {
    let log = Arc::new(empty(disk));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let ids = runtime.block_on(async {
        let mut ids = Vec::new();
        let numbers: Vec<u64> = (0..count).collect();
        // Half of what the queue takes, so that each of them is in it or in the commit before.
        for together in numbers.chunks(super::writer::QUEUE / 2) {
            disk.0.closed.store(true, Ordering::SeqCst);
            let tasks: Vec<_> = together
                .iter()
                .map(|number| {
                    let (log, statement) = (Arc::clone(&log), statement(*number));
                    tokio::spawn(async move { log.register(&statement, NOW).await.unwrap().id })
                })
                .collect();
            // This runtime has one thread: whoever yields once more than there are tasks has seen each of them wait.
            for _ in 0..=tasks.len() {
                tokio::task::yield_now().await;
            }
            disk.0.closed.store(false, Ordering::SeqCst);
            for task in tasks {
                ids.push(task.await.unwrap());
            }
        }
        ids
    });
    drop(runtime);
    (Arc::into_inner(log).unwrap(), ids)
}

/// LOG-52: whoever comes while a commit is under way is in the next one, and hears nothing before it ended.
#[test]
fn callers_that_wait_share_a_commit() {
    covers!(accept, "LOG-52");
    let (log, ids) = filled(&Disk::default(), 300);
    // The first receipt of an entry is over the tree of its commit (LOG-50).
    let trees: BTreeSet<u64> = ids[1..].iter().map(|id| log.receipt(*id).unwrap().proof().size()).collect();
    assert!(trees.len() <= 2, "{trees:?}");
    assert_eq!((log.head().unwrap().size, trees.last()), (300, Some(&300)));
}

/// LOG-55: from 64 entries to 2,048 a proof comes to read a few pages more, and not all of the file.
#[test]
fn a_proof_reads_little_of_a_large_log() {
    covers!(accept, "LOG-55");
    covers!(refuse, "LOG-55");
    let cost = |size: u64| {
        let disk = Disk::default();
        let (log, ids) = filled(&disk, size);
        drop(log);
        // Nothing that was read before is remembered.
        let database = Database::builder().set_cache_size(0).create_with_backend(disk.clone()).unwrap();
        let log = StatementLog::over(database, key()).unwrap().unwrap();
        let cost = |prove: &dyn Fn()| {
            let before = disk.0.read.load(Ordering::SeqCst);
            prove();
            disk.0.read.load(Ordering::SeqCst) - before
        };
        assert_eq!(
            log.receipt_at(ids[3], size + 1, NOW).unwrap_err(),
            LogError::NoSuchTree { index: 3, asked: size + 1, size }
        );
        [
            cost(&|| drop(log.receipt_at(ids[3], size, NOW).unwrap())),
            cost(&|| drop(log.consistency(5, size, NOW).unwrap())),
            cost(&|| drop(log.checkpoint(NOW).unwrap())),
        ]
        .into_iter()
        .chain([disk.0.all.lock().unwrap().len() as u64])
        .collect::<Vec<_>>()
    };
    let (small, large) = (cost(64), cost(2_048));
    println!("bytes read for a receipt, a growth, a checkpoint; of a file of: {small:?}, {large:?}");
    for (few, more) in small.iter().zip(&large).take(3) {
        assert!(*few > 0 && *more < few * 8, "32 times as many entries: {few} and {more} bytes");
    }
}
