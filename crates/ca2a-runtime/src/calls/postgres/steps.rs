//! The steps of a call, each a transaction.

use ca2a_core::{ChannelKey, RecordHash, ReplayError, Sha256};
use sqlx::PgConnection;

use super::{PostgresCalls, bigint, commit, room, steady_now, task, unsigned, within};
use crate::calls::{
    Abandoned, Answered, CallId, CallStore, CallStoreError, Ended, Epoch, NewCall, SignedOutcome,
};

/// How many proofs are forgotten to make room for one.
const FORGET: usize = 1000;

/// How much of its life a node has left.
enum Life {
    /// The lease is not over.
    Leased,
    /// The lease is over, and nobody has closed the life yet.
    Lapsed,
    /// It is over for good, or never was.
    Over,
}

/// A life, which nobody closes before this transaction ends.
async fn life(connection: &mut PgConnection, epoch: Epoch) -> Result<Life, sqlx::Error> {
    let life = "select closed, lease_until > ca2a.now() from ca2a.lives where epoch = $1 for key share";
    let life: Option<(bool, bool)> =
        sqlx::query_as(life).bind(bigint(epoch.0)).fetch_optional(connection).await?;
    Ok(match life {
        Some((false, true)) => Life::Leased,
        Some((false, false)) => Life::Lapsed,
        Some((true, _)) | None => Life::Over,
    })
}

impl PostgresCalls {
    async fn first_commit(&self, epoch: Epoch, call: &NewCall) -> Result<(), CallStoreError> {
        let id = CallId::of(&call.claim);
        let mut transaction = self.begin().await?;
        let now = steady_now(&mut transaction).await?;
        if !matches!(life(&mut transaction, epoch).await?, Life::Leased) {
            return Err(CallStoreError::Fenced);
        }
        let ended = "select exists (select from ca2a.outcomes where call = $1)";
        let ended = sqlx::query_scalar(ended).bind(id.0.as_slice());
        if ended.fetch_one(&mut *transaction).await? {
            return Err(CallStoreError::Spent);
        }
        room::spend(&mut transaction, call.claims().collect(), now, self.limits).await?;
        let record = "insert into ca2a.records (hash, record, statement) values ($1, $2, $3)";
        let hash = call.record.hash.0.0.as_slice();
        sqlx::query(record)
            .bind(hash)
            .bind(&call.record.json)
            .bind(&call.record.statement)
            .execute(&mut *transaction)
            .await?;
        match &call.refused {
            Some(outcome) => self.keep(&mut transaction, outcome).await?,
            None => {
                let open = "insert into ca2a.open_calls (call, epoch, record) values ($1, $2, $3)";
                let open = sqlx::query(open).bind(id.0.as_slice()).bind(bigint(epoch.0)).bind(hash);
                open.execute(&mut *transaction).await?;
            }
        }
        commit(transaction).await
    }

    /// Keeps an outcome.
    async fn keep(&self, connection: &mut PgConnection, outcome: &SignedOutcome) -> Result<(), sqlx::Error> {
        let keep = "insert into ca2a.outcomes (call, statement, forget_at) values ($1, $2, ca2a.now() + $3)";
        sqlx::query(keep)
            .bind(outcome.call().0.as_slice())
            .bind(outcome.as_str())
            .bind(seconds(self.keep_outcomes))
            .execute(connection)
            .await
            .map(drop)
    }

    async fn close(
        &self,
        connection: &mut PgConnection,
        began: Epoch,
        outcome: &SignedOutcome,
    ) -> Result<(), CallStoreError> {
        let close = "delete from ca2a.open_calls where call = $1 and epoch = $2";
        let close = sqlx::query(close).bind(outcome.call().0.as_slice()).bind(bigint(began.0));
        if close.execute(&mut *connection).await?.rows_affected() == 0 {
            return Err(CallStoreError::NotOpen);
        }
        Ok(self.keep(connection, outcome).await?)
    }
}

impl CallStore for PostgresCalls {
    fn join(&self, node: ChannelKey, lease_seconds: u64) -> Answered<'_, Epoch> {
        within(async move {
            let mut transaction = self.begin().await?;
            // Whatever this node has under way is committed or not before its earlier lives are over.
            let lock = "select epoch from ca2a.lives where node = $1 and not closed for update";
            sqlx::query(lock).bind(node.0.as_slice()).fetch_all(&mut *transaction).await?;
            let close = "update ca2a.lives set closed = true where node = $1 and not closed";
            sqlx::query(close).bind(node.0.as_slice()).execute(&mut *transaction).await?;
            let join =
                "insert into ca2a.lives (node, lease_until) values ($1, ca2a.now() + $2) returning epoch";
            let join = sqlx::query_scalar(join).bind(node.0.as_slice()).bind(seconds(lease_seconds));
            let epoch: i64 = join.fetch_one(&mut *transaction).await?;
            commit(transaction).await?;
            Ok(Epoch(unsigned(epoch)))
        })
    }

    fn renew(&self, epoch: Epoch, lease_seconds: u64) -> Answered<'_, ()> {
        within(async move {
            let renew = "update ca2a.lives set lease_until = ca2a.now() + $2 \
                where epoch = $1 and not closed and lease_until > ca2a.now()";
            let renew = sqlx::query(renew).bind(bigint(epoch.0)).bind(seconds(lease_seconds));
            match renew.execute(&self.pool).await?.rows_affected() {
                0 => Err(CallStoreError::Fenced),
                _ => Ok(()),
            }
        })
    }

    fn begin(&self, epoch: Epoch, call: NewCall) -> Answered<'_, ()> {
        within(async move {
            match self.first_commit(epoch, &call).await {
                Err(CallStoreError::Replay(ReplayError::Full | ReplayError::HolderQuota)) => {
                    self.forget(FORGET).await?;
                    self.first_commit(epoch, &call).await
                }
                other => other,
            }
        })
    }

    fn end(&self, epoch: Epoch, call: CallId, ended: Ended) -> Answered<'_, ()> {
        within(async move {
            if ended.outcome.call() != call {
                return Err(CallStoreError::NotOpen);
            }
            let mut transaction = self.begin().await?;
            // A lease that is over fences nobody here: whoever settles the call closes the life with it.
            if matches!(life(&mut transaction, epoch).await?, Life::Over) {
                return Err(CallStoreError::Fenced);
            }
            self.close(&mut transaction, epoch, &ended.outcome).await?;
            if let Some(binding) = &ended.binding {
                let bind = "insert into ca2a.bindings (task, elsewhere, forget_at) values ($1, $2, ca2a.now() + $3) \
                    on conflict (task) do update set elsewhere = excluded.elsewhere, forget_at = excluded.forget_at";
                let bind = sqlx::query(bind).bind(&binding.task).bind(&binding.elsewhere);
                bind.bind(seconds(self.keep_outcomes)).execute(&mut *transaction).await?;
            }
            if let Some(change) = &ended.task {
                let change = change.in_database().ok_or(CallStoreError::NoTask)?;
                if !task::put(&mut transaction, change).await? {
                    return Err(CallStoreError::NoTask);
                }
            }
            commit(transaction).await
        })
    }

    fn abandoned(&self, most: usize) -> Answered<'_, Vec<Abandoned>> {
        within(async move {
            let abandoned = "select call, record, epoch from ca2a.open_calls left join ca2a.lives using (epoch) \
                where closed is not false or lease_until <= ca2a.now() limit $1";
            let most = bigint(u64::try_from(most).unwrap_or(u64::MAX));
            let rows: Vec<(Vec<u8>, Vec<u8>, i64)> =
                sqlx::query_as(abandoned).bind(most).fetch_all(&self.pool).await?;
            let found = rows.into_iter().map(|(call, record, epoch)| {
                let (call, record) = (CallId(bytes(call)?), RecordHash(Sha256(bytes(record)?)));
                Ok(Abandoned { call, record, epoch: Epoch(unsigned(epoch)) })
            });
            found.collect()
        })
    }

    fn settle(&self, by: Epoch, call: CallId, outcome: SignedOutcome) -> Answered<'_, ()> {
        within(async move {
            let mut transaction = self.begin().await?;
            if !matches!(life(&mut transaction, by).await?, Life::Leased) {
                return Err(CallStoreError::Fenced);
            }
            let open = "select epoch from ca2a.open_calls where call = $1";
            let open = sqlx::query_scalar(open).bind(call.0.as_slice()).fetch_optional(&mut *transaction);
            let began: i64 = open.await?.ok_or(CallStoreError::NotOpen)?;
            if began == bigint(by.0) {
                return Err(CallStoreError::Leased);
            }
            // What that life has under way is committed or not before it is closed.
            let lock =
                "select not closed and lease_until > ca2a.now() from ca2a.lives where epoch = $1 for update";
            let leased = sqlx::query_scalar(lock).bind(began).fetch_optional(&mut *transaction).await?;
            if leased.unwrap_or(false) {
                return Err(CallStoreError::Leased);
            }
            self.close(&mut transaction, Epoch(unsigned(began)), &outcome).await?;
            let over = "update ca2a.lives set closed = true where epoch = $1";
            sqlx::query(over).bind(began).execute(&mut *transaction).await?;
            commit(transaction).await
        })
    }

    fn outcome(&self, call: CallId) -> Answered<'_, Option<String>> {
        within(async move {
            let outcome = "select statement from ca2a.outcomes where call = $1";
            let outcome = sqlx::query_scalar(outcome).bind(call.0.as_slice());
            Ok(outcome.fetch_optional(&self.pool).await?)
        })
    }

    fn binding<'s>(&'s self, task: &str) -> Answered<'s, Option<String>> {
        let task = task.to_owned();
        within(async move {
            let binding = "select elsewhere from ca2a.bindings where task = $1";
            Ok(sqlx::query_scalar(binding).bind(task).fetch_optional(&self.pool).await?)
        })
    }

    fn forget(&self, most: usize) -> Answered<'_, usize> {
        within(Self::forget(self, most))
    }

    fn now(&self) -> Answered<'_, u64> {
        within(async move {
            let now: i64 = sqlx::query_scalar("select ca2a.now()").fetch_one(&self.pool).await?;
            Ok(unsigned(now))
        })
    }

    fn live(&self, most: usize) -> Answered<'_, Vec<ChannelKey>> {
        within(async move {
            let live =
                "select distinct node from ca2a.lives where not closed and lease_until > ca2a.now() limit $1";
            let most = bigint(u64::try_from(most).unwrap_or(u64::MAX));
            let keys: Vec<Vec<u8>> = sqlx::query_scalar(live).bind(most).fetch_all(&self.pool).await?;
            keys.into_iter().map(|key| Ok(ChannelKey(bytes(key)?))).collect()
        })
    }

    fn announce<'s>(&'s self, epoch: Epoch, address: &str) -> Answered<'s, ()> {
        let address = address.to_owned();
        within(async move {
            let announce = "update ca2a.lives set address = $2 where epoch = $1 and not closed";
            let announce = sqlx::query(announce).bind(bigint(epoch.0)).bind(address);
            match announce.execute(&self.pool).await?.rows_affected() {
                0 => Err(CallStoreError::Fenced),
                _ => Ok(()),
            }
        })
    }

    fn addresses(&self, most: usize) -> Answered<'_, Vec<(ChannelKey, String)>> {
        within(async move {
            let addresses = "select node, address from ca2a.lives \
                where not closed and lease_until > ca2a.now() and address is not null order by epoch desc limit $1";
            let most = bigint(u64::try_from(most).unwrap_or(u64::MAX));
            let found: Vec<(Vec<u8>, String)> =
                sqlx::query_as(addresses).bind(most).fetch_all(&self.pool).await?;
            found.into_iter().map(|(node, address)| Ok((ChannelKey(bytes(node)?), address))).collect()
        })
    }
}

/// A span of time with which the sum of a time does not overflow.
fn seconds(seconds: u64) -> i64 {
    bigint(seconds.min(u64::from(u32::MAX)))
}

fn bytes(column: Vec<u8>) -> Result<[u8; 32], CallStoreError> {
    let other = |_| CallStoreError::Unavailable("the database has a digest that is none".to_owned());
    column.try_into().map_err(other)
}
