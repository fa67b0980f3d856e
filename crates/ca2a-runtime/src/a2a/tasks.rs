//! The tasks of an A2A server: bounded, each with its owner, final once they ended (A2A-30 to A2A-34).
//!
//! Whoever asks names the owner first: there is no way to ask a [`TaskStore`] for a task without saying whose it is, and
//! a task of somebody else is one that is not there.

mod durable;
mod limits;
mod memory;
mod place;
#[cfg(feature = "store-postgres")]
mod postgres;
mod row;
mod shared;
mod stored;
mod written;

use std::sync::Arc;

use a2a::Task;
use ca2a_core::ErrorCode;

use crate::calls::TaskChange;

pub use durable::DurableTasks;
pub use limits::TaskLimits;
pub use memory::MemoryTasks;
#[cfg(feature = "store-postgres")]
pub use postgres::PostgresTasks;
pub use row::{Owner, Provenance, TaskRow};
pub(super) use row::{is_at_work, is_final, is_interrupted};
pub use shared::Cancellations;
pub use written::Written;

/// Which tasks of an owner to list.
#[derive(Debug, Clone, Default)]
pub struct TaskFilter {
    /// Of this context alone.
    pub context: Option<String>,
    /// In this state alone.
    pub state: Option<a2a::TaskState>,
    /// Changed after this time, in Unix milliseconds.
    pub changed_after: Option<u64>,
    /// Where the page before ended, as [`TaskPage::next`] has it.
    pub after: Option<String>,
    /// Tasks on a page.
    pub limit: usize,
}

/// Some tasks of an owner, the latest change first.
#[derive(Debug, Clone, Default)]
pub struct TaskPage {
    /// The tasks.
    pub rows: Vec<TaskRow>,
    /// Where the next page starts, where there is one.
    pub next: Option<String>,
    /// How many tasks match in all.
    pub total: usize,
}

/// Why a store did not do as it was told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TaskStoreError {
    /// There is no such task of this owner.
    #[error("there is no such task")]
    Unknown,
    /// The task has ended, and what has ended does not change.
    #[error("the task has reached a terminal state; it does not change any more")]
    Ended,
    /// The context belongs to somebody else, or the id is taken.
    #[error("there is no such context")]
    Foreign,
    /// Another node of the store is at work on the task, or somebody went on with it meanwhile.
    #[error(
        "somebody else is at work on the task, or has gone on with it meanwhile, and alone changes it until it rests"
    )]
    AtWork,
    /// Every task that is kept is still at work.
    #[error("the store of tasks is full of tasks that are not done; try again")]
    Full,
    /// A task that is larger than the store keeps.
    #[error("the task is larger than the {limit} bytes that are kept of one")]
    TooLarge {
        /// The limit.
        limit: usize,
    },
    /// The store cannot be written or read.
    #[error("the store of tasks does not answer: {0}")]
    Unavailable(String),
}

impl TaskStoreError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unknown | Self::Foreign => ErrorCode::NotFound,
            Self::Ended | Self::AtWork | Self::TooLarge { .. } => ErrorCode::BadRequest,
            Self::Full => ErrorCode::Overloaded,
            Self::Unavailable(_) => ErrorCode::StoreUnavailable,
        }
    }
}

/// Keeps tasks. Every method is atomic; a method that answers `Ok` has done it as durably as the store promises.
#[async_trait::async_trait]
pub trait TaskStore: Send + Sync + 'static {
    /// Keeps a new task. Its context becomes its owner's, or is it already.
    ///
    /// # Errors
    /// A context of somebody else's, an id that is taken, no room, or a store that cannot be written.
    async fn create(&self, row: TaskRow) -> Result<(), TaskStoreError>;

    /// As [`Self::create`], for a task that is worked on while it is written. What turns out not to be written is to be
    /// removed by whoever waits for it.
    ///
    /// # Errors
    /// Those of [`Self::create`], but for what writing itself says.
    async fn begin(&self, row: TaskRow) -> Result<Written, TaskStoreError> {
        self.create(row).await.map(|()| Written::already())
    }

    /// Replaces a task of `owner` that has not ended. `changed` is in Unix milliseconds.
    ///
    /// # Errors
    /// No such task of this owner, one that ended, no room, or a store that cannot be written.
    async fn update(&self, owner: &Owner, task: Arc<Task>, changed: u64) -> Result<(), TaskStoreError>;

    /// As [`Self::update`], for whoever goes on with a task that waits for its client and changed last at `seen`, as
    /// [`TaskRow::changed`] has it. From then on no other node changes it, until another goes on with it (A2A-35).
    ///
    /// # Errors
    /// Those of [`Self::update`]; a task that has changed since.
    async fn go_on(
        &self,
        owner: &Owner,
        task: Arc<Task>,
        seen: u64,
        changed: u64,
    ) -> Result<(), TaskStoreError>;

    /// What [`Self::update`] would do, for the commit that ends the call of the task, where this store keeps calls too
    /// (A2A-160). Where it does not, there is nothing, and the update follows that commit.
    ///
    /// # Errors
    /// A task that would not be kept, so that no call ends with it.
    fn with_call(
        &self,
        owner: &Owner,
        task: &Task,
        changed: u64,
    ) -> Result<Option<TaskChange>, TaskStoreError>;

    /// A task of `owner`.
    ///
    /// # Errors
    /// A store that cannot be read.
    async fn get(&self, owner: &Owner, id: &str) -> Result<Option<TaskRow>, TaskStoreError>;

    /// Some tasks of `owner`, the latest change first.
    ///
    /// # Errors
    /// A page that is not one, or a store that cannot be read.
    async fn list(&self, owner: &Owner, filter: &TaskFilter) -> Result<TaskPage, TaskStoreError>;

    /// Forgets a task of `owner`: one that turned out to be none.
    ///
    /// # Errors
    /// A store that cannot be written.
    async fn remove(&self, owner: &Owner, id: &str) -> Result<(), TaskStoreError>;

    /// What the nodes ask of each other that share this store, where several do: then what one of them knows of a task may be
    /// behind.
    fn shared(&self) -> Option<&dyn Cancellations> {
        None
    }
}
