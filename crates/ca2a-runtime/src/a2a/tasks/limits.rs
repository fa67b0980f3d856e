//! How many tasks, and how large.

use a2a::Task;

use super::{TaskStoreError, is_final};
use crate::a2a::weight;

/// For how long a task may wait for its client where others need its place, in milliseconds: 30 days, as long as it is known what an
/// agent behind a gateway calls it (GATE-70).
const MAY_WAIT: u64 = 30 * 24 * 60 * 60 * 1000;

/// By how many bytes a task may go beyond its bound with its end: what this node says of it, and of the call that it is for, has room
/// in whatever the agent left.
const FOR_ITS_END: usize = 16 << 10;

/// Since when a task must have waited for its client to make room at `now`, both in Unix milliseconds.
pub(super) fn has_waited_since(now: u64) -> u64 {
    now.saturating_sub(MAY_WAIT)
}

/// The bounds of a store of tasks (A2A-30).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TaskLimits {
    /// Tasks in all. The one that ended first makes room for a new one.
    pub tasks: usize,
    /// Tasks of one holder.
    pub per_owner: usize,
    /// Bytes of all tasks of one holder, about.
    pub owner_bytes: usize,
    /// Bytes of one task, about.
    pub task_bytes: usize,
    /// Bytes of all tasks, about.
    pub bytes: usize,
}

impl TaskLimits {
    /// At most `tasks`, 4 MiB for one and 256 MiB for all; an eighth of the tasks and of the bytes for one holder.
    #[must_use]
    pub const fn of(tasks: usize) -> Self {
        let share = tasks / 8;
        Self {
            tasks,
            per_owner: if share == 0 { 1 } else { share },
            owner_bytes: 32 << 20,
            task_bytes: 4 << 20,
            bytes: 256 << 20,
        }
    }
}

impl TaskLimits {
    /// About how many bytes `task` takes.
    ///
    /// # Errors
    /// More than one task may.
    pub(super) fn admit(&self, task: &Task) -> Result<usize, TaskStoreError> {
        let weight = weight::task(task);
        let more = if is_final(&task.status.state) { FOR_ITS_END } else { 0 };
        if weight > self.task_bytes.saturating_add(more) {
            return Err(TaskStoreError::TooLarge { limit: self.task_bytes });
        }
        Ok(weight)
    }
}

impl Default for TaskLimits {
    /// 10,000 tasks.
    fn default() -> Self {
        Self::of(10_000)
    }
}
