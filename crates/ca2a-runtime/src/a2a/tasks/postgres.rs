//! Tasks of many nodes in one PostgreSQL database (A2A-35 to A2A-37).
//!
//! A task at work belongs to the life of the node whose agent works on it: no other node changes it until it rests or
//! ends. Of a life that is over, the tasks are settled by whichever node notices first.

use std::{fmt, sync::Arc, time::Duration};

use a2a::{Task, TaskState};
use sqlx::{PgConnection, PgPool};
use tokio::task::JoinHandle;

use super::{
    Owner, TaskFilter, TaskLimits, TaskPage, TaskRow, TaskStore, TaskStoreError, is_final, is_interrupted,
    place::{place, token},
    row::weight,
    stored::{abandon, hops, provenance, unavailable},
};
use crate::{
    calls::Ledger,
    postgres::{SharedDatabase, bigint, unsigned},
    system::{Clock as _, SystemClock},
};

/// Tasks that are settled, or make room, in one commit.
const AT_ONCE: i64 = 64;

/// Tasks in a database that many nodes share. It looks for tasks of lives that are over for as long as it lives.
pub struct PostgresTasks {
    shelf: Shelf,
    keeper: JoinHandle<()>,
}

impl fmt::Debug for PostgresTasks {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("PostgresTasks").field("limits", &self.shelf.limits).finish_non_exhaustive()
    }
}

#[derive(Clone)]
struct Shelf {
    pool: PgPool,
    ledger: Arc<Ledger>,
    limits: TaskLimits,
}

impl From<sqlx::Error> for TaskStoreError {
    fn from(error: sqlx::Error) -> Self {
        unavailable(error)
    }
}

impl PostgresTasks {
    /// Tasks in `database`, where `ledger` keeps the calls of this node, whose life its tasks at work belong to. It needs a
    /// tokio runtime.
    #[must_use]
    pub fn new(database: &SharedDatabase, ledger: Arc<Ledger>, limits: TaskLimits) -> Self {
        let shelf = Shelf { pool: database.pool.clone(), ledger, limits };
        let keeper = tokio::spawn(shelf.clone().keep());
        Self { shelf, keeper }
    }

    /// Ends the tasks of lives that are over, as of `now` in Unix milliseconds, and says how many there were (A2A-36).
    ///
    /// # Errors
    /// A store that does not answer.
    pub async fn settle(&self, now: u64) -> Result<usize, TaskStoreError> {
        self.shelf.settle(now).await
    }
}

impl Drop for PostgresTasks {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

/// A row of the table: when it changed, under what it was made, the task.
type Row = (i64, String, String);

fn restored(owner: &Owner, (changed, under, task): Row) -> Result<TaskRow, TaskStoreError> {
    Ok(TaskRow {
        owner: *owner,
        provenance: provenance(&serde_json::from_str::<Vec<_>>(&under).map_err(unavailable)?)?,
        task: Arc::new(serde_json::from_str(&task).map_err(unavailable)?),
        changed: unsigned(changed),
    })
}

fn owned(owner: &Owner) -> Vec<u8> {
    match owner {
        Owner::Holder(key) => key.as_bytes().to_vec(),
        Owner::Anyone => Vec::new(),
    }
}

fn text(task: &Task) -> Result<String, TaskStoreError> {
    serde_json::to_string(task).map_err(unavailable)
}

/// What a state is called on the wire.
fn named(state: &TaskState) -> Result<String, TaskStoreError> {
    let name = serde_json::to_value(state).map_err(unavailable)?;
    name.as_str().map(str::to_owned).ok_or_else(|| unavailable("a state has a name"))
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Shelf {
    /// The life that a task in this state belongs to.
    fn life(&self, state: &TaskState) -> Option<i64> {
        (!is_final(state) && !is_interrupted(state)).then(|| bigint(self.ledger.epoch().0))
    }

    async fn keep(self) {
        loop {
            // A database that is away is asked again; what waits there is settled late and not lost.
            let _ = self.settle(SystemClock.now_milliseconds()).await;
            tokio::time::sleep(Duration::from_secs(self.ledger.lease_seconds().div_ceil(3).max(1))).await;
        }
    }

    async fn settle(&self, now: u64) -> Result<usize, TaskStoreError> {
        let mut settled = 0_usize;
        loop {
            let mut transaction = self.pool.begin().await?;
            let left = "select id, task from ca2a.tasks t where epoch is not null and not exists \
                (select from ca2a.lives l where l.epoch = t.epoch and not l.closed and l.lease_until > ca2a.now()) \
                limit $1 for update skip locked";
            let left: Vec<(String, String)> =
                sqlx::query_as(left).bind(AT_ONCE).fetch_all(&mut *transaction).await?;
            if left.is_empty() {
                return Ok(settled);
            }
            settled = settled.saturating_add(left.len());
            for (id, task) in left {
                let mut task: Task = serde_json::from_str(&task).map_err(unavailable)?;
                abandon(&mut task, now);
                let end = "update ca2a.tasks set task = $2, state = $3, changed = greatest(changed, $4), \
                    ended = true, epoch = null where id = $1";
                let end = sqlx::query(end).bind(id).bind(text(&task)?).bind(named(&task.status.state)?);
                end.bind(bigint(now)).execute(&mut *transaction).await?;
            }
            transaction.commit().await?;
        }
    }

    /// Lets go of what ended first, so that a task of `weight` for `owner` fits.
    async fn make_room(
        &self,
        connection: &mut PgConnection,
        owner: &[u8],
        weight: i64,
    ) -> Result<(), TaskStoreError> {
        let share = count(if owner.is_empty() { self.limits.tasks } else { self.limits.per_owner });
        let held = "select count(*) from ca2a.tasks where owner = $1";
        let held: i64 = sqlx::query_scalar(held).bind(owner).fetch_one(&mut *connection).await?;
        let beyond = held.saturating_sub(share).saturating_add(1);
        if beyond > 0 && let_go(connection, Some(owner), beyond).await? < beyond {
            return Err(TaskStoreError::Full);
        }
        loop {
            let all = "select count(*), coalesce(sum(weight), 0)::bigint from ca2a.tasks";
            let (held, bytes): (i64, i64) = sqlx::query_as(all).fetch_one(&mut *connection).await?;
            let beyond = held.saturating_sub(count(self.limits.tasks)).saturating_add(1);
            let heavy = bytes.saturating_add(weight) > count(self.limits.bytes);
            if beyond <= 0 && !heavy {
                return Ok(());
            }
            if let_go(connection, None, beyond.clamp(1, AT_ONCE)).await? == 0 {
                return Err(TaskStoreError::Full);
            }
        }
    }
}

/// Deletes the `most` tasks, of `owner` or of everybody, that ended first, and says how many there were.
async fn let_go(
    connection: &mut PgConnection,
    owner: Option<&[u8]>,
    most: i64,
) -> Result<i64, TaskStoreError> {
    let go = "delete from ca2a.tasks where id in (select id from ca2a.tasks \
        where ended and ($1::bytea is null or owner = $1) order by changed limit $2 for update skip locked)";
    let gone = sqlx::query(go).bind(owner).bind(most).execute(connection).await?;
    Ok(bigint(gone.rows_affected()))
}

#[async_trait::async_trait]
impl TaskStore for PostgresTasks {
    async fn create(&self, row: TaskRow) -> Result<(), TaskStoreError> {
        let (shelf, task) = (&self.shelf, &row.task);
        let weight = weight(task);
        if weight > shelf.limits.task_bytes {
            return Err(TaskStoreError::TooLarge { limit: shelf.limits.task_bytes });
        }
        let owner = owned(&row.owner);
        let mut transaction = shelf.pool.begin().await?;
        // One after another in one context, so that it has one owner.
        let alone = "select pg_advisory_xact_lock(hashtextextended($1, 0))";
        sqlx::query(alone).bind(&task.context_id).execute(&mut *transaction).await?;
        let foreign = "select exists (select from ca2a.tasks where context = $1 and owner <> $2)";
        let foreign = sqlx::query_scalar(foreign).bind(&task.context_id).bind(&owner);
        if foreign.fetch_one(&mut *transaction).await? {
            return Err(TaskStoreError::Foreign);
        }
        shelf.make_room(&mut transaction, &owner, count(weight)).await?;
        let keep = "insert into ca2a.tasks (id, owner, context, provenance, changed, state, ended, weight, epoch, task) \
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing";
        let state = &task.status.state;
        let kept = sqlx::query(keep)
            .bind(&task.id)
            .bind(owner)
            .bind(&task.context_id)
            .bind(serde_json::to_string(&hops(&row.provenance)).map_err(unavailable)?)
            .bind(bigint(row.changed))
            .bind(named(state)?)
            .bind(is_final(state))
            .bind(count(weight))
            .bind(shelf.life(state))
            .bind(text(task)?)
            .execute(&mut *transaction)
            .await?;
        if kept.rows_affected() == 0 {
            return Err(TaskStoreError::Foreign);
        }
        Ok(transaction.commit().await?)
    }

    async fn update(&self, owner: &Owner, task: Task, changed: u64) -> Result<(), TaskStoreError> {
        let (shelf, owner, weight) = (&self.shelf, owned(owner), weight(&task));
        if weight > shelf.limits.task_bytes {
            return Err(TaskStoreError::TooLarge { limit: shelf.limits.task_bytes });
        }
        let state = &task.status.state;
        let put = "update ca2a.tasks set changed = greatest(changed, $4), state = $5, ended = $6, weight = $7, \
            epoch = $8, task = $9 \
            where id = $1 and owner = $2 and context = $3 and not ended and (epoch is null or epoch = $10)";
        let put = sqlx::query(put)
            .bind(&task.id)
            .bind(&owner)
            .bind(&task.context_id)
            .bind(bigint(changed))
            .bind(named(state)?)
            .bind(is_final(state))
            .bind(count(weight))
            .bind(shelf.life(state))
            .bind(text(&task)?)
            .bind(bigint(shelf.ledger.epoch().0))
            .execute(&shelf.pool)
            .await?;
        if put.rows_affected() > 0 {
            return Ok(());
        }
        let why = "select ended, context = $3 from ca2a.tasks where id = $1 and owner = $2";
        let why = sqlx::query_as(why).bind(&task.id).bind(&owner).bind(&task.context_id);
        Err(match why.fetch_optional(&shelf.pool).await? {
            None => TaskStoreError::Unknown,
            Some((true, _)) => TaskStoreError::Ended,
            Some((false, false)) => TaskStoreError::Foreign,
            Some((false, true)) => TaskStoreError::AtWork,
        })
    }

    async fn get(&self, owner: &Owner, id: &str) -> Result<Option<TaskRow>, TaskStoreError> {
        let get = "select changed, provenance, task from ca2a.tasks where id = $1 and owner = $2";
        let row = sqlx::query_as(get).bind(id).bind(owned(owner)).fetch_optional(&self.shelf.pool).await?;
        row.map(|row| restored(owner, row)).transpose()
    }

    async fn list(&self, owner: &Owner, filter: &TaskFilter) -> Result<TaskPage, TaskStoreError> {
        let start = filter.after.as_deref().map(place).transpose()?;
        let (changed, id) = start.map_or((None, None), |(changed, id)| (Some(bigint(changed)), Some(id)));
        let state = filter.state.as_ref().map(named).transpose()?;
        let owner_bytes = owned(owner);
        let matching = "from ca2a.tasks where owner = $1 and ($2::text is null or context = $2) \
            and ($3::text is null or state = $3) and ($4::bigint is null or changed > $4)";
        let all = format!("select count(*) {matching}");
        let total: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(all))
            .bind(&owner_bytes)
            .bind(&filter.context)
            .bind(&state)
            .bind(filter.changed_after.map(bigint))
            .fetch_one(&self.shelf.pool)
            .await?;
        let some = format!(
            "select changed, provenance, task {matching} and ($5::bigint is null or (changed, id) < ($5, $6)) \
             order by changed desc, id desc limit $7"
        );
        let rows: Vec<Row> = sqlx::query_as(sqlx::AssertSqlSafe(some))
            .bind(&owner_bytes)
            .bind(&filter.context)
            .bind(&state)
            .bind(filter.changed_after.map(bigint))
            .bind(changed)
            .bind(id)
            .bind(count(filter.limit).saturating_add(1))
            .fetch_all(&self.shelf.pool)
            .await?;
        let more = rows.len() > filter.limit;
        let rows = rows.into_iter().take(filter.limit).map(|row| restored(owner, row));
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        let last = rows.last().filter(|_| more).map(|row| token(&(row.changed, row.task.id.clone())));
        Ok(TaskPage { rows, next: last, total: usize::try_from(total).unwrap_or_default() })
    }

    async fn remove(&self, owner: &Owner, id: &str) -> Result<(), TaskStoreError> {
        let remove = "delete from ca2a.tasks where id = $1 and owner = $2";
        sqlx::query(remove).bind(id).bind(owned(owner)).execute(&self.shelf.pool).await?;
        Ok(())
    }

    fn is_shared(&self) -> bool {
        true
    }
}
