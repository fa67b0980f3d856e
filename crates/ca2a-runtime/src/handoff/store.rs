//! Spent nonces on disk (HAND-31): redb, one commit for each.

use std::{
    path::{Path, PathBuf},
    sync::Mutex,
};

use ca2a_core::{Consumption, ReplayClaim, ReplayError, ReplayStore};
use redb::{Database, DatabaseError, ReadableTable as _, ReadableTableMetadata as _, TableDefinition};

use crate::store::{ReplayLimits, StoreError, private};

/// The digest of what is spent: when it may be forgotten, and whose it was.
const SPENT: TableDefinition<'_, &[u8; 32], (u64, &[u8; 32])> = TableDefinition::new("handoff-spent");
/// The same by the time at which it may be forgotten.
const BY_EXPIRY: TableDefinition<'_, (u64, &[u8; 32]), ()> = TableDefinition::new("handoff-by-expiry");
/// How many claims each holder has.
const HELD: TableDefinition<'_, &[u8; 32], u64> = TableDefinition::new("handoff-held");
/// The latest time seen, under the empty name.
const HORIZON: TableDefinition<'_, &str, u64> = TableDefinition::new("handoff-horizon");

/// How many expired claims are forgotten with each one that is spent.
const SWEEP: usize = 16;

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
        let database = Database::create(path).map_err(|error| match error {
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

    fn spend(&self, claim: &ReplayClaim, now: u64) -> Result<Spent, redb::Error> {
        let Ok(database) = self.database.lock() else { return Ok(Err(ReplayError::Unavailable)) };
        let transaction = database.begin_write()?;
        let answer = {
            let mut tables = Tables {
                spent: transaction.open_table(SPENT)?,
                by_expiry: transaction.open_table(BY_EXPIRY)?,
                held: transaction.open_table(HELD)?,
                horizon: transaction.open_table(HORIZON)?,
            };
            tables.spend(claim, now, self.limits)?
        };
        // Fresh is said only of what is on the disk.
        transaction.commit()?;
        Ok(answer)
    }
}

type Spent = Result<Consumption, ReplayError>;

impl ReplayStore for HandoffStore {
    fn consume(&self, claim: &ReplayClaim, now: u64) -> Spent {
        self.spend(claim, now).unwrap_or(Err(ReplayError::Unavailable))
    }
}

struct Tables<'t> {
    spent: redb::Table<'t, &'static [u8; 32], (u64, &'static [u8; 32])>,
    by_expiry: redb::Table<'t, (u64, &'static [u8; 32]), ()>,
    held: redb::Table<'t, &'static [u8; 32], u64>,
    horizon: redb::Table<'t, &'static str, u64>,
}

impl Tables<'_> {
    fn spend(&mut self, claim: &ReplayClaim, now: u64, limits: ReplayLimits) -> Result<Spent, redb::Error> {
        let seen = self.horizon.get("")?.map_or(0, |latest| latest.value());
        // A clock that steps back brings nothing back that was forgotten.
        let now = now.max(seen);
        if now > seen {
            self.horizon.insert("", now)?;
        }
        let (digest, holder) = (&claim.digest.0, claim.holder.as_bytes());
        if claim.expires_at <= now {
            return Ok(Ok(Consumption::Spent));
        }
        self.forget(now, SWEEP)?;
        let until = self.spent.get(digest)?.map(|held| held.value().0);
        match until {
            Some(until) if until > now => return Ok(Ok(Consumption::Spent)),
            Some(_) => self.forget(now, usize::MAX)?,
            None => {}
        }
        if let Some(refusal) = self.refusal(holder, limits)? {
            self.forget(now, usize::MAX)?;
            if self.refusal(holder, limits)?.is_some() {
                return Ok(Err(refusal));
            }
        }
        self.spent.insert(digest, (claim.expires_at, holder))?;
        self.by_expiry.insert((claim.expires_at, digest), ())?;
        let held = self.held.get(holder)?.map_or(0, |held| held.value());
        self.held.insert(holder, held.saturating_add(1))?;
        Ok(Ok(Consumption::Fresh))
    }

    fn refusal(&self, holder: &[u8; 32], limits: ReplayLimits) -> Result<Option<ReplayError>, redb::Error> {
        let most = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        if self.spent.len()? >= most(limits.claims) {
            return Ok(Some(ReplayError::Full));
        }
        let held = self.held.get(holder)?.map_or(0, |held| held.value());
        Ok((held >= most(limits.per_holder)).then_some(ReplayError::HolderQuota))
    }

    /// Forgets up to `budget` claims that have expired by `now`.
    fn forget(&mut self, now: u64, mut budget: usize) -> Result<(), redb::Error> {
        while budget > 0 {
            let first = self.by_expiry.first()?.map(|(key, _)| (key.value().0, *key.value().1));
            let Some((expiry, digest)) = first.filter(|(expiry, _)| *expiry <= now) else { break };
            self.by_expiry.remove((expiry, &digest))?;
            let holder = self.spent.remove(&digest)?.map(|held| *held.value().1);
            if let Some(holder) = holder {
                let held = self.held.get(&holder)?.map_or(0, |held| held.value());
                match held {
                    0 | 1 => drop(self.held.remove(&holder)?),
                    more => drop(self.held.insert(&holder, more.saturating_sub(1))?),
                }
            }
            budget = budget.saturating_sub(1);
        }
        Ok(())
    }
}
