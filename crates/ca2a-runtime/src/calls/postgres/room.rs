//! Proofs, and packets with them, are spent within bounds (GATE-7, GATE-71): so many in all, so many of one holder.

use ca2a_core::{ReplayClaim, ReplayError};
use sqlx::PgConnection;

use super::{CallStoreError, bigint};
use crate::store::ReplayLimits;

/// Rows that the room is counted in.
const SHARDS: u8 = 16;

/// Spends `claims`, the proof of a call and then the packet that it takes over, at `now`. Whether there is room in all is
/// read beside others who spend at the same moment, so that this bound may be passed by as many as there are connections.
///
/// # Errors
/// A claim that is spent, or no room for it: then the transaction is to be dropped.
pub(super) async fn spend(
    connection: &mut PgConnection,
    mut claims: Vec<ReplayClaim>,
    now: i64,
    limits: ReplayLimits,
) -> Result<(), CallStoreError> {
    let most = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    for (claim, refused) in claims.iter().zip([CallStoreError::Spent, CallStoreError::PacketSpent]) {
        if !is_fresh(connection, claim, now).await? {
            return Err(refused);
        }
    }
    // Holders and shards each in one order, so that two calls with a packet never wait for each other in a circle.
    claims.sort_unstable_by_key(|claim| *claim.holder.as_bytes());
    let mut within_quota = true;
    for claim in &claims {
        let held = "insert into ca2a.holders as mine (holder, held) values ($1, 1) \
            on conflict (holder) do update set held = mine.held + 1 where mine.held < $2";
        let held = sqlx::query(held).bind(claim.holder.as_bytes().as_slice()).bind(most(limits.per_holder));
        within_quota &= held.execute(&mut *connection).await?.rows_affected() == 1;
    }
    claims.sort_unstable_by_key(|claim| claim.digest.0.first().map(|byte| byte % SHARDS));
    for claim in &claims {
        let room = "update ca2a.room set held = held + 1 where shard = get_byte($1, 0) % $3 \
            and (select sum(held) from ca2a.room) < $2";
        let room = sqlx::query(room).bind(claim.digest.0.as_slice()).bind(most(limits.claims));
        let room = room.bind(i32::from(SHARDS)).execute(&mut *connection);
        if room.await?.rows_affected() == 0 {
            return Err(CallStoreError::Replay(ReplayError::Full));
        }
    }
    if within_quota { Ok(()) } else { Err(CallStoreError::Replay(ReplayError::HolderQuota)) }
}

/// Remembers `claim` until its time is over. `false` where it is spent, or that time has come.
async fn is_fresh(connection: &mut PgConnection, claim: &ReplayClaim, now: i64) -> Result<bool, sqlx::Error> {
    let forget_at = bigint(claim.expires_at);
    if forget_at <= now {
        return Ok(false);
    }
    let spent =
        "insert into ca2a.spent (digest, holder, forget_at) values ($1, $2, $3) on conflict do nothing";
    let spent = sqlx::query(spent).bind(claim.digest.0.as_slice()).bind(claim.holder.as_bytes().as_slice());
    Ok(spent.bind(forget_at).execute(connection).await?.rows_affected() == 1)
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
    // In the order in which calls take them, which an update by itself does not keep to.
    let lock = "select from ca2a.holders where holder = any($1) order by holder for update";
    sqlx::query(lock).bind(&holders).execute(&mut *connection).await?;
    let fewer = "update ca2a.holders mine set held = mine.held - gone.held from \
        (select holder, count(*) as held from unnest($1::bytea[]) holder group by holder) gone \
        where mine.holder = gone.holder";
    sqlx::query(fewer).bind(&holders).execute(&mut *connection).await?;
    let nobody = "delete from ca2a.holders where held <= 0 and holder = any($1)";
    sqlx::query(nobody).bind(&holders).execute(&mut *connection).await?;
    let lock = "select from ca2a.room where shard in (select get_byte(digest, 0) % $2 from unnest($1::bytea[]) digest) \
        order by shard for update";
    sqlx::query(lock).bind(&digests).bind(i32::from(SHARDS)).execute(&mut *connection).await?;
    let room = "update ca2a.room mine set held = mine.held - gone.held from \
        (select get_byte(digest, 0) % $2 as shard, count(*) as held from unnest($1::bytea[]) digest group by 1) gone \
        where mine.shard = gone.shard";
    sqlx::query(room).bind(&digests).bind(i32::from(SHARDS)).execute(connection).await.map(drop)
}
