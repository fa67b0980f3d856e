//! The tasks of lives that are over, and what the life that goes on still has to say (A2A-36).

use std::time::Duration;

use a2a::{Task, TaskState};

use super::{AT_ONCE, Shelf, named, text, within};
use crate::{
    a2a::tasks::{TaskStoreError, stored::abandon},
    postgres::bigint,
    reload::to_standard_error,
    system::{Clock as _, SystemClock},
};

impl Shelf {
    /// Settles them again and again.
    pub(super) async fn keep(self) {
        loop {
            // A database that is away is asked again; what waits there is settled late and not lost.
            let _ = self.settle(SystemClock.now_milliseconds()).await;
            let _ = self.catch_up().await;
            tokio::time::sleep(Duration::from_secs(self.ledger.lease_seconds().div_ceil(3).max(1))).await;
        }
    }

    /// Ends them, as of `now` in Unix milliseconds, and says how many there were.
    pub(super) async fn settle(&self, now: u64) -> Result<usize, TaskStoreError> {
        let mut settled = 0_usize;
        loop {
            match within(self.settle_some(now)).await? {
                0 => return Ok(settled),
                some => settled = settled.saturating_add(some),
            }
        }
    }

    async fn settle_some(&self, now: u64) -> Result<usize, TaskStoreError> {
        let mut transaction = self.pool.begin().await?;
        let left = "select id, task from ca2a.tasks t where epoch is not null and not exists \
            (select from ca2a.lives l where l.epoch = t.epoch and not l.closed and l.lease_until > ca2a.now()) \
            limit $1 for update skip locked";
        let left: Vec<(String, String)> =
            sqlx::query_as(left).bind(AT_ONCE).fetch_all(&mut *transaction).await?;
        let settled = left.len();
        for (id, task) in left {
            let Ok(mut task) = serde_json::from_str::<Task>(&task) else {
                // It would stand before the others for ever. What it says stays as it is.
                to_standard_error()(&format!(
                    "the task {id:?} of the database is no task; it has ended as failed"
                ));
                let end = "update ca2a.tasks set state = $2, changed = greatest(changed, $3), \
                    ended = true, epoch = null, cancellation = null where id = $1";
                let end = sqlx::query(end).bind(id).bind(named(&TaskState::Failed)?).bind(bigint(now));
                end.execute(&mut *transaction).await?;
                continue;
            };
            abandon(&mut task, now);
            let end = "update ca2a.tasks set task = $2, state = $3, changed = greatest(changed, $4), \
                ended = true, epoch = null, cancellation = null where id = $1";
            let end = sqlx::query(end).bind(id).bind(text(&task)?).bind(named(&task.status.state)?);
            end.bind(bigint(now)).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(settled)
    }
}
