//! An agent at work: every event into the store, then to those who asked for a push, and into the log.

use std::{future::pending, panic::AssertUnwindSafe, pin::pin, sync::Arc, time::Duration};

use a2a::{A2AError, StreamResponse, Task, TaskState, TaskStatus, TaskStatusUpdateEvent};
use futures_util::{FutureExt as _, StreamExt as _, stream::BoxStream};
use tokio::{select, time::sleep};

use super::{
    change,
    means::Means,
    outcome::{Said, close, give_up, under_its_code},
    refused,
    run::Run,
};
use crate::a2a::{
    caller::on_behalf_of,
    tasks::{Owner, is_at_work, is_final, is_interrupted},
};

/// So many events that are there are taken before anybody looks at what ends the work: most agents are done by then, and nothing was
/// waited for.
const AT_ONCE: u64 = 32;

/// What an agent says, as it comes.
pub(super) type Events = BoxStream<'static, Result<StreamResponse, A2AError>>;

/// Everything that a run needs once its request may be gone.
#[derive(Clone)]
pub(super) struct Driver {
    pub(super) run: Arc<Run>,
    pub(super) owner: Owner,
    pub(super) means: Means,
}

impl Driver {
    /// Works until the agent is done, fails, takes too long or is stopped. The task never stays at work afterwards
    /// (A2A-22).
    pub(super) async fn work(self, events: impl FnOnce() -> Events + Send) {
        let call = self.run.state().call.clone();
        if let Some(call) = &call {
            call.hand_on();
        }
        let accepted = std::mem::take(&mut self.run.state().accepted);
        let events = || on_behalf_of(call, accepted, events);
        let stop = self.run.stop.notified();
        let worked = async { self.consume(events(), self.means.limits.work, stop).await };
        let failure = match AssertUnwindSafe(worked).catch_unwind().await {
            Ok(Ok(true)) => None,
            Ok(Ok(false)) => Some("the agent took too long".to_owned()),
            Ok(Err(error)) => Some(error.message),
            Err(_) => Some("the agent failed".to_owned()),
        };
        self.settle(failure).await;
        let id = self.run.state().task.id.clone();
        self.run.end();
        self.means.runs.release(&id);
    }

    /// Lets the agent wind up what it does, and ends the task as canceled where the agent does not (A2A-27).
    ///
    /// # Errors
    /// What the agent says against it.
    pub(super) async fn cancel(&self, events: Events) -> Result<(), A2AError> {
        self.consume(events, self.means.limits.wait, pending()).await?;
        let task = Arc::clone(&self.run.state().task);
        if !is_final(&task.status.state) {
            let now = self.means.now();
            let status = change::ended(&task, TaskState::Canceled, "canceled by its client", now);
            // What the agent does is not known: it did not say that it stopped.
            self.take_in(about(&task, status), Said::Nothing).await?;
        }
        self.run.stop.notify_one();
        Ok(())
    }

    /// Takes `events` in until the last, until `stop`, or for as long as its `patience` is; says whether that was enough. What
    /// changes with an event has changed as a whole: neither of these comes between.
    ///
    /// # Errors
    /// What the agent says against it, and those of [`Self::take`].
    async fn consume(
        &self,
        mut events: Events,
        patience: Duration,
        stop: impl Future<Output = ()>,
    ) -> Result<bool, A2AError> {
        let (mut stop, mut late) = (pin!(stop), pin!(sleep(patience)));
        for count in 1_u64.. {
            let event = match count % AT_ONCE {
                0 => select! {
                    biased;
                    () = &mut stop => return Ok(true),
                    () = &mut late => return Ok(false),
                    event = events.next() => event,
                },
                _ => select! {
                    biased;
                    event = events.next() => event,
                    () = &mut stop => return Ok(true),
                    () = &mut late => return Ok(false),
                },
            };
            let Some(event) = event else { break };
            if self.take(event?).await? {
                break;
            }
        }
        Ok(true)
    }

    /// Takes one event in. Says whether it was the last.
    ///
    /// # Errors
    /// An event that makes no sense, or a store that does not keep it.
    pub(super) async fn take(&self, event: StreamResponse) -> Result<bool, A2AError> {
        self.take_in(event, Said::ByAgent).await
    }

    async fn take_in(&self, mut event: StreamResponse, said: Said) -> Result<bool, A2AError> {
        let turn = self.run.turn.lock().await;
        let task = Arc::clone(&self.run.state().task);
        if is_final(&task.status.state) {
            return Ok(true);
        }
        let now = self.means.now();
        let mut changed = change::apply(&task, &mut event, now)?;
        let answered = matches!(event, StreamResponse::Message(_));
        if answered {
            changed = self.answered(&task)?;
        }
        let ends = changed.as_ref().is_none_or(|task| !is_at_work(&task.status.state));
        let kept = ends && close(self, &mut event, changed.as_mut(), now, said).await?;
        let last = answered || changed.as_ref().is_some_and(|task| is_final(&task.status.state));
        let task = match changed {
            Some(changed) if kept => Arc::new(changed),
            Some(changed) => self.keep(changed, now).await?,
            None => task,
        };
        if let Some(push) = &self.means.push {
            push.send(&task.id, &event).await;
        }
        self.run.publish(event, task);
        drop(turn);
        Ok(last)
    }

    /// What an answer that is a message makes of `task`: what went on waits again, and what was made for it is left as it is
    /// (A2A-28).
    ///
    /// # Errors
    /// A message beside the task: `InvalidAgentResponse`.
    fn answered(&self, task: &Task) -> Result<Option<Task>, A2AError> {
        let state = self.run.state();
        if state.is_shown() {
            return Err(A2AError::invalid_agent_response());
        }
        let rested = state.rested.clone();
        Ok(rested.map(|status| Task { status, ..task.clone() }))
    }

    async fn keep(&self, task: Task, now: u64) -> Result<Arc<Task>, A2AError> {
        let kept = Arc::new(task);
        self.means
            .tasks
            .update(&self.owner, Arc::clone(&kept), now)
            .await
            .map_err(|error| refused(&error, &kept.id))?;
        Ok(kept)
    }

    /// Sees to it that nothing is left at work.
    async fn settle(&self, failure: Option<String>) {
        let (task, answered) = {
            let state = self.run.state();
            (Arc::clone(&state.task), state.message.is_some())
        };
        let state = &task.status.state;
        if is_final(state) || (failure.is_none() && is_interrupted(state)) {
            return;
        }
        if answered && failure.is_none() {
            // The answer was a message: there never was a task.
            let _ = self.means.tasks.remove(&self.owner, &task.id).await;
            return;
        }
        let why = failure.unwrap_or_else(|| "the agent ended without a result".to_owned());
        let why = under_its_code(&self.run, why);
        let status = change::ended(&task, TaskState::Failed, &why, self.means.now());
        let mut kept = self.take_in(about(&task, status.clone()), Said::Nothing).await;
        if kept.is_err() {
            // The one ends without the other.
            give_up(&self.run).await;
            kept = self.take(about(&task, status)).await;
        }
        // A store that did not keep even this says it again (A2A-36), or at the next start; who waits hears that nobody knows.
        if let Err(error) = kept {
            self.run.lose(error.message);
        }
    }
}

fn about(task: &Task, status: TaskStatus) -> StreamResponse {
    StreamResponse::StatusUpdate(TaskStatusUpdateEvent {
        task_id: task.id.clone(),
        context_id: task.context_id.clone(),
        status,
        metadata: None,
    })
}
