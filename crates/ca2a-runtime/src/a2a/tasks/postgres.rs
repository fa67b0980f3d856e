//! Tasks of many nodes in one PostgreSQL database (A2A-35 to A2A-37).
//!
//! A task at work belongs to the life of the node whose agent works on it: no other node changes it until it rests or
//! ends. Of a life that is over, the tasks are settled by whichever node notices first; one that goes on says again what it
//! meant for a task and was not confirmed.

mod cancellations;
mod doubts;
mod room;
mod settle;

use std::{fmt, sync::Arc};

use a2a::{Task, TaskState};
use doubts::{Doubts, Meant};
use room::Room;
use sqlx::PgPool;
use tokio::task::JoinHandle;

use super::{
    Cancellations, Owner, TaskFilter, TaskLimits, TaskPage, TaskRow, TaskStore, TaskStoreError, is_at_work,
    is_final,
    place::{place, token},
    stored::{hops, provenance, unavailable},
};
use crate::{
    calls::{Epoch, Ledger, TaskChange, TaskInDatabase, put_task},
    postgres::{PATIENCE, SharedDatabase, bigint, unsigned},
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
    room: Arc<Room>,
    doubts: Arc<Doubts>,
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
        let (pool, room, doubts) = (database.pool.clone(), Arc::default(), Arc::default());
        let shelf = Shelf { pool, ledger, limits, room, doubts };
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

    /// Says again what this node meant for tasks that it works on no more, where the store did not confirm it (A2A-36).
    ///
    /// # Errors
    /// A store that does not answer.
    pub async fn catch_up(&self) -> Result<(), TaskStoreError> {
        self.shelf.catch_up().await
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
    fn life(&self, state: &TaskState) -> Option<Epoch> {
        is_at_work(state).then(|| self.ledger.epoch())
    }

    /// The task of `owner` as it stands since `changed`, in Unix milliseconds.
    fn change(
        &self,
        owner: &Owner,
        task: &Task,
        seen: Option<u64>,
        changed: u64,
    ) -> Result<TaskInDatabase, TaskStoreError> {
        let state = &task.status.state;
        Ok(TaskInDatabase {
            id: task.id.clone(),
            owner: owned(owner),
            context: task.context_id.clone(),
            changed,
            state: named(state)?,
            is_final: is_final(state),
            weight: u64::try_from(self.limits.admit(task)?).unwrap_or(u64::MAX),
            at_work: self.life(state),
            by: self.ledger.epoch(),
            seen,
            task: text(task)?,
        })
    }
}

impl Shelf {
    async fn update(&self, change: TaskInDatabase) -> Result<(), TaskStoreError> {
        let updated = within(async {
            if put_task(&mut *self.pool.acquire().await?, &change).await? {
                return Ok(());
            }
            let why = "select ended, context = $3 from ca2a.tasks where id = $1 and owner = $2";
            let why = sqlx::query_as(why).bind(&change.id).bind(&change.owner).bind(&change.context);
            Err(match why.fetch_optional(&self.pool).await? {
                None => TaskStoreError::Unknown,
                Some((true, _)) => TaskStoreError::Ended,
                Some((false, false)) => TaskStoreError::Foreign,
                Some((false, true)) => TaskStoreError::AtWork,
            })
        })
        .await;
        let (id, is_final) = (change.id.clone(), change.is_final);
        self.doubts.mind(&id, &updated, is_final.then_some(Meant::Ended(change)));
        updated
    }
}

/// Gives up on `step` when its time is over. A change that was not confirmed by then may have come about.
async fn within<T>(step: impl Future<Output = Result<T, TaskStoreError>>) -> Result<T, TaskStoreError> {
    let late = |_| unavailable(format!("no answer within {} s", PATIENCE.as_secs()));
    tokio::time::timeout(PATIENCE, step).await.map_err(late)?
}

#[async_trait::async_trait]
impl TaskStore for PostgresTasks {
    async fn create(&self, row: TaskRow) -> Result<(), TaskStoreError> {
        let created = within(async {
            let (shelf, task) = (&self.shelf, &row.task);
            let weight = shelf.limits.admit(task)?;
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
            shelf.make_room(&mut transaction, &owner, count(weight), row.changed).await?;
            let keep = "insert into ca2a.tasks (id, owner, context, provenance, changed, state, ended, weight, epoch, task, \
                changed_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing";
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
                .bind(shelf.life(state).map(|life| bigint(life.0)))
                .bind(text(task)?)
                .bind(bigint(shelf.ledger.epoch().0))
                .execute(&mut *transaction)
                .await?;
            if kept.rows_affected() == 0 {
                return Err(TaskStoreError::Foreign);
            }
            Ok(transaction.commit().await?)
        })
        .await;
        // Nobody is told of a task that may be there or not, and nobody works on it.
        self.shelf.doubts.mind(&row.task.id, &created, Some(Meant::Gone(owned(&row.owner))));
        created
    }

    async fn update(&self, owner: &Owner, task: Arc<Task>, changed: u64) -> Result<(), TaskStoreError> {
        self.shelf.update(self.shelf.change(owner, &task, None, changed)?).await
    }

    async fn go_on(
        &self,
        owner: &Owner,
        task: Arc<Task>,
        seen: u64,
        changed: u64,
    ) -> Result<(), TaskStoreError> {
        self.shelf.update(self.shelf.change(owner, &task, Some(seen), changed)?).await
    }

    fn with_call(
        &self,
        owner: &Owner,
        task: &Task,
        changed: u64,
    ) -> Result<Option<TaskChange>, TaskStoreError> {
        let change = self.shelf.change(owner, task, None, changed)?;
        Ok(Some(TaskChange::InDatabase(Box::new(change))))
    }

    async fn get(&self, owner: &Owner, id: &str) -> Result<Option<TaskRow>, TaskStoreError> {
        within(async {
            let get = "select changed, provenance, task from ca2a.tasks where id = $1 and owner = $2";
            let row =
                sqlx::query_as(get).bind(id).bind(owned(owner)).fetch_optional(&self.shelf.pool).await?;
            row.map(|row| restored(owner, row)).transpose()
        })
        .await
    }

    async fn list(&self, owner: &Owner, filter: &TaskFilter) -> Result<TaskPage, TaskStoreError> {
        within(async {
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
        })
        .await
    }

    async fn remove(&self, owner: &Owner, id: &str) -> Result<(), TaskStoreError> {
        let owner = owned(owner);
        let removed = within(self.shelf.delete(id, &owner)).await;
        self.shelf.doubts.mind(id, &removed, Some(Meant::Gone(owner)));
        removed
    }

    fn shared(&self) -> Option<&dyn Cancellations> {
        Some(self)
    }
}
