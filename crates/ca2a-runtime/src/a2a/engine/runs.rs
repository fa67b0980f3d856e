//! The runs that there are.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use a2a::{A2AError, Task};
use tokio::time::timeout;

use super::{
    EngineLimits, busy,
    run::{LogLimits, Run},
};
use crate::a2a::tasks::is_interrupted;

/// The runs that there are, by task.
#[derive(Default)]
pub(super) struct Runs(Mutex<HashMap<String, Arc<Run>>>);

impl Runs {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Arc<Run>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The run of `task`, made where there is none.
    pub(super) fn get_or_make(&self, task: &Arc<Task>, limits: &EngineLimits) -> Result<Arc<Run>, A2AError> {
        let mut runs = self.all();
        if let Some(run) = runs.get(&task.id) {
            return Ok(Arc::clone(run));
        }
        if runs.len() >= limits.runs {
            runs.retain(|_, run| run.is_wanted());
        }
        if runs.len() >= limits.runs {
            return Err(busy());
        }
        let run =
            Arc::new(Run::new(Arc::clone(task), LogLimits { events: limits.events, bytes: limits.bytes }));
        runs.insert(task.id.clone(), Arc::clone(&run));
        Ok(run)
    }

    /// The run of task `id` that the agent is at work on here.
    pub(super) fn at_work(&self, id: &str) -> Option<Arc<Run>> {
        self.all().get(id).filter(|run| run.state().working).cloned()
    }

    /// Waits until the agent has ended its work on task `id`, which waits for its client already, or goes on with it (A2A-161).
    /// Says whether there was work to wait for.
    pub(super) async fn rested(&self, id: &str, patience: Duration) -> bool {
        let Some(run) = self.at_work(id) else { return false };
        let mut changes = run.follow();
        let ended = async { while is_resting(&run) && changes.changed().await.is_ok() {} };
        let _ = timeout(patience, ended).await;
        drop(changes);
        self.release(id);
        true
    }

    /// Whether the agent is at work here on any task.
    pub(super) fn are_at_work(&self) -> bool {
        self.all().values().any(|run| run.state().working)
    }

    /// Drops the run of task `id` if nobody works on it and nobody follows it.
    pub(super) fn release(&self, id: &str) {
        let mut runs = self.all();
        if runs.get(id).is_some_and(|run| !run.is_wanted()) {
            runs.remove(id);
        }
    }
}

/// Whether the agent is at work on a task that waits for its client.
fn is_resting(run: &Run) -> bool {
    let state = run.state();
    state.working && is_interrupted(&state.task.status.state)
}
