//! The counters of TPMs, kept under their attestation keys: a TPM that was reset, or set back, is noticed (ATT-329, ATT-503).

#[cfg(feature = "store-redb")]
use std::path::Path;
use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, PoisonError},
};

use ca2a_attest::appraisal::Counters;
#[cfg(feature = "store-redb")]
use redb::{Database, ReadableDatabase as _, TableDefinition};

/// An attestation key, by `ca2a_attest::verify::tpm::KeyMaterial::id`. The key itself and not its Name: a peer that leaves
/// the public area out is the same peer.
pub type KeyId = [u8; 32];

/// Remembers what the counters of a TPM were when its key was last accepted.
pub trait CounterStore: Send + Sync + fmt::Debug {
    /// The last counters of `key`; `None` where it was never seen.
    ///
    /// # Errors
    /// What was remembered cannot be read: the report is refused, since a reset would go unnoticed.
    fn last(&self, key: &KeyId) -> Result<Option<Counters>, CounterError>;

    /// Remembers the counters of `key`, once its report was accepted. Of reports that overtook one another the latest stays.
    ///
    /// # Errors
    /// They could not be remembered; the report is then refused.
    fn remember(&self, key: &KeyId, counters: Counters) -> Result<(), CounterError>;
}

/// Counters that could not be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the counters of a TPM could not be kept: {0}")]
pub struct CounterError(pub String);

/// Counters for as long as the process lives.
#[derive(Debug, Default)]
pub struct MemoryCounters(Mutex<HashMap<KeyId, Counters>>);

impl CounterStore for MemoryCounters {
    fn last(&self, key: &KeyId) -> Result<Option<Counters>, CounterError> {
        Ok(self.recent(key))
    }

    fn remember(&self, key: &KeyId, counters: Counters) -> Result<(), CounterError> {
        self.keep(key, counters);
        Ok(())
    }
}

impl MemoryCounters {
    fn recent(&self, key: &KeyId) -> Option<Counters> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).copied()
    }

    fn keep(&self, key: &KeyId, counters: Counters) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let latest = kept.entry(*key).or_insert(counters);
        if !overtaken(counters, *latest) {
            *latest = counters;
        }
    }
}

/// Whether `counters` are those of an earlier moment than `latest`: counts of resets and restarts decide, then the clock.
fn overtaken(counters: Counters, latest: Counters) -> bool {
    let moment = |counters: Counters| (counters.reset_count, counters.restart_count, counters.clock);
    moment(counters) < moment(latest)
}

/// Counters in a file. What is durable is a reset or restart, and the clock once a minute: between, the clock is in memory,
/// and a crash loses less than a minute of it.
#[cfg(feature = "store-redb")]
#[derive(Debug)]
pub struct FileCounters {
    database: Database,
    recent: MemoryCounters,
}

#[cfg(feature = "store-redb")]
const COUNTERS: TableDefinition<'_, KeyId, (u64, u32, u32)> = TableDefinition::new("counters");
#[cfg(feature = "store-redb")]
const CLOCK_KEPT_EVERY_MS: u64 = 60_000;

#[cfg(feature = "store-redb")]
impl FileCounters {
    /// Opens the file at `path`, and makes it for its owner alone where there is none.
    ///
    /// # Errors
    /// A file that is no such store, or is in use.
    pub fn open(path: &Path) -> Result<Self, CounterError> {
        let failed = |error: &dyn fmt::Display| CounterError(format!("`{}`: {error}", path.display()));
        crate::store::private::make(path).map_err(|error| failed(&error))?;
        let database = crate::store::embedded::create(path).map_err(|error| failed(&error))?;
        let transaction = database.begin_write().map_err(|error| failed(&error))?;
        transaction.open_table(COUNTERS).map_err(|error| failed(&error))?;
        transaction.commit().map_err(|error| failed(&error))?;
        Ok(Self { database, recent: MemoryCounters::default() })
    }

    fn durable(&self, key: &KeyId) -> Result<Option<Counters>, redb::Error> {
        let table = self.database.begin_read()?.open_table(COUNTERS)?;
        let kept = table.get(key)?.map(|kept| kept.value());
        Ok(kept.map(|(clock, reset_count, restart_count)| Counters { clock, reset_count, restart_count }))
    }

    fn write(&self, key: &KeyId, counters: Counters) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        transaction
            .open_table(COUNTERS)?
            .insert(key, (counters.clock, counters.reset_count, counters.restart_count))?;
        Ok(transaction.commit()?)
    }
}

#[cfg(feature = "store-redb")]
impl CounterStore for FileCounters {
    fn last(&self, key: &KeyId) -> Result<Option<Counters>, CounterError> {
        match self.recent.recent(key) {
            Some(recent) => Ok(Some(recent)),
            None => self.durable(key).map_err(|error| unkept(&error)),
        }
    }

    fn remember(&self, key: &KeyId, counters: Counters) -> Result<(), CounterError> {
        let kept = self.durable(key).map_err(|error| unkept(&error))?;
        let needless = kept.is_some_and(|kept| {
            overtaken(counters, kept)
                || (kept.reset_count, kept.restart_count) == (counters.reset_count, counters.restart_count)
                    && counters.clock.saturating_sub(kept.clock) < CLOCK_KEPT_EVERY_MS
        });
        if !needless {
            self.write(key, counters).map_err(|error| unkept(&error))?;
        }
        self.recent.keep(key, counters);
        Ok(())
    }
}

#[cfg(feature = "store-redb")]
fn unkept(error: &redb::Error) -> CounterError {
    CounterError(error.to_string())
}
