//! Room for a new task (A2A-30): what ended first makes it.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use sqlx::PgConnection;

use super::{AT_ONCE, Shelf, count};
use crate::{
    a2a::tasks::{TaskLimits, TaskStoreError, limits::has_waited_since},
    postgres::bigint,
};

/// For how long a count of all tasks is good, together with what this node has added to it. What other nodes add meanwhile may
/// go beyond the bound.
const FRESH: Duration = Duration::from_secs(1);

/// How many tasks there are, as they were counted last.
#[derive(Default)]
pub(super) struct Room(Mutex<Option<Counted>>);

#[derive(Clone, Copy)]
struct Counted {
    at: Instant,
    tasks: i64,
    bytes: i64,
}

impl Room {
    fn last(&self) -> Option<Counted> {
        let counted = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counted.filter(|counted| counted.at.elapsed() < FRESH)
    }

    fn set(&self, counted: Counted) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(counted);
    }
}

impl Shelf {
    /// Lets go of what ended first, so that a task of `weight` for `owner` fits at `now`, in Unix milliseconds.
    pub(super) async fn make_room(
        &self,
        connection: &mut PgConnection,
        owner: &[u8],
        weight: i64,
        now: u64,
    ) -> Result<(), TaskStoreError> {
        self.make_room_in_share(connection, owner, weight, now).await?;
        let mut counted = match self.room.last() {
            Some(counted) => counted,
            None => all(connection).await?,
        };
        while !self.fits(counted, weight) {
            // Full as of then, or so it seems from here: it is looked at anew before anything goes.
            counted = all(connection).await?;
            if self.fits(counted, weight) {
                break;
            }
            let beyond = counted.tasks.saturating_sub(count(self.limits.tasks)).saturating_add(1);
            if let_go(connection, None, beyond.clamp(1, AT_ONCE), now).await? == 0 {
                return Err(TaskStoreError::Full);
            }
            counted = all(connection).await?;
        }
        let (tasks, bytes) = (counted.tasks.saturating_add(1), counted.bytes.saturating_add(weight));
        self.room.set(Counted { tasks, bytes, ..counted });
        Ok(())
    }

    /// The same within what may be `owner`'s.
    async fn make_room_in_share(
        &self,
        connection: &mut PgConnection,
        owner: &[u8],
        weight: i64,
        now: u64,
    ) -> Result<(), TaskStoreError> {
        let TaskLimits { tasks, bytes, per_owner, owner_bytes, .. } = self.limits;
        let (tasks, bytes) = if owner.is_empty() { (tasks, bytes) } else { (per_owner, owner_bytes) };
        loop {
            let held = "select count(*), coalesce(sum(weight), 0)::bigint from ca2a.tasks where owner = $1";
            let held = sqlx::query_as(held).bind(owner).fetch_one(&mut *connection).await?;
            let (held, weighed): (i64, i64) = held;
            let mut beyond = held.saturating_sub(count(tasks)).saturating_add(1);
            if held > 0 && weighed.saturating_add(weight) > count(bytes) {
                beyond = beyond.max(1);
            }
            if beyond <= 0 {
                return Ok(());
            }
            if let_go(connection, Some(owner), beyond, now).await? < beyond {
                return Err(TaskStoreError::Full);
            }
        }
    }

    fn fits(&self, counted: Counted, weight: i64) -> bool {
        counted.tasks < count(self.limits.tasks)
            && counted.bytes.saturating_add(weight) <= count(self.limits.bytes)
    }
}

async fn all(connection: &mut PgConnection) -> Result<Counted, TaskStoreError> {
    let all = "select count(*), coalesce(sum(weight), 0)::bigint from ca2a.tasks";
    let at = Instant::now();
    let (tasks, bytes) = sqlx::query_as(all).fetch_one(connection).await?;
    Ok(Counted { at, tasks, bytes })
}

/// Deletes the `most` tasks, of `owner` or of everybody, that ended first, and says how many there were. Where fewer have ended,
/// those go too that have waited for their client the longest, and for too long at `now`.
async fn let_go(
    connection: &mut PgConnection,
    owner: Option<&[u8]>,
    most: i64,
    now: u64,
) -> Result<i64, TaskStoreError> {
    let ended = "delete from ca2a.tasks where id in (select id from ca2a.tasks \
        where ended and ($1::bytea is null or owner = $1) order by changed limit $2 for update skip locked)";
    let gone = sqlx::query(ended).bind(owner).bind(most).execute(&mut *connection).await?;
    let gone = bigint(gone.rows_affected());
    let left = most.saturating_sub(gone);
    if left == 0 {
        return Ok(gone);
    }
    let waiting = "delete from ca2a.tasks where id in (select id from ca2a.tasks \
        where not ended and epoch is null and changed <= $3 and ($1::bytea is null or owner = $1) \
        order by changed limit $2 for update skip locked)";
    let waiting = sqlx::query(waiting).bind(owner).bind(left).bind(bigint(has_waited_since(now)));
    Ok(gone.saturating_add(bigint(waiting.execute(connection).await?.rows_affected())))
}
