//! Spent claims in a database: what was spent stays spent until it has expired, however often the process ends.

use ca2a_core::{ReplayClaim, ReplayError};
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

    /// Spends all of `claims`, or none: then it says which of them, by its place, is spent already. It is so once the
    /// transaction is committed.
    pub(crate) fn spend_all(
        &mut self,
        claims: &[ReplayClaim],
        now: u64,
        limits: ReplayLimits,
    ) -> Result<Result<Option<usize>, ReplayError>, redb::StorageError> {
        let seen = self.horizon.get("")?.map_or(0, |latest| latest.value());
        // A clock that steps back brings nothing back that was forgotten.
        let now = now.max(seen);
        if now > seen {
            self.horizon.insert("", now)?;
        }
        self.forget(now, SWEEP)?;
        for (place, claim) in claims.iter().enumerate() {
            if self.is_spent(claim, now)? {
                return Ok(Ok(Some(place)));
            }
        }
        if let Some(refusal) = self.refusal(claims, limits)? {
            self.forget(now, usize::MAX)?;
            if self.refusal(claims, limits)?.is_some() {
                return Ok(Err(refusal));
            }
        }
        for claim in claims {
            self.remember(claim)?;
        }
        Ok(Ok(None))
    }

    /// Whether `claim` is spent, or is as good as that because its time is over.
    fn is_spent(&mut self, claim: &ReplayClaim, now: u64) -> Result<bool, redb::StorageError> {
        if claim.expires_at <= now {
            return Ok(true);
        }
        let until = self.spent.get(&claim.digest.0)?.map(|held| held.value().0);
        if until.is_some_and(|until| until <= now) {
            self.forget(now, usize::MAX)?;
        }
        Ok(until.is_some_and(|until| until > now))
    }

    fn remember(&mut self, claim: &ReplayClaim) -> Result<(), redb::StorageError> {
        let (digest, holder) = (&claim.digest.0, claim.holder.as_bytes());
        self.spent.insert(digest, (claim.expires_at, holder))?;
        self.by_expiry.insert((claim.expires_at, digest), ())?;
        let held = self.held.get(holder)?.map_or(0, |held| held.value());
        self.held.insert(holder, held.saturating_add(1))?;
        Ok(())
    }

    /// Why there is no room for `claims`, where there is none.
    fn refusal(
        &self,
        claims: &[ReplayClaim],
        limits: ReplayLimits,
    ) -> Result<Option<ReplayError>, redb::StorageError> {
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        if self.spent.len()?.saturating_add(number(claims.len())) > number(limits.claims) {
            return Ok(Some(ReplayError::Full));
        }
        for claim in claims {
            let more = claims.iter().filter(|other| other.holder == claim.holder).count();
            let held = self.held.get(claim.holder.as_bytes())?.map_or(0, |held| held.value());
            if held.saturating_add(number(more)) > number(limits.per_holder) {
                return Ok(Some(ReplayError::HolderQuota));
            }
        }
        Ok(None)
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
