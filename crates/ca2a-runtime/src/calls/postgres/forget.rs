//! What is over is forgotten, by the clock of the database (GATE-45, GATE-70).

use super::{CallStoreError, PostgresCalls, bigint, commit, room, turn_at_horizon};

/// A life that is over is remembered for a day, for whoever looks.
const LIVES_FOR: i64 = 24 * 60 * 60;

impl PostgresCalls {
    /// Forgets up to `most` proofs, outcomes and bindings each whose time is over, and says how many there were.
    pub(super) async fn forget(&self, most: usize) -> Result<usize, CallStoreError> {
        let most = bigint(u64::try_from(most).unwrap_or(u64::MAX));
        // First, and by itself: from here on nothing that may be forgotten is fresh for anybody. Whoever spends a proof holds
        // the horizon meanwhile, and waits here no longer than the commit of a single row.
        let mut transaction = self.begin().await?;
        turn_at_horizon(&mut transaction, true).await?;
        let lock = "select seen from ca2a.horizon for update";
        sqlx::query_scalar::<_, i64>(lock).fetch_one(&mut *transaction).await?;
        let raise = "update ca2a.horizon set seen = greatest(ca2a.now(), seen) returning seen";
        let seen: i64 = sqlx::query_scalar(raise).fetch_one(&mut *transaction).await?;
        commit(transaction).await?;

        let mut transaction = self.begin().await?;
        let proofs = "delete from ca2a.spent where digest in (select digest from ca2a.spent where forget_at <= $1 \
            order by forget_at limit $2 for update skip locked) returning digest, holder";
        // One node at a time: two would take the same holders in two orders.
        let alone = "select pg_try_advisory_xact_lock(hashtext('ca2a.forget'))";
        if !sqlx::query_scalar::<_, bool>(alone).fetch_one(&mut *transaction).await? {
            return Ok(0);
        }
        let forgotten: Vec<(Vec<u8>, Vec<u8>)> =
            sqlx::query_as(proofs).bind(seen).bind(most).fetch_all(&mut *transaction).await?;
        room::give_back(&mut transaction, &forgotten).await?;
        let outcomes = "delete from ca2a.outcomes where call in (select call from ca2a.outcomes where forget_at <= $1 \
            order by forget_at limit $2)";
        let outcomes = sqlx::query(outcomes).bind(seen).bind(most).execute(&mut *transaction).await?;
        // The time is looked at again once the row is ours: a call may have bound the task anew meanwhile.
        let bindings = "delete from ca2a.bindings where forget_at <= $1 and task in (select task from ca2a.bindings \
            where forget_at <= $1 order by forget_at limit $2)";
        let bindings = sqlx::query(bindings).bind(seen).bind(most).execute(&mut *transaction).await?;
        let lives = "delete from ca2a.lives where lease_until <= $1 \
            and not exists (select from ca2a.open_calls where open_calls.epoch = lives.epoch)";
        sqlx::query(lives).bind(seen.saturating_sub(LIVES_FOR)).execute(&mut *transaction).await?;
        commit(transaction).await?;
        let others = outcomes.rows_affected().saturating_add(bindings.rows_affected());
        Ok(forgotten.len().saturating_add(usize::try_from(others).unwrap_or(usize::MAX)))
    }
}
