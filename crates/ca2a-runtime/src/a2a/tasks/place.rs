//! The place of a task in a list, and how a page says where it ended.

use super::TaskStoreError;

/// When a task changed, and its id: the order of a list, read backwards.
pub(super) type Place = (u64, String);

/// Where a page ended.
pub(super) fn token((changed, id): &Place) -> String {
    format!("{changed}.{id}")
}

/// Reads where a page ended.
///
/// # Errors
/// Text that no page said.
pub(super) fn place(token: &str) -> Result<Place, TaskStoreError> {
    let read = || {
        let (changed, id) = token.split_once('.')?;
        Some((changed.parse().ok()?, id.to_owned()))
    };
    read().ok_or(TaskStoreError::Unknown)
}
