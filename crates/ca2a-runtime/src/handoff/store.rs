//! Spent nonces on disk (HAND-31): redb, one commit for each.

use std::{
    path::{Path, PathBuf},
    sync::Mutex,
};

use ca2a_core::{Consumption, ReplayClaim, ReplayError, ReplayStore};
use redb::{Database, DatabaseError};

use crate::store::{
    ReplayLimits, StoreError, embedded, private,
    spent::{SpentClaims, SpentNames},
};

const NAMES: SpentNames = SpentNames {
    spent: "handoff-spent",
    by_expiry: "handoff-by-expiry",
    held: "handoff-held",
    horizon: "handoff-horizon",
};

/// A bounded file of spent nonces. It forgets a claim only once it has expired, and refuses when it is full. One process has
/// it open at a time, so that of any number of equal claims one is fresh.
#[derive(Debug)]
pub struct HandoffStore {
    path: PathBuf,
    database: Mutex<Database>,
    limits: ReplayLimits,
}

impl HandoffStore {
    /// Opens the file at `path`, or makes it (mode 0600).
    ///
    /// # Errors
    /// When the file cannot be opened, is open elsewhere, or is something else: `STORE_UNAVAILABLE`.
    pub fn open(path: &Path, limits: ReplayLimits) -> Result<Self, StoreError> {
        let broken = |reason: String| StoreError::Open { path: path.to_owned(), reason };
        private::make(path).map_err(|error| broken(error.to_string()))?;
        let database = embedded::create(path).map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => StoreError::InUse { path: path.to_owned() },
            other => broken(other.to_string()),
        })?;
        Ok(Self { path: path.to_owned(), database: Mutex::new(database), limits })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn spend(&self, claim: &ReplayClaim, now: u64) -> Result<Result<Consumption, ReplayError>, redb::Error> {
        let Ok(database) = self.database.lock() else { return Ok(Err(ReplayError::Unavailable)) };
        let transaction = database.begin_write()?;
        let spent = SpentClaims::open(&transaction, &NAMES)?.spend_all(&[*claim], now, self.limits)?;
        // Fresh is said only of what is on the disk.
        transaction.commit()?;
        Ok(spent.map(|spent| spent.map_or(Consumption::Fresh, |_| Consumption::Spent)))
    }
}

impl ReplayStore for HandoffStore {
    fn consume(&self, claim: &ReplayClaim, now: u64) -> Result<Consumption, ReplayError> {
        self.spend(claim, now).unwrap_or(Err(ReplayError::Unavailable))
    }
}
