//! A task, changed in whatever transaction changes it: its own, or the one that ends its call (A2A-35, A2A-160).

use sqlx::PgConnection;

use super::bigint;
use crate::calls::TaskInDatabase;

/// Makes `change`, and says whether there was a task of this owner and context that had not ended and is this life's to change: it is at
/// work in it, or waits since that changed it, or since it was seen.
pub(crate) async fn put(connection: &mut PgConnection, change: &TaskInDatabase) -> Result<bool, sqlx::Error> {
    let put = "update ca2a.tasks set changed = greatest(changed + 1, $4), state = $5, ended = $6, weight = $7, \
        epoch = $8, task = $9, changed_by = $10, cancellation = case when $8::bigint is null then null else cancellation end \
        where id = $1 and owner = $2 and context = $3 and not ended \
        and case when $11::bigint is null then coalesce(epoch, changed_by, $10) = $10 \
            else epoch is null and changed = $11 end";
    let put = sqlx::query(put)
        .bind(&change.id)
        .bind(&change.owner)
        .bind(&change.context)
        .bind(bigint(change.changed))
        .bind(&change.state)
        .bind(change.is_final)
        .bind(bigint(change.weight))
        .bind(change.at_work.map(|life| bigint(life.0)))
        .bind(&change.task)
        .bind(bigint(change.by.0))
        .bind(change.seen.map(bigint))
        .execute(connection)
        .await?;
    Ok(put.rows_affected() > 0)
}
