//! The file of a log: made once, and from then on one name and one key.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use ca2a_core::VerifyingKey;
use ca2a_trace::merkle::TreeHead;
use redb::{Database, DatabaseError, ReadableDatabase as _, TableError};

use super::{
    LogError,
    tables::{ENTRIES, FORMAT, FORMAT_VERSION, HEAD, IDENTITY, KEY, LEAVES, NAME, NODES, write_head},
};
use crate::store::{embedded, private};

/// The longest name of a log, in bytes.
const MAX_NAME: usize = 1024;

/// Makes a log at `path` (mode 0600). A file that an earlier attempt left without a name is taken over.
pub(super) fn create(path: &Path, name: &str, key: &VerifyingKey) -> Result<(), LogError> {
    private::make(path)
        .map_err(|error| LogError::Open { path: path.to_owned(), reason: error.to_string() })?;
    let database = embedded::create(path).map_err(|e| refused(path, &e))?;
    if establish(&database, name, key)? {
        return Ok(());
    }
    Err(LogError::Exists { path: path.to_owned() })
}

pub(super) fn check_name(name: &str) -> Result<(), LogError> {
    let bad = name.is_empty() || name.len() > MAX_NAME || name.chars().any(char::is_control);
    if bad { Err(LogError::Name(MAX_NAME)) } else { Ok(()) }
}

/// Opens the log at `path`. After a crash it repairs itself here.
pub(super) fn open(path: &Path) -> Result<Database, LogError> {
    if !path.is_file() {
        return Err(LogError::NotALog { path: path.to_owned() });
    }
    embedded::open(path).map_err(|error| refused(path, &error))
}

/// Names the log in `database`, unless it has a name.
pub(super) fn establish(database: &Database, name: &str, key: &VerifyingKey) -> Result<bool, LogError> {
    check_name(name)?;
    let transaction = database.begin_write().map_err(LogError::write)?;
    {
        let mut identity = transaction.open_table(IDENTITY).map_err(LogError::write)?;
        let version = FORMAT_VERSION.to_be_bytes();
        if identity.insert(FORMAT, version.as_slice()).map_err(LogError::write)?.is_some() {
            return Ok(false);
        }
        identity.insert(NAME, name.as_bytes()).map_err(LogError::write)?;
        identity.insert(KEY, key.as_bytes().as_slice()).map_err(LogError::write)?;
        identity.insert(HEAD, write_head(&TreeHead::empty()).as_slice()).map_err(LogError::write)?;
        transaction.open_table(ENTRIES).map_err(LogError::write)?;
        transaction.open_table(LEAVES).map_err(LogError::write)?;
        transaction.open_table(NODES).map_err(LogError::write)?;
    }
    transaction.commit().map_err(LogError::write)?;
    Ok(true)
}

/// The name of the log in `database`, once it is shown to be a log of `key`; `None` where it is no log.
pub(super) fn identify(database: &Database, key: &VerifyingKey) -> Result<Option<String>, LogError> {
    let transaction = database.begin_read().map_err(LogError::read)?;
    let identity = match transaction.open_table(IDENTITY) {
        Ok(identity) => identity,
        Err(TableError::TableDoesNotExist(_)) => return Ok(None),
        Err(error) => return Err(LogError::read(error)),
    };
    let find = |name| -> Result<Option<Vec<u8>>, LogError> {
        let found = identity.get(name).map_err(LogError::read)?;
        Ok(found.map(|value| value.value().to_vec()))
    };
    let (Some(format), Some(name), Some(stored)) = (find(FORMAT)?, find(NAME)?, find(KEY)?) else {
        return Ok(None);
    };
    let found = format.try_into().map_or(0, u64::from_be_bytes);
    if found != FORMAT_VERSION {
        return Err(LogError::Format { found, known: FORMAT_VERSION });
    }
    if stored != key.as_bytes() {
        return Err(LogError::OtherKey);
    }
    String::from_utf8(name).map(Some).map_err(|_| LogError::Damaged("its name is no text".to_owned()))
}

/// Does `work` on the database, which panics on files that something else has written to.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, LogError>) -> Result<T, LogError> {
    // What a panic leaves behind is a transaction, which ends unfinished.
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(LogError::Damaged("the database cannot make sense of it".to_owned())))
}

fn refused(path: &Path, error: &DatabaseError) -> LogError {
    let path = path.to_owned();
    match error {
        DatabaseError::DatabaseAlreadyOpen => LogError::InUse { path },
        other => LogError::Open { path, reason: other.to_string() },
    }
}
