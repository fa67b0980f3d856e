//! Requests to cancel, beside the tasks that they are about (GATE-73).

use ca2a_core::VerifyingKey;

use super::{AT_ONCE, PostgresTasks, owned, within};
use crate::{
    a2a::tasks::{Cancellations, Owner, TaskStoreError, stored::unavailable},
    postgres::bigint,
};

/// The owner of a row.
fn owner(bytes: &[u8]) -> Result<Owner, TaskStoreError> {
    if bytes.is_empty() {
        return Ok(Owner::Anyone);
    }
    let key = bytes.try_into().map_err(unavailable)?;
    VerifyingKey::from_bytes(key).map(Owner::Holder).map_err(unavailable)
}

#[async_trait::async_trait]
impl Cancellations for PostgresTasks {
    async fn ask(&self, owner: &Owner, id: &str) -> Result<(), TaskStoreError> {
        // Also where it was asked before: whoever took that may have come to nothing.
        let ask = "update ca2a.tasks set cancellation = 'asked' where id = $1 and owner = $2 \
            and epoch is not null";
        let ask = sqlx::query(ask).bind(id).bind(owned(owner)).execute(&self.shelf.pool);
        within(async { Ok(ask.await.map(drop)?) }).await
    }

    async fn is_pending(&self, owner: &Owner, id: &str) -> Result<bool, TaskStoreError> {
        let pending = "select coalesce(bool_or(cancellation in ('asked', 'taken')), false) from ca2a.tasks \
            where id = $1 and owner = $2";
        let pending = sqlx::query_scalar(pending).bind(id).bind(owned(owner)).fetch_one(&self.shelf.pool);
        within(async { Ok(pending.await?) }).await
    }

    async fn take(&self) -> Result<Vec<(Owner, String)>, TaskStoreError> {
        let take = "update ca2a.tasks set cancellation = 'taken' where id in (select id from ca2a.tasks \
            where epoch = $1 and cancellation = 'asked' limit $2 for update skip locked) returning owner, id";
        let take = sqlx::query_as(take).bind(bigint(self.shelf.ledger.epoch().0)).bind(AT_ONCE);
        let taken: Vec<(Vec<u8>, String)> =
            within(async { Ok(take.fetch_all(&self.shelf.pool).await?) }).await?;
        taken.into_iter().map(|(bytes, id)| Ok((owner(&bytes)?, id))).collect()
    }

    async fn decline(&self, owner: &Owner, id: &str) -> Result<(), TaskStoreError> {
        let decline =
            "update ca2a.tasks set cancellation = 'declined' where id = $1 and owner = $2 and epoch = $3";
        let decline = sqlx::query(decline).bind(id).bind(owned(owner));
        let decline = decline.bind(bigint(self.shelf.ledger.epoch().0)).execute(&self.shelf.pool);
        within(async { Ok(decline.await.map(drop)?) }).await
    }
}
