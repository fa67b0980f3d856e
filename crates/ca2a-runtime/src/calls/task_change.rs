//! A task that changes with the commit that ends its call (A2A-160).

#[cfg(feature = "store-redb")]
use std::sync::Arc;

#[cfg(feature = "store-postgres")]
use super::Epoch;
#[cfg(feature = "store-redb")]
use crate::store::RecordStore;

/// A change of a task of ours, for the store that keeps its call too (A2A-160).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum TaskChange {
    /// In a database that nodes share.
    #[cfg(feature = "store-postgres")]
    InDatabase(Box<TaskInDatabase>),
    /// In the file of records of one node.
    #[cfg(feature = "store-redb")]
    InFile(TaskInFile),
}

/// A task in the file of records, which changes with a commit of that file.
#[cfg(feature = "store-redb")]
#[derive(Debug, Clone)]
pub struct TaskInFile(Arc<dyn WithCall>);

/// What a commit that ends a call does about its task.
#[cfg(feature = "store-redb")]
pub(crate) trait WithCall: core::fmt::Debug + Send + Sync {
    /// Whether the task is in the file of `records`.
    fn is_in(&self, records: &Arc<RecordStore>) -> bool;

    /// Changes the task, where there is one that may change so; says whether there was. Changes nothing else.
    ///
    /// # Errors
    /// What the database said. Then nothing is committed.
    fn apply(&self, transaction: &redb::WriteTransaction) -> Result<bool, redb::Error>;

    /// Hears what became of the transaction, before anybody else does.
    fn committed(&self, is_written: bool);
}

impl TaskChange {
    #[cfg(feature = "a2a")]
    pub(crate) fn in_file(change: impl WithCall + 'static) -> Self {
        Self::InFile(TaskInFile(Arc::new(change)))
    }

    /// The change, where it is one of the file of `records`.
    #[cfg(feature = "store-redb")]
    pub(super) fn within(&self, records: &Arc<RecordStore>) -> Option<Arc<dyn WithCall>> {
        match self {
            Self::InFile(TaskInFile(change)) => change.is_in(records).then(|| Arc::clone(change)),
            #[cfg(feature = "store-postgres")]
            Self::InDatabase(_) => None,
        }
    }

    /// The change, where it is one of a database.
    #[cfg(feature = "store-postgres")]
    pub(super) fn in_database(&self) -> Option<&TaskInDatabase> {
        match self {
            Self::InDatabase(change) => Some(change),
            Self::InFile(_) => None,
        }
    }
}

/// A change of a task as a database writes it down.
#[cfg(feature = "store-postgres")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskInDatabase {
    /// The task.
    pub id: String,
    /// The key of its holder, or nothing where it is everybody's.
    pub owner: Vec<u8>,
    /// Its context.
    pub context: String,
    /// When it changed, in Unix milliseconds.
    pub changed: u64,
    /// The name of its state on the wire.
    pub state: String,
    /// Whether it does not change any more.
    pub is_final: bool,
    /// About how many bytes it takes.
    pub weight: u64,
    /// The life at work on it from now on.
    pub at_work: Option<Epoch>,
    /// The life that changes it.
    pub by: Epoch,
    /// When it changed last, in Unix milliseconds, where that life goes on with it and it is to have waited since.
    pub seen: Option<u64>,
    /// The task, JSON text.
    pub task: String,
}
