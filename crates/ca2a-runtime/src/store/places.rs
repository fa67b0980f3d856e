//! Where the last records were put, for whoever would write one of them a second time.

use std::{
    hash::{DefaultHasher, Hasher as _},
    sync::atomic::{AtomicU64, Ordering},
};

use redb::{ReadOnlyTable, ReadTransaction, ReadableTable as _, TableError, WriteTransaction};

use super::writer::{RECORDS, Row};

/// Far more than go into a few commits together.
const PLACES: usize = 4096;

/// The positions of the last records, by their text. Each is a guess: a record that shares its place here may have come
/// after it, and a commit that failed kept nothing. Whoever asks is told what the file says.
#[derive(Debug)]
pub(crate) struct Places(Box<[AtomicU64]>);

impl Default for Places {
    fn default() -> Self {
        Self((0..PLACES).map(|_| AtomicU64::default()).collect())
    }
}

impl Places {
    fn of(&self, json: &str) -> Option<&AtomicU64> {
        let mut hasher = DefaultHasher::new();
        hasher.write(json.as_bytes());
        // The low bits, which every platform has.
        #[allow(clippy::cast_possible_truncation, reason = "a part of a hash is a hash")]
        let hash = hasher.finish() as usize;
        self.0.get(hash % PLACES)
    }

    pub(super) fn note(&self, json: &str, position: u64) {
        if let Some(place) = self.of(json) {
            place.store(position, Ordering::Relaxed);
        }
    }

    /// The position at which the records of `transaction` have exactly this, if it is known.
    ///
    /// # Errors
    /// What the database said.
    pub(crate) fn find(
        &self,
        transaction: &WriteTransaction,
        json: &str,
        statement: Option<&str>,
    ) -> Result<Option<u64>, redb::Error> {
        let Some(place) = self.of(json) else { return Ok(None) };
        let position = place.load(Ordering::Relaxed);
        let records = transaction.open_table(RECORDS)?;
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
