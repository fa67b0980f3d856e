//! Spent claims in a database: what was spent stays spent until it has expired, however often the process ends.

use ca2a_core::{Consumption, ReplayClaim, ReplayError};
use redb::{ReadableTable as _, ReadableTableMetadata as _, Table, TableDefinition, WriteTransaction};

use super::ReplayLimits;

/// How many expired claims are forgotten with each one that is spent.
const SWEEP: usize = 16;

/// Under which names a database keeps its claims.
#[derive(Debug)]
pub(crate) struct SpentNames {
    /// The digest of what is spent: when it may be forgotten, and whose it was.
    pub(crate) spent: &'static str,
    /// The same by the time at which it may be forgotten.
    pub(crate) by_expiry: &'static str,
    /// How many claims each holder has.
    pub(crate) held: &'static str,
    /// The latest time seen, under the empty name.
    pub(crate) horizon: &'static str,
}

/// The claims, inside one transaction.
pub(crate) struct SpentClaims<'t> {
    spent: Table<'t, &'static [u8; 32], (u64, &'static [u8; 32])>,
    by_expiry: Table<'t, (u64, &'static [u8; 32]), ()>,
    held: Table<'t, &'static [u8; 32], u64>,
    horizon: Table<'t, &'static str, u64>,
}

/// What there is to say about a claim.
pub(crate) type Spent = Result<Consumption, ReplayError>;

impl<'t> SpentClaims<'t> {
    pub(crate) fn open(
        transaction: &'t WriteTransaction,
        names: &SpentNames,
    ) -> Result<Self, redb::TableError> {
        Ok(Self {
            spent: transaction.open_table(TableDefinition::new(names.spent))?,
            by_expiry: transaction.open_table(TableDefinition::new(names.by_expiry))?,
            held: transaction.open_table(TableDefinition::new(names.held))?,
            horizon: transaction.open_table(TableDefinition::new(names.horizon))?,
        })
    }

    /// Spends `claim`. It is so once the transaction is committed.
    pub(crate) fn spend(
        &mut self,
        claim: &ReplayClaim,
        now: u64,
        limits: ReplayLimits,
    ) -> Result<Spent, redb::StorageError> {
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
            Some(_) => drop(self.forget(now, usize::MAX)?),
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

    fn refusal(
        &self,
        holder: &[u8; 32],
        limits: ReplayLimits,
    ) -> Result<Option<ReplayError>, redb::StorageError> {
        let most = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        if self.spent.len()? >= most(limits.claims) {
            return Ok(Some(ReplayError::Full));
        }
        let held = self.held.get(holder)?.map_or(0, |held| held.value());
        Ok((held >= most(limits.per_holder)).then_some(ReplayError::HolderQuota))
    }

    /// Forgets up to `most` claims that have expired, and says how many there were.
    pub(crate) fn sweep(&mut self, now: u64, most: usize) -> Result<usize, redb::StorageError> {
        let seen = self.horizon.get("")?.map_or(0, |latest| latest.value());
        if now > seen {
            self.horizon.insert("", now)?;
        }
        self.forget(now.max(seen), most)
    }

    /// Forgets up to `budget` claims that have expired by `now`, and says how many there were.
    fn forget(&mut self, now: u64, budget: usize) -> Result<usize, redb::StorageError> {
        let mut forgotten = 0_usize;
        while forgotten < budget {
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
            forgotten = forgotten.saturating_add(1);
        }
        Ok(forgotten)
    }
}
