//! Tasks in the file of records, a row each.

use std::{collections::BTreeSet, sync::Arc};

use a2a::Task;
use redb::{ReadTransaction, ReadableTable as _, Table, TableDefinition, TableError, WriteTransaction};
use serde_json::Value;

use crate::{
    a2a::{
        tasks::{
            TaskRow, TaskStoreError,
            stored::{Stored, restored, stored},
        },
        wire,
    },
    store::{Places, RecordsAt, RecordsInReach},
};

const TASKS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("a2a-tasks");

/// Writes how tasks stand, by id; nothing where one is no more, whatever else is said of it. What a task says of its call is
/// written once, in the records, where they have it.
pub(super) fn write<'r>(
    transaction: &WriteTransaction,
    places: &Places,
    rows: impl Iterator<Item = (&'r str, Option<&'r TaskRow>)>,
) -> Result<(), redb::Error> {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    let mut table = transaction.open_table(TASKS)?;
    let mut records = RecordsInReach::of(transaction, places);
    let mut gone = BTreeSet::new();
    for (id, row) in rows {
        match row {
            Some(row) => {
                let bytes = stored(row, record_of(&mut records, &row.task)?).map_err(unreadable)?;
                table.insert(id, bytes.as_slice())?;
            }
            None => drop(gone.insert(id)),
        }
    }
    remove(&mut table, &gone)
}

/// Takes the rows of `gone` out: at one go where they stand together, as those do that made room for others.
fn remove(table: &mut Table<'_, &str, &[u8]>, gone: &BTreeSet<&str>) -> Result<(), redb::Error> {
    let (Some(first), Some(last)) = (gone.first(), gone.last()) else { return Ok(()) };
    let few = gone.len().saturating_mul(2);
    if table.range(*first..=*last)?.take(few.saturating_add(1)).count() <= few {
        return Ok(table.retain_in(*first..=*last, |id, _| !gone.contains(id))?);
    }
    for id in gone {
        table.remove(id)?;
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
    let records = RecordsAt::open(transaction)?;
    let mut rows = Vec::new();
    for entry in table.iter()? {
        let Stored { row, record } = restored(entry?.1.value()).map_err(unreadable)?;
        rows.push(match record {
            Some(position) => with_record(&records, row, position)?,
            None => row,
        });
    }
    Ok(rows)
}

/// Where the records have what `task` says of its call.
fn record_of(records: &mut RecordsInReach<'_>, task: &Task) -> Result<Option<u64>, redb::Error> {
    let said = |key| task.metadata.as_ref().and_then(|said| said.get(key));
    let Some(record) = said(wire::RECORD).and_then(Value::as_str) else { return Ok(None) };
    match said(wire::STATEMENT).map(Value::as_str) {
        // No record has a statement that is no text.
        Some(None) => Ok(None),
        statement => records.find(record, statement.flatten()),
    }
}

/// `row` with what the records have at `position`.
fn with_record(records: &RecordsAt, mut row: TaskRow, position: u64) -> Result<TaskRow, redb::Error> {
    let Some((record, statement)) = records.get(position)? else {
        let why = format!("task {} is about record {position}, and there is none", row.task.id);
        return Err(unreadable(TaskStoreError::Unavailable(why)));
    };
    let said = Arc::make_mut(&mut row.task).metadata.get_or_insert_default();
    said.insert(wire::RECORD.to_owned(), record.into());
    said.extend(statement.map(|statement| (wire::STATEMENT.to_owned(), statement.into())));
    Ok(row)
}

fn unreadable(error: TaskStoreError) -> redb::Error {
    redb::Error::Io(std::io::Error::other(error.to_string()))
}
