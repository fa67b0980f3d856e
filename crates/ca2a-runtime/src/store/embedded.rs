//! The database behind every store in a file.

use std::path::Path;

use redb::{Builder, Database, DatabaseError};

/// What a database may keep of its file in memory, in bytes. The library's own bound is 1 GiB, which a node would
/// slowly fill with records that nobody asks for.
const CACHE: usize = 64 << 20;

fn builder() -> Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE);
    builder
}

/// Opens the database at `path`, or makes it.
///
/// # Errors
/// A file that cannot be opened, is open elsewhere, or is something else.
pub(crate) fn create(path: &Path) -> Result<Database, DatabaseError> {
    builder().create(path)
}

/// Opens the database at `path`, which is there.
///
/// # Errors
/// Those of [`create`], and no file.
#[cfg(feature = "log")]
pub(crate) fn open(path: &Path) -> Result<Database, DatabaseError> {
    builder().open(path)
}
