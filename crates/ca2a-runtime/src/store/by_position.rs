//! Records by their position, for rows elsewhere in the file that refer to one.

use std::sync::atomic::Ordering;

use redb::{ReadOnlyTable, ReadTransaction, ReadableTable as _, Table, TableError, WriteTransaction};

use super::{
    places::Places,
    writer::{RECORDS, Row},
};

/// The records as a transaction that writes sees them, opened once somebody asks.
pub(crate) struct RecordsInReach<'t> {
    transaction: &'t WriteTransaction,
    places: &'t Places,
    opened: Option<Table<'t, u64, Row<'static>>>,
}

impl<'t> RecordsInReach<'t> {
    /// Those of `transaction`, the last of which stand at `places`.
    pub(crate) fn of(transaction: &'t WriteTransaction, places: &'t Places) -> Self {
        Self { transaction, places, opened: None }
    }

    /// The position at which there is exactly this, if it is known.
    ///
    /// # Errors
    /// What the database said.
    pub(crate) fn find(&mut self, json: &str, statement: Option<&str>) -> Result<Option<u64>, redb::Error> {
        let Some(place) = self.places.of(json) else { return Ok(None) };
        let position = place.load(Ordering::Relaxed);
        let records = match &mut self.opened {
            Some(records) => records,
            unopened => unopened.insert(self.transaction.open_table(RECORDS)?),
        };
        let found = records.get(position)?;
        let is_there = found.is_some_and(|row| {
            let (_, its_json, its_statement) = row.value();
            its_json == json && its_statement == statement
        });
        Ok(is_there.then_some(position))
    }
}

/// The records as a transaction sees them.
pub(crate) struct RecordsAt(Option<ReadOnlyTable<u64, Row<'static>>>);

impl RecordsAt {
    /// Those of `transaction`, which may have none.
    ///
    /// # Errors
    /// What the database said.
    pub(crate) fn open(transaction: &ReadTransaction) -> Result<Self, redb::Error> {
        match transaction.open_table(RECORDS) {
            Ok(records) => Ok(Self(Some(records))),
            Err(TableError::TableDoesNotExist(_)) => Ok(Self(None)),
            Err(error) => Err(error.into()),
        }
    }

    /// The record at `position`, and the statement that is kept with it.
    ///
    /// # Errors
    /// What the database said.
    pub(crate) fn get(&self, position: u64) -> Result<Option<(String, Option<String>)>, redb::Error> {
        let Some(records) = &self.0 else { return Ok(None) };
        Ok(records.get(position)?.map(|row| {
            let (_, json, statement) = row.value();
            (json.to_owned(), statement.map(str::to_owned))
        }))
    }
}
