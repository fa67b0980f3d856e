//! A disk that fails at every write in turn, under a real log (LOG-52, LOG-54).
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "tests"
)]

use std::{
    io,
    sync::{Arc, Mutex},
};

use ca2a_core::{
    ErrorCode, EvaluationTime, SigningKey,
    cose::{Claims, Signer},
};
use ca2a_covers::covers;
use ca2a_trace::{
    merkle::TreeHead,
    scitt::{SignedStatement, TrustedSigners},
};
use redb::{Database, StorageBackend};

use super::{EntryId, LogError, StatementLog, file};

const NOW: u64 = 1_790_000_000;
const NAME: &str = "https://log.example";

/// What a machine that lost its power has of the writes that were not synced.
#[derive(Debug, Clone, Copy)]
enum Loss {
    /// All, and half of the last one.
    Torn,
    /// None.
    All,
    /// Every other one.
    Half,
}

#[derive(Debug, Default)]
struct State {
    /// What is there for sure.
    synced: Vec<u8>,
    /// What the process reads.
    current: Vec<u8>,
    /// Writes since the last sync.
    pending: Vec<(usize, Vec<u8>)>,
    /// Writes, syncs and changes of length until the disk fails.
    left: usize,
}

impl State {
    fn over(image: &[u8], left: usize) -> Self {
        Self { synced: image.to_vec(), current: image.to_vec(), pending: Vec::new(), left }
    }

    fn spend(&mut self) -> io::Result<()> {
        self.left = self.left.checked_sub(1).ok_or(io::ErrorKind::StorageFull)?;
        Ok(())
    }

    fn after(&self, loss: Loss) -> Vec<u8> {
        let mut image = self.synced.clone();
        let last = self.pending.len().saturating_sub(1);
        for (number, (at, bytes)) in self.pending.iter().enumerate() {
            let kept = match loss {
                Loss::Torn if number == last => &bytes[..bytes.len() / 2],
                Loss::Torn => bytes,
                Loss::All => &[],
                Loss::Half if number % 2 == 0 => &[],
                Loss::Half => bytes,
            };
            if image.len() < at + kept.len() {
                image.resize(at + kept.len(), 0);
            }
            image[*at..at + kept.len()].copy_from_slice(kept);
        }
        image
    }
}

#[derive(Debug, Clone, Default)]
struct Disk(Arc<Mutex<State>>);

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.lock().unwrap().current.len() as u64)
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.0.lock().unwrap();
        out.copy_from_slice(&state.current[offset as usize..offset as usize + out.len()]);
        Ok(())
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        state.spend()?;
        state.synced.resize(len as usize, 0);
        state.current.resize(len as usize, 0);
        Ok(())
    }
    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        state.spend()?;
        state.synced = state.current.clone();
        state.pending.clear();
        Ok(())
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.0.lock().unwrap();
        // The write that fails may have reached the disk in part.
        state.pending.push((offset as usize, data.to_vec()));
        state.spend()?;
        state.current[offset as usize..offset as usize + data.len()].copy_from_slice(data);
        Ok(())
    }
}

fn key() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

fn statement(number: usize) -> Vec<u8> {
    let claims = Claims { issuer: "i".into(), subject: "s".into(), issued_at: None };
    let key = SigningKey::from_seed(&[2; 32]);
    let said = SignedStatement::of_payload(&claims, "text/plain", &[number as u8; 900], &Signer::eddsa(&key));
    said.unwrap().to_vec().unwrap()
}

fn opened(disk: &Disk) -> Option<StatementLog> {
    let database = Database::builder().create_with_backend(disk.clone()).ok()?;
    StatementLog::over(database, key()).ok()?
}

/// An empty log, as it lies on the disk.
fn empty() -> Vec<u8> {
    let disk = Disk(Arc::new(Mutex::new(State::over(&[], usize::MAX))));
    let database = Database::builder().create_with_backend(disk.clone()).unwrap();
    assert!(file::establish(&database, NAME, &key().verifying_key()).unwrap());
    drop(database);
    let state = disk.0.lock().unwrap();
    state.current.clone()
}

/// Registers until the disk fails. Says what was acknowledged, and the head after each.
fn register_until_it_fails(log: &StatementLog) -> (Vec<EntryId>, Vec<TreeHead>, bool) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (mut ids, mut heads) = (Vec::new(), Vec::new());
    for number in 0..4 {
        match runtime.block_on(log.register(&statement(number), NOW)) {
            Ok(registered) => ids.push(registered.id),
            Err(error) => {
                assert_eq!(error.code(), ErrorCode::StoreUnavailable, "{error}");
                let after = runtime.block_on(log.register(&statement(number), NOW));
                assert_eq!(after, Err(LogError::Stopped), "nothing more is taken in");
                return (ids, heads, true);
            }
        }
        heads.extend(log.head().ok());
    }
    (ids, heads, false)
}

fn holds(log: &StatementLog, ids: &[EntryId], heads: &[TreeHead]) {
    let head = log.audit().unwrap();
    assert_eq!(log.head().unwrap(), head);
    let logs = TrustedSigners::from_iter([(NAME, log.public_key())]);
    for id in ids {
        match log.receipt(*id) {
            Ok(receipt) => drop(receipt.verify(id.0, &logs, EvaluationTime::At(NOW)).unwrap()),
            Err(error) => assert_eq!((error, head.size), (LogError::Pending, 1)),
        }
    }
    for kept in heads.iter().filter(|kept| kept.size < head.size) {
        let growth = log.consistency(kept.size, head.size, NOW).unwrap();
        growth.verify(kept, &logs, EvaluationTime::At(NOW)).unwrap().confirm(&head).unwrap();
    }
    assert!(heads.iter().all(|kept| kept.size != head.size || *kept == head), "a fork");
    assert!(heads.iter().all(|kept| kept.size <= head.size), "a rollback");
}

#[test]
fn at_whatever_write_a_disk_fails_the_log_opens_and_proves() {
    covers!(accept, "LOG-52", "LOG-54");
    covers!(refuse, "LOG-52");
    let image = empty();
    let mut acknowledged = Vec::new();
    for left in 0.. {
        let disk = Disk(Arc::new(Mutex::new(State::over(&image, left))));
        let Some(log) = opened(&disk) else { continue };
        let (ids, heads, failed) = register_until_it_fails(&log);
        acknowledged.push(ids.len());
        // From here on nothing reaches the disk, not even what closing writes.
        disk.0.lock().unwrap().left = 0;
        let images = [Loss::Torn, Loss::All, Loss::Half].map(|loss| disk.0.lock().unwrap().after(loss));
        drop(log);
        for image in images {
            let disk = Disk(Arc::new(Mutex::new(State::over(&image, usize::MAX))));
            holds(&opened(&disk).unwrap(), &ids, &heads);
        }
        if !failed {
            break;
        }
    }
    assert!(acknowledged.is_sorted());
    acknowledged.dedup();
    assert_eq!(acknowledged, [0, 1, 2, 3, 4], "the disk failed within each of the registrations");
}

/// What a log acknowledged and a disk gave away all the same is not signed for as if it were there (LOG-54).
#[test]
fn what_is_gone_is_not_proved() {
    covers!(refuse, "LOG-54");
    let image = empty();
    let disk = Disk(Arc::new(Mutex::new(State::over(&image, usize::MAX))));
    let log = opened(&disk).unwrap();
    let (ids, heads, failed) = register_until_it_fails(&log);
    assert!(!failed);
    holds(&log, &ids, &heads);
    drop(log);
    // The disk says that it synced, and has what was there before.
    let disk = Disk(Arc::new(Mutex::new(State::over(&image, usize::MAX))));
    let log = opened(&disk).unwrap();
    assert_eq!(log.audit().unwrap(), TreeHead::empty());
    for id in ids {
        assert_eq!(log.receipt(id), Err(LogError::NoEntry));
    }
    let kept = heads.last().unwrap();
    assert!(matches!(log.consistency(1, kept.size, NOW), Err(LogError::NoGrowth { .. })));
    let head = log.checkpoint(NOW).unwrap();
    let logs = TrustedSigners::from_iter([(NAME, log.public_key())]);
    let head = head.verify(&logs, EvaluationTime::At(NOW)).unwrap().head();
    assert!(head.size < kept.size, "and whoever kept a head sees that it went back");
}

#[test]
fn without_its_writer_a_log_refuses() {
    covers!(refuse, "LOG-52");
    let disk = Disk(Arc::new(Mutex::new(State::over(&empty(), usize::MAX))));
    let mut log = opened(&disk).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(log.register(&statement(0), NOW)).unwrap();
    log.end_writer();
    assert_eq!(runtime.block_on(log.register(&statement(1), NOW)), Err(LogError::Stopped));
    assert_eq!(log.head().unwrap().size, 1);
}
