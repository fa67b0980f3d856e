//! What tasks of ours are elsewhere, and for how long that is known (GATE-70).

use redb::{ReadTransaction, ReadableTable as _, TableDefinition, TableError, WriteTransaction};

use crate::calls::Binding;

/// By task: when the binding may be forgotten, in Unix seconds, and what the task is elsewhere.
const BINDINGS: TableDefinition<'_, &str, (u64, &str)> = TableDefinition::new("calls-bound-tasks");
/// The same tasks by that time.
const BY_TIME: TableDefinition<'_, (u64, &str), ()> = TableDefinition::new("calls-bound-tasks-by-time");

/// Keeps `binding` until `until`, in the place of what its task was elsewhere before.
pub(super) fn keep(transaction: &WriteTransaction, binding: &Binding, until: u64) -> Result<(), redb::Error> {
    let task = binding.task.as_str();
    let mut bindings = transaction.open_table(BINDINGS)?;
    let mut by_time = transaction.open_table(BY_TIME)?;
    let before = bindings.insert(task, (until, binding.elsewhere.as_str()))?.map(|kept| kept.value().0);
    if let Some(before) = before {
        by_time.remove((before, task))?;
    }
    by_time.insert((until, task), ())?;
    Ok(())
}

/// What the task `task` of ours is elsewhere.
pub(super) fn find(transaction: &ReadTransaction, task: &str) -> Result<Option<String>, redb::Error> {
    match transaction.open_table(BINDINGS) {
        Ok(table) => Ok(table.get(task)?.map(|kept| kept.value().1.to_owned())),
        Err(TableError::TableDoesNotExist(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Forgets up to `most` bindings whose time is over at `now`, and says how many there were.
pub(super) fn forget(transaction: &WriteTransaction, now: u64, most: usize) -> Result<usize, redb::Error> {
    let mut bindings = transaction.open_table(BINDINGS)?;
    let mut by_time = transaction.open_table(BY_TIME)?;
    let mut forgotten = 0_usize;
    while forgotten < most {
        let first = by_time.first()?.map(|(key, _)| (key.value().0, key.value().1.to_owned()));
        let Some((until, task)) = first.filter(|(until, _)| *until <= now) else { break };
        by_time.remove((until, task.as_str()))?;
        bindings.remove(task.as_str())?;
        forgotten = forgotten.saturating_add(1);
    }
    Ok(forgotten)
}
