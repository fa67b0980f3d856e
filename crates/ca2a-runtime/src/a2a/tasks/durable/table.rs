//! Tasks in the file of records, a row each.

use redb::{ReadTransaction, ReadableTable as _, TableDefinition, TableError, WriteTransaction};

use crate::a2a::tasks::{
    TaskRow, TaskStoreError,
    stored::{restored, stored},
};

const TASKS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("a2a-tasks");

/// Writes how tasks stand, by id; nothing where one is no more.
pub(super) fn write<'r>(
    transaction: &WriteTransaction,
    rows: impl Iterator<Item = (&'r str, Option<&'r TaskRow>)>,
) -> Result<(), redb::Error> {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    let mut table = transaction.open_table(TASKS)?;
    for (id, row) in rows {
        match row {
            Some(row) => drop(table.insert(id, stored(row).map_err(unreadable)?.as_slice())?),
            None => drop(table.remove(id)?),
        }
    }
    Ok(())
}

/// All tasks.
pub(super) fn read(transaction: &ReadTransaction) -> Result<Vec<TaskRow>, redb::Error> {
    let table = match transaction.open_table(TASKS) {
        Ok(table) => table,
        Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let mut rows = Vec::new();
    for entry in table.iter()? {
        rows.push(restored(entry?.1.value()).map_err(unreadable)?);
    }
    Ok(rows)
}

fn unreadable(error: TaskStoreError) -> redb::Error {
    redb::Error::Io(std::io::Error::other(error.to_string()))
}
