//! The calls of A2A.

use std::sync::Arc;

use a2a::*;
use a2a_server::{ExecutorContext, RequestHandler, ServiceParams};
use async_trait::async_trait;
use ca2a_core::ErrorCode;
use futures_util::{StreamExt as _, stream};
use tokio::time::timeout;

use super::{
    Engine, Push, begin::Begun, drive::Events, follow, from_store, refused, run::Run, runs::Followed,
};
use crate::a2a::{
    caller::Caller,
    server::Refusal,
    tasks::{TaskRow, is_at_work, is_final, is_interrupted},
    wire,
};

impl Engine {
    /// The caller's own task `id`.
    pub(super) async fn own(&self, caller: &Caller, id: &str) -> Result<TaskRow, A2AError> {
        let row = self.means.tasks.get(&caller.owner, id).await.map_err(|error| refused(&error, id))?;
        let row = row.ok_or_else(|| A2AError::task_not_found(id))?;
        if caller.is_barred(&row.provenance) {
            let why = "the credential under which the task was made has been revoked";
            return Err(Refusal::new(ErrorCode::CredentialRevoked, why).tell());
        }
        Ok(row)
    }

    /// The run of the caller's `task`. Where nobody is at work on it here, it stands there as the store has it by now: it may have
    /// changed since it was read.
    async fn run_of(&self, caller: &Caller, task: &Arc<Task>) -> Result<Followed, A2AError> {
        let (run, changes) = self.means.runs.follow(task, &self.means.limits)?;
        if let Some(idle) = run.idle_since() {
            match self.own(caller, &task.id).await {
                Ok(row) => run.stand(row.task, idle),
                Err(error) => {
                    drop(changes);
                    self.means.runs.release(&task.id);
                    return Err(error);
                }
            }
        }
        Ok((run, changes))
    }

    pub(super) fn pushing(&self) -> Result<&Push, A2AError> {
        self.means.push.as_deref().ok_or_else(A2AError::push_notification_not_supported)
    }

    fn check_streaming(&self) -> Result<(), A2AError> {
        if self.streaming {
            Ok(())
        } else {
            Err(A2AError::unsupported_operation("this agent does not stream"))
        }
    }
}

/// A task that was to be cancelled, where it is.
fn canceled_or_not(task: &Task) -> Result<Task, A2AError> {
    if task.status.state == TaskState::Canceled {
        Ok(task.clone())
    } else {
        Err(A2AError::task_not_cancelable(&task.id))
    }
}

/// Whether a caller that waits has waited enough. A task that waited for this very message does not count.
fn is_settled(run: &Run, immediately: bool) -> bool {
    let state = run.state();
    let task = &state.task.status.state;
    let rests = state.is_shown() && (immediately || is_interrupted(task));
    !state.working || state.lost.is_some() || state.message.is_some() || is_final(task) || rests
}

/// Leaves the newest `length` messages in the history; all of them where nothing was asked.
pub(super) fn shorten(task: &mut Task, length: Option<i32>) {
    let Some(length) = length else { return };
    let keep = usize::try_from(length).unwrap_or(0);
    if let Some(history) = &mut task.history {
        history.drain(..history.len().saturating_sub(keep));
    }
}

#[async_trait]
impl RequestHandler for Engine {
    async fn send_message(
        &self,
        params: &ServiceParams,
        request: SendMessageRequest,
    ) -> Result<SendMessageResponse, A2AError> {
        let asked = request.configuration.as_ref();
        let immediately = asked.and_then(|asked| asked.return_immediately).unwrap_or(false);
        let history = asked.and_then(|asked| asked.history_length);
        let Begun { caller, driver, context, mut changes, written, .. } = self.begin(params, request).await?;
        let owner = caller.owner;
        let run = Arc::clone(&driver.run);
        let work = self.work(caller, driver, context);
        let settled = async {
            loop {
                changes.borrow_and_update();
                if is_settled(&run, immediately) || changes.changed().await.is_err() {
                    return;
                }
            }
        };
        let worked = async {
            if immediately {
                drop(work);
                return settled.await;
            }
            tokio::select! {
                biased;
                _ = work => {}
                () = settled => {}
            }
        };
        // Who waited long enough gets the task as it stands, and may ask again.
        let _ = timeout(self.means.limits.wait, worked).await;
        let (task, message, lost) = {
            let state = run.state();
            (Arc::clone(&state.task), state.message.clone(), state.lost.clone())
        };
        drop(changes);
        self.means.runs.release(&task.id);
        if let Some(message) = message {
            return Ok(SendMessageResponse::Message(message));
        }
        if let Some(why) = lost.filter(|_| !is_final(&task.status.state)) {
            return Err(Refusal::new(ErrorCode::OutcomeUnknown, why).tell());
        }
        self.may_be_told(&owner, &task.id, written).await?;
        let mut task = (*task).clone();
        shorten(&mut task, history);
        Ok(SendMessageResponse::Task(task))
    }

    async fn send_streaming_message(
        &self,
        params: &ServiceParams,
        request: SendMessageRequest,
    ) -> Result<Events, A2AError> {
        self.check_streaming()?;
        let Begun { caller, driver, context, changes, position, written } =
            self.begin(params, request).await?;
        let run = Arc::clone(&driver.run);
        let (owner, id) = (caller.owner, context.task_id.clone());
        drop(self.work(caller, driver, context));
        self.may_be_told(&owner, &id, written).await?;
        Ok(follow::stream(run, changes, Arc::clone(&self.means.runs), None, position, false))
    }

    async fn get_task(&self, _: &ServiceParams, request: GetTaskRequest) -> Result<Task, A2AError> {
        let mut task = (*self.own(Caller::current()?.as_ref(), &request.id).await?.task).clone();
        shorten(&mut task, request.history_length);
        Ok(task)
    }

    async fn list_tasks(
        &self,
        _: &ServiceParams,
        request: ListTasksRequest,
    ) -> Result<ListTasksResponse, A2AError> {
        self.list(Caller::current()?.as_ref(), request).await
    }

    async fn cancel_task(
        &self,
        params: &ServiceParams,
        request: CancelTaskRequest,
    ) -> Result<Task, A2AError> {
        let caller = Caller::current()?;
        let mut row = self.own(&caller, &request.id).await?;
        if let Some(shared) = self.means.tasks.shared()
            && self.means.runs.at_work(&request.id).is_none()
        {
            if is_at_work(&row.task.status.state) {
                row = self.cancel_elsewhere(&caller, shared, &request.id).await?;
            }
            if is_interrupted(&row.task.status.state) {
                // From here on it is this node's to change.
                let taken =
                    self.means.tasks.go_on(&caller.owner, Arc::clone(&row.task), row.changed, self.now());
                taken.await.map_err(|error| refused(&error, &request.id))?;
            }
        }
        if is_final(&row.task.status.state) {
            return canceled_or_not(&row.task);
        }
        let (run, changes) = self.run_of(&caller, &row.task).await?;
        let task = run.standing().0;
        if is_final(&task.status.state) {
            drop(changes);
            self.means.runs.release(&request.id);
            return canceled_or_not(&task);
        }
        let context = ExecutorContext {
            message: None,
            task_id: task.id.clone(),
            stored_task: Some(wire::stripped(&task)),
            context_id: task.context_id.clone(),
            metadata: request.metadata,
            user: None,
            service_params: params.clone(),
            tenant: request.tenant,
        };
        let driver = self.means.driver(caller.owner, run);
        let canceled = driver.cancel(self.means.executor.cancel(context)).await;
        drop(changes);
        self.means.runs.release(&request.id);
        canceled?;
        canceled_or_not(&self.own(&caller, &request.id).await?.task)
    }

    async fn subscribe_to_task(
        &self,
        _: &ServiceParams,
        request: SubscribeToTaskRequest,
    ) -> Result<Events, A2AError> {
        self.check_streaming()?;
        let caller = Caller::current()?;
        let task = self.own(&caller, &request.id).await?.task;
        let ended =
            || A2AError::unsupported_operation(format!("task {} has reached a terminal state", request.id));
        if is_final(&task.status.state) {
            return Err(ended());
        }
        let shown = |task: &Task| StreamResponse::Task(task.clone());
        if self.means.tasks.shared().is_none() {
            let (run, changes) = self.run_of(&caller, &task).await?;
            let (task, position) = run.standing();
            if is_final(&task.status.state) {
                drop(changes);
                self.means.runs.release(&request.id);
                return Err(ended());
            }
            return Ok(follow::stream(
                run,
                changes,
                Arc::clone(&self.means.runs),
                Some(shown(&task)),
                position,
                true,
            ));
        }
        // Who goes on with the task may do so at another node: only the work itself is followed here.
        let tasks = Arc::clone(&self.means.tasks);
        let Some(run) = self.means.runs.at_work(&request.id) else {
            let first = stream::once(std::future::ready(Ok(shown(&task))));
            return Ok(Box::pin(first.chain(from_store::stream(tasks, caller.owner, task))));
        };
        let (changes, (task, position)) = (run.follow(), run.standing());
        let work = Arc::clone(&run);
        let here =
            follow::stream(run, changes, Arc::clone(&self.means.runs), Some(shown(&task)), position, false);
        let after = stream::once(async move { from_store::stream(tasks, caller.owner, work.standing().0) });
        Ok(Box::pin(here.chain(after.flatten())))
    }

    async fn create_push_config(
        &self,
        _: &ServiceParams,
        request: TaskPushNotificationConfig,
    ) -> Result<TaskPushNotificationConfig, A2AError> {
        let push = self.pushing()?;
        let caller = Caller::current()?;
        let row = self.own(&caller, &request.task_id).await?;
        if row.task.metadata.as_ref().is_some_and(|metadata| metadata.contains_key(wire::REPLY_KEY)) {
            let why = "the task came sealed, and a push is read by everybody on its way";
            return Err(A2AError::new(error_code::PUSH_NOTIFICATION_NOT_SUPPORTED, why));
        }
        push.save(caller.owner, request).await
    }

    async fn get_push_config(
        &self,
        _: &ServiceParams,
        request: GetTaskPushNotificationConfigRequest,
    ) -> Result<TaskPushNotificationConfig, A2AError> {
        let push = self.pushing()?;
        self.own(Caller::current()?.as_ref(), &request.task_id).await?;
        push.configs.get(&request.task_id, &request.id).await
    }

    async fn list_push_configs(
        &self,
        _: &ServiceParams,
        request: ListTaskPushNotificationConfigsRequest,
    ) -> Result<ListTaskPushNotificationConfigsResponse, A2AError> {
        let push = self.pushing()?;
        self.own(Caller::current()?.as_ref(), &request.task_id).await?;
        push.page(&request).await
    }

    async fn delete_push_config(
        &self,
        _: &ServiceParams,
        request: DeleteTaskPushNotificationConfigRequest,
    ) -> Result<(), A2AError> {
        let push = self.pushing()?;
        self.own(Caller::current()?.as_ref(), &request.task_id).await?;
        push.configs.delete(&request.task_id, &request.id).await
    }

    async fn get_extended_agent_card(
        &self,
        _: &ServiceParams,
        _: GetExtendedAgentCardRequest,
    ) -> Result<AgentCard, A2AError> {
        Err(A2AError::unsupported_operation("this agent has one card for everybody"))
    }
}
