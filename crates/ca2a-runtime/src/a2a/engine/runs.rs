//! The runs that there are.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, atomic::AtomicUsize},
    time::Duration,
};

use a2a::{A2AError, Task};
use tokio::{sync::watch, time::timeout};

use super::{
    EngineLimits, busy,
    run::{LogLimits, Run},
};
use crate::a2a::tasks::is_interrupted;

/// A run, and what wakes whoever follows it.
pub(super) type Followed = (Arc<Run>, watch::Receiver<u64>);

/// The runs that there are, by task.
#[derive(Default)]
pub(super) struct Runs {
    runs: Mutex<HashMap<String, Arc<Run>>>,
    /// About how many bytes the events of all of them take.
    bytes: Arc<AtomicUsize>,
}

impl Runs {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Arc<Run>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The run of `task`, made where there is none, and what wakes whoever follows it: as long as that is held, the run stays.
    ///
    /// # Errors
    /// More runs than there may be.
    pub(super) fn follow(&self, task: &Arc<Task>, limits: &EngineLimits) -> Result<Followed, A2AError> {
        let mut runs = self.all();
        let run = self.get_or_make(&mut runs, task, limits)?;
        // Before anybody else may let it go.
        let changes = run.follow();
        Ok((run, changes))
    }

    fn get_or_make(
        &self,
        runs: &mut HashMap<String, Arc<Run>>,
        task: &Arc<Task>,
        limits: &EngineLimits,
    ) -> Result<Arc<Run>, A2AError> {
        if let Some(run) = runs.get(&task.id) {
            return Ok(Arc::clone(run));
        }
        if runs.len() >= limits.runs {
            runs.retain(|_, run| run.is_wanted());
        }
        if runs.len() >= limits.runs {
            return Err(busy());
        }
        let EngineLimits { events, bytes, all_bytes, .. } = *limits;
        let log = LogLimits { events, bytes, all_bytes };
        let run = Arc::new(Run::new(Arc::clone(task), log, Arc::clone(&self.bytes)));
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use a2a::{Message, Part, Role, StreamResponse, TaskState, TaskStatus};
    use ca2a_covers::covers;

    use super::*;

    /// A2A-23: whoever found a run follows the one that work goes on in.
    #[test]
    fn a_run_that_was_found_is_not_let_go() {
        let status = TaskStatus { state: TaskState::InputRequired, message: None, timestamp: None };
        let (id, context_id) = ("t".to_owned(), "c".to_owned());
        let task = Arc::new(Task { id, context_id, status, artifacts: None, history: None, metadata: None });
        let limits = EngineLimits { runs: 1, ..EngineLimits::default() };
        let runs = Runs::default();
        let (found, changes) = runs.follow(&task, &limits).unwrap();
        runs.release("t");
        let (again, also) = runs.follow(&task, &limits).unwrap();
        assert!(Arc::ptr_eq(&found, &again));
        let other = Arc::new(Task { id: "u".to_owned(), ..(*task).clone() });
        assert!(runs.follow(&other, &limits).is_err());
        drop((changes, also));
        let (other, _changes) = runs.follow(&other, &limits).unwrap();
        assert!(!Arc::ptr_eq(&found, &other));
    }

    /// A2A-21: what all runs keep has a bound.
    #[test]
    fn runs_share_room_for_their_events() {
        covers!(refuse, "A2A-21");
        let status = TaskStatus { state: TaskState::Working, message: None, timestamp: None };
        let limits = EngineLimits { all_bytes: 40_000, ..EngineLimits::default() };
        let runs = Runs::default();
        let kept = || runs.bytes.load(std::sync::atomic::Ordering::Relaxed);
        let mut followed = Vec::new();
        for id in ["a", "b", "c"] {
            let (id, context_id, status) = (id.to_owned(), "c".to_owned(), status.clone());
            let task = Task { id, context_id, status, artifacts: None, history: None, metadata: None };
            let task = Arc::new(task);
            let (run, changes) = runs.follow(&task, &limits).unwrap();
            for _ in 0..10 {
                let said = Message::new(Role::Agent, vec![Part::text("x".repeat(2_000))]);
                run.publish(StreamResponse::Message(said), Arc::clone(&task));
            }
            // The last event is kept: somebody waits for it.
            assert!((2_000..46_000).contains(&kept()), "{}", kept());
            followed.push((run, changes));
        }
        drop(followed);
        for id in ["a", "b", "c"] {
            runs.release(id);
        }
        assert_eq!(kept(), 0);
    }
}
