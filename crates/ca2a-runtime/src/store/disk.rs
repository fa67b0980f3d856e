//! A disk for tests: it fills up, stands still, and remembers what it had at each sync.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "tests")]

use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use redb::{Database, StorageBackend};

use super::{RecordStore, SyncPolicy};

#[derive(Debug, Clone, Default)]
pub(crate) struct Disk(Arc<State>);

#[derive(Debug, Default)]
struct State {
    bytes: Mutex<Vec<u8>>,
    synced: Mutex<Vec<Vec<u8>>>,
    is_full: AtomicBool,
    stands_still: AtomicBool,
    is_closed: AtomicBool,
}

/// A disk that stands still until this is dropped.
pub(crate) struct StandsStill(Disk);

impl Drop for StandsStill {
    fn drop(&mut self) {
        self.0.0.stands_still.store(false, Ordering::SeqCst);
    }
}

impl Disk {
    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        Self(Arc::new(State { bytes: Mutex::new(bytes), ..State::default() }))
    }

    /// A store that it has, or that is made on it.
    pub(crate) fn store(&self) -> RecordStore {
        self.store_with(SyncPolicy::EachCommit)
    }

    pub(crate) fn store_with(&self, policy: SyncPolicy) -> RecordStore {
        let database = Database::builder().create_with_backend(self.clone()).unwrap();
        RecordStore::over(database, policy).unwrap()
    }

    /// From now on nothing is written.
    pub(crate) fn fill(&self) {
        self.0.is_full.store(true, Ordering::SeqCst);
    }

    /// As long as this is held nothing is synced.
    pub(crate) fn stand_still(&self) -> StandsStill {
        self.0.stands_still.store(true, Ordering::SeqCst);
        StandsStill(self.clone())
    }

    /// What a machine that lost its power after each sync would find.
    pub(crate) fn synced(&self) -> Vec<Vec<u8>> {
        self.0.synced.lock().unwrap().clone()
    }

    /// Whether the store on it is closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.is_closed.load(Ordering::SeqCst)
    }

    fn bytes(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.bytes.lock().unwrap()
    }

    fn check(&self) -> io::Result<()> {
        if self.0.is_full.load(Ordering::SeqCst) {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "no space left on device"));
        }
        Ok(())
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.bytes().len().try_into().unwrap())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap();
        out.copy_from_slice(&self.bytes()[start..start + out.len()]);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.check()?;
        self.bytes().resize(len.try_into().unwrap(), 0);
        Ok(())
    }

    fn close(&self) -> io::Result<()> {
        self.0.is_closed.store(true, Ordering::SeqCst);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.check()?;
        while self.0.stands_still.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(1));
        }
        let bytes = self.bytes().clone();
        self.0.synced.lock().unwrap().push(bytes);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.check()?;
        let start = usize::try_from(offset).unwrap();
        self.bytes()[start..start + data.len()].copy_from_slice(data);
        Ok(())
    }
}
