//! Calls of many nodes in one PostgreSQL database (`specs/gateway.md`, GATE-40 to GATE-46).
//!
//! Each step of a call is one transaction. It locks in one order, so that steps wait for each other and never in a circle:
//! its turn at the horizon, the horizon and the life, the proof, the packet, their holders, their shards of the room; at its end
//! the life, the call, its task.
//! A node lives by the clock of the database alone.

mod forget;
mod room;
mod steps;
mod task;

use core::{fmt, future::Future};

use sqlx::{PgConnection, PgPool, Postgres, Transaction};

#[cfg(feature = "a2a")]
pub(crate) use task::put as put_task;

use super::{Answered, CallStoreError, KEEP_OUTCOMES};
use crate::{
    postgres::{PATIENCE, PostgresError, SharedDatabase, bigint, unsigned},
    store::ReplayLimits,
};

/// Calls in a database that many nodes share.
#[derive(Clone)]
pub struct PostgresCalls {
    pool: PgPool,
    limits: ReplayLimits,
    keep_outcomes: u64,
}

impl fmt::Debug for PostgresCalls {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("PostgresCalls").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl From<sqlx::Error> for CallStoreError {
    /// Of anything before the commit: the database takes back what was not committed.
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl PostgresCalls {
    /// Calls in `database`.
    #[must_use]
    pub fn new(database: &SharedDatabase, limits: ReplayLimits) -> Self {
        Self { pool: database.pool.clone(), limits, keep_outcomes: KEEP_OUTCOMES }
    }

    /// Calls in the database at `url`, over connections of their own.
    ///
    /// # Errors
    /// Those of [`SharedDatabase::connect`].
    pub async fn connect(url: &str, limits: ReplayLimits) -> Result<Self, PostgresError> {
        Ok(Self::new(&SharedDatabase::connect(url).await?, limits))
    }

    async fn begin(&self) -> Result<Transaction<'static, Postgres>, CallStoreError> {
        Ok(self.pool.begin().await?)
    }
}

/// Commits. An error here says nothing about whether the database did.
async fn commit(transaction: Transaction<'static, Postgres>) -> Result<(), CallStoreError> {
    transaction.commit().await.map_err(|error| CallStoreError::Unconfirmed(error.to_string()))
}

/// Gives up on `step` when its time is over: what has not been confirmed by then is in doubt.
fn within<'s, T: Send + 's>(
    step: impl Future<Output = Result<T, CallStoreError>> + Send + 's,
) -> Answered<'s, T> {
    Box::pin(async move {
        let late = |_| CallStoreError::Unconfirmed(format!("no answer within {} s", PATIENCE.as_secs()));
        tokio::time::timeout(PATIENCE, step).await.map_err(late)?
    })
}

/// Waits for a turn at the horizon, until the transaction ends: beside others who read it, or alone with whoever raises it. A
/// lock of the row alone would do, but those who share one pass whoever waits for it by himself, and for ever where they
/// never stop coming. These locks are given out in the order in which they were asked for.
async fn turn_at_horizon(connection: &mut PgConnection, is_alone: bool) -> Result<(), sqlx::Error> {
    if is_alone {
        // Who comes meanwhile waits behind it, and no longer than that for a node that hangs.
        sqlx::query("set local lock_timeout = '1s'").execute(&mut *connection).await?;
    }
    let turn = match is_alone {
        true => "select pg_advisory_xact_lock(hashtext('ca2a.horizon'), 0)",
        false => "select pg_advisory_xact_lock_shared(hashtext('ca2a.horizon'), 0)",
    };
    sqlx::query(turn).execute(connection).await.map(drop)
}

/// What time it is for the database, which never goes behind what it has forgotten. Until the transaction ends, nothing more
/// is forgotten.
async fn steady_now(connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
    turn_at_horizon(connection, false).await?;
    let now = "select greatest(ca2a.now(), seen) from ca2a.horizon for key share";
    sqlx::query_scalar(now).fetch_one(connection).await
}
