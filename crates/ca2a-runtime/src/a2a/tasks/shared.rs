//! What nodes that share a store of tasks ask of each other.

use super::{Owner, TaskStoreError};

/// Requests to cancel tasks, which reach the node at work over the store (GATE-73).
#[async_trait::async_trait]
pub trait Cancellations: Send + Sync {
    /// Asks the node at work on a task of `owner` to cancel it. A task that nobody is at work on is left alone.
    ///
    /// # Errors
    /// A store that cannot be written.
    async fn ask(&self, owner: &Owner, id: &str) -> Result<(), TaskStoreError>;

    /// Whether it was asked, and has neither done it nor declined.
    ///
    /// # Errors
    /// A store that cannot be read.
    async fn is_pending(&self, owner: &Owner, id: &str) -> Result<bool, TaskStoreError>;

    /// Which tasks that this node is at work on it was asked to cancel. Each is named once.
    ///
    /// # Errors
    /// A store that cannot be written.
    async fn take(&self) -> Result<Vec<(Owner, String)>, TaskStoreError>;

    /// Says that the agent goes on with a task which it was asked to cancel.
    ///
    /// # Errors
    /// A store that cannot be written.
    async fn decline(&self, owner: &Owner, id: &str) -> Result<(), TaskStoreError>;
}
