//! A message from its arrival to the agent at work.

use std::sync::Arc;

use a2a::*;
use a2a_server::{ExecutorContext, ServiceParams};
use ca2a_core::ErrorCode;
use tokio::sync::watch;

use super::{Engine, drive::Driver, refused};
use crate::{
    a2a::{
        caller::Caller,
        server::Refusal,
        tasks::{Owner, TaskRow, TaskStoreError, Written, is_final, is_interrupted},
        wire::{self, timestamp},
    },
    to_its_end::{ToItsEnd, to_its_end},
};

/// Why a message cannot go on with a task that came sealed, or did not, where the message came otherwise (A2A-69).
fn other_than_it_came(task_is_sealed: bool, message_is_sealed: bool) -> Option<&'static str> {
    match (task_is_sealed, message_is_sealed) {
        (true, false) => Some(
            "the task came sealed, and goes on so; the answer to this message would show it to everybody",
        ),
        (false, true) => Some(
            "the task came in the clear, and whoever follows it or is pushed at would be shown what was sealed; begin a task of its own",
        ),
        _ => None,
    }
}

/// Why the task `id` takes no message now (A2A-161).
fn at_work(id: &str) -> A2AError {
    A2AError::unsupported_operation(format!("task {id} is at work on another message"))
}

/// A message on its way to the agent.
pub(super) struct Begun {
    pub(super) caller: Arc<Caller>,
    pub(super) driver: Driver,
    pub(super) context: ExecutorContext,
    /// Wakes whoever follows the work, which stays as long as this is held.
    pub(super) changes: watch::Receiver<u64>,
    /// Where a follower of this message starts.
    pub(super) position: usize,
    /// Before anybody hears of the task.
    pub(super) written: Written,
}

impl Engine {
    /// Takes a message up: the task is kept, and its agent may be set to work.
    pub(super) async fn begin(
        &self,
        params: &ServiceParams,
        request: SendMessageRequest,
    ) -> Result<Begun, A2AError> {
        let caller = Caller::current()?;
        self.check_media(&request.message)?;
        let push =
            request.configuration.as_ref().and_then(|asked| asked.task_push_notification_config.clone());
        if push.is_some() {
            self.pushing()?;
        }
        let (task, stored, written) = self.prepare(&caller, &request).await?;
        let (run, changes) = match self.means.runs.follow(&task, &self.means.limits) {
            Ok(followed) => followed,
            Err(error) => {
                if stored.is_none() {
                    let _ = self.means.tasks.remove(&caller.owner, &task.id).await;
                }
                return Err(error);
            }
        };
        let position = run.position();
        let rested = stored.as_ref().map(|stored| stored.task.status.clone());
        if !run.begin(Arc::clone(&task), rested, caller.call.clone()) {
            return Err(at_work(&task.id));
        }
        if let Err(error) = self.ready(&caller, &task, stored.as_ref(), push).await {
            let stands = match stored {
                Some(stored) => Some(self.own(&caller, &task.id).await.unwrap_or(stored).task),
                None => None,
            };
            run.take_back(stands);
            drop(changes);
            self.means.runs.release(&task.id);
            return Err(error);
        }
        let context = ExecutorContext {
            message: Some(request.message),
            task_id: task.id.clone(),
            stored_task: stored.as_ref().map(|stored| wire::stripped(&stored.task)),
            context_id: task.context_id.clone(),
            metadata: request.metadata,
            user: None,
            service_params: params.clone(),
            tenant: request.tenant,
        };
        let accepted = request.configuration.and_then(|asked| asked.accepted_output_modes);
        run.state().accepted = accepted.unwrap_or_default();
        let driver = self.means.driver(caller.owner, run);
        Ok(Begun { caller, driver, context, changes, position, written })
    }

    /// The task that `request` is about: the caller's own that it names, or a new one of the caller's.
    async fn prepare(
        &self,
        caller: &Caller,
        request: &SendMessageRequest,
    ) -> Result<(Arc<Task>, Option<TaskRow>, Written), A2AError> {
        let message = &request.message;
        if let Some(id) = &message.task_id {
            let mut row = self.own(caller, id).await?;
            if is_interrupted(&row.task.status.state)
                && self.means.runs.rested(id, self.means.limits.wait).await
            {
                row = self.own(caller, id).await?;
            }
            let stored = &row.task;
            if is_final(&stored.status.state) {
                return Err(A2AError::unsupported_operation(format!(
                    "task {id} has reached a terminal state"
                )));
            }
            // Here, at another node, or at none that kept its end: the agent would have it twice.
            if !is_interrupted(&stored.status.state) {
                return Err(at_work(id));
            }
            if message.context_id.as_ref().is_some_and(|context| *context != stored.context_id) {
                return Err(A2AError::invalid_params(format!("contextId is not the one of task {id}")));
            }
            let is_sealed = stored.metadata.as_ref().is_some_and(|said| said.contains_key(wire::REPLY_KEY));
            if let Some(why) = other_than_it_came(is_sealed, caller.reply.is_some()) {
                return Err(Refusal::new(ErrorCode::SealedChannelError, why).tell());
            }
            let mut task = (**stored).clone();
            task.status =
                TaskStatus { state: TaskState::Working, message: None, timestamp: timestamp(self.now()) };
            task.history.get_or_insert_default().push(message.clone());
            task.metadata.get_or_insert_default().extend(caller.attached.clone());
            return Ok((Arc::new(task), Some(row), Written::already()));
        }
        let now = self.now();
        let task = Arc::new(Task {
            id: new_task_id(),
            context_id: message.context_id.clone().unwrap_or_else(new_context_id),
            status: TaskStatus { state: TaskState::Submitted, message: None, timestamp: timestamp(now) },
            artifacts: None,
            history: Some(vec![message.clone()]),
            metadata: (!caller.attached.is_empty()).then(|| caller.attached.clone()),
        });
        let row = TaskRow {
            owner: caller.owner,
            provenance: caller.provenance.clone(),
            task: Arc::clone(&task),
            changed: now,
        };
        let tasks = &self.means.tasks;
        let asked = request.configuration.as_ref();
        let written = match asked.is_some_and(|asked| asked.task_push_notification_config.is_some()) {
            // A push tells of the task as soon as there is something to tell.
            true => tasks.create(row).await.map(|()| Written::already()),
            false => tasks.begin(row).await,
        };
        let written = written.map_err(|error| refused(&error, &task.id))?;
        Ok((task, None, written))
    }

    /// Waits until the `owner`'s task `id` may be told of.
    ///
    /// # Errors
    /// A store that did not keep it, while the agent was at work on it.
    pub(super) async fn may_be_told(
        &self,
        owner: &Owner,
        id: &str,
        written: Written,
    ) -> Result<(), A2AError> {
        let Err(error) = written.wait().await else { return Ok(()) };
        let _ = self.means.tasks.remove(owner, id).await;
        // Nobody could stop it later.
        if let Some(run) = self.means.runs.at_work(id) {
            run.stop.notify_one();
        }
        self.means.runs.release(id);
        let why = format!("the agent may have done what was asked, and its task could not be kept: {error}");
        Err(Refusal::new(ErrorCode::OutcomeUnknown, why).tell())
    }

    fn check_media(&self, message: &Message) -> Result<(), A2AError> {
        let taken = |part: &Part| match part.media_type.as_deref() {
            None | Some("") => true,
            Some(kind) => self.input_modes.is_empty() || self.input_modes.iter().any(|mode| mode == kind),
        };
        if message.parts.iter().all(taken) { Ok(()) } else { Err(A2AError::content_type_not_supported()) }
    }

    /// Keeps what must be kept before the agent hears of the message.
    async fn ready(
        &self,
        caller: &Caller,
        task: &Arc<Task>,
        stored: Option<&TaskRow>,
        push: Option<TaskPushNotificationConfig>,
    ) -> Result<(), A2AError> {
        if let Some(mut config) = push {
            config.task_id.clone_from(&task.id);
            let saved = self.pushing()?.save(caller.owner, config).await;
            if saved.is_err() && stored.is_none() {
                // The task was made for this message and never begun.
                let _ = self.means.tasks.remove(&caller.owner, &task.id).await;
            }
            saved?;
        }
        let Some(stored) = stored else { return Ok(()) };
        let (tasks, owner) = (&self.means.tasks, &caller.owner);
        let kept = tasks.go_on(owner, Arc::clone(task), stored.changed, self.now()).await;
        if matches!(kept, Err(TaskStoreError::Unavailable(_))) {
            // It may have taken that the task goes on, or may yet; nobody works on it.
            let _ = tasks.update(owner, Arc::clone(&stored.task), self.now()).await;
        }
        kept.map_err(|error| refused(&error, &task.id))
    }

    /// The agent's work, which outlives the request and still knows who asked.
    pub(super) fn work(&self, caller: Arc<Caller>, driver: Driver, context: ExecutorContext) -> ToItsEnd<()> {
        self.heed_others();
        let executor = Arc::clone(&self.means.executor);
        to_its_end(caller.ask(driver.work(move || executor.execute(context))))
    }
}
