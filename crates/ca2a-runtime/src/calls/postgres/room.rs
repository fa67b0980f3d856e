//! Proofs are spent within bounds (GATE-7): so many in all, so many of one holder.

use ca2a_core::{ReplayClaim, ReplayError};
use sqlx::PgConnection;

use super::CallStoreError;
use crate::store::ReplayLimits;

/// Spends a proof that is remembered until `forget_at`. Whether there is room in all is read beside others who spend at
/// the same moment, so that this bound may be passed by as many as there are connections.
///
/// # Errors
/// A proof that is spent, or no room for it: then the transaction is to be dropped.
pub(super) async fn spend(
    connection: &mut PgConnection,
    claim: &ReplayClaim,
    forget_at: i64,
    limits: ReplayLimits,
) -> Result<(), CallStoreError> {
    let (digest, holder) = (claim.digest.0.as_slice(), claim.holder.as_bytes().as_slice());
    let most = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let spent =
        "insert into ca2a.spent (digest, holder, forget_at) values ($1, $2, $3) on conflict do nothing";
    let spent = sqlx::query(spent).bind(digest).bind(holder).bind(forget_at);
    if spent.execute(&mut *connection).await?.rows_affected() == 0 {
        return Err(CallStoreError::Spent);
    }
    let held = "insert into ca2a.holders as mine (holder, held) values ($1, 1) \
        on conflict (holder) do update set held = mine.held + 1 where mine.held < $2";
    let held = sqlx::query(held).bind(holder).bind(most(limits.per_holder));
    let within_quota = held.execute(&mut *connection).await?.rows_affected() == 1;
    let room = "update ca2a.room set held = held + 1 where shard = get_byte($1, 0) % 16 \
        and (select sum(held) from ca2a.room) < $2";
    let room = sqlx::query(room).bind(digest).bind(most(limits.claims));
    if room.execute(&mut *connection).await?.rows_affected() == 0 {
        return Err(CallStoreError::Replay(ReplayError::Full));
    }
    if within_quota { Ok(()) } else { Err(CallStoreError::Replay(ReplayError::HolderQuota)) }
}

/// Gives back the room of proofs that were forgotten: their digests, and the holders of the same.
///
/// # Errors
/// A database that does not answer.
pub(super) async fn give_back(
    connection: &mut PgConnection,
    forgotten: &[(Vec<u8>, Vec<u8>)],
) -> Result<(), sqlx::Error> {
    let holders: Vec<&[u8]> = forgotten.iter().map(|(_, holder)| holder.as_slice()).collect();
    let digests: Vec<&[u8]> = forgotten.iter().map(|(digest, _)| digest.as_slice()).collect();
    let fewer = "update ca2a.holders mine set held = mine.held - gone.held from \
        (select holder, count(*) as held from unnest($1::bytea[]) holder group by holder) gone \
        where mine.holder = gone.holder";
    sqlx::query(fewer).bind(&holders).execute(&mut *connection).await?;
    let nobody = "delete from ca2a.holders where held <= 0 and holder = any($1)";
    sqlx::query(nobody).bind(&holders).execute(&mut *connection).await?;
    let room = "update ca2a.room mine set held = mine.held - gone.held from \
        (select get_byte(digest, 0) % 16 as shard, count(*) as held from unnest($1::bytea[]) digest group by 1) gone \
        where mine.shard = gone.shard";
    sqlx::query(room).bind(&digests).execute(connection).await.map(drop)
}
