//! The gate: every call of every binding comes through here before it may touch a task.

use std::{collections::HashMap, sync::Arc};

use a2a::*;
use a2a_pb::protojson_conv::ProtoJsonPayload;
use a2a_server::{RequestHandler, ServiceParams};
use async_trait::async_trait;
use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use serde_json::Value;

use super::{
    Demand,
    admit::{Admitted, Asker, abandoned},
    inbound::Inbound,
    refusal::code_of,
    validate,
};
use crate::{
    a2a::{
        access::{Asked, request_digest},
        sealed::{self, Reply},
        wire,
    },
    calls::OpenCall,
    node::PeerNode,
};

/// The gate before a handler.
pub(in crate::a2a) struct Gate<H> {
    pub(super) inner: H,
    pub(super) node: Arc<PeerNode>,
    pub(super) demand: Demand,
    pub(super) required: Vec<String>,
}

impl<H: RequestHandler> Gate<H> {
    pub(super) fn new(node: Arc<PeerNode>, inner: H, demand: Demand, required: Vec<String>) -> Self {
        Self { inner, node, demand, required }
    }

    /// Lets a request about the caller's tasks through.
    fn ask<R: ProtoJsonPayload>(
        &self,
        params: &ServiceParams,
        method: &'static str,
        task_id: Option<&str>,
        request: &R,
        changes: bool,
    ) -> Result<Asker, A2AError> {
        if let Some(id) = task_id {
            validate::id(id)?;
        }
        self.asker(
            params,
            |request_sha256| Asked { method, task_id, request_sha256, changes },
            || request_digest(request),
        )
    }
}

/// The tenant of a request: the one in its path, and the one in its body where there is none.
fn tenant(tenant: Option<String>) -> Option<String> {
    let path = Inbound::current().and_then(|inbound| inbound.tenant.clone());
    path.or(tenant).filter(|tenant| !tenant.is_empty())
}

/// `task` as its caller may see it: sealed where it came sealed.
fn shown(task: Task, nonce: Option<[u8; 16]>, place: u64) -> Result<Task, A2AError> {
    match nonce.map(|nonce| Reply::of_task(&task, nonce)).transpose()?.flatten() {
        Some(reply) => reply.task(&task, place),
        None => Ok(task),
    }
}

/// Whether `task` is shown at all: one that came sealed and cannot be shown so is left out, and hides no other.
fn is_shown(task: &Task) -> bool {
    Reply::of_task(task, [0; 16]).is_ok()
}

/// Puts what the node has to say about a call into what is said about its task (A2A-7).
fn attach(metadata: &mut Option<HashMap<String, Value>>, attached: &HashMap<String, Value>) {
    for (key, value) in attached {
        // The task of this very message has it already.
        if metadata.as_ref().and_then(|said| said.get(key)) != Some(value) {
            metadata.get_or_insert_default().insert(key.clone(), value.clone());
        }
    }
}

/// A message that was refused behind the gate leaves no open call, and an outcome that says why as the answer does (GATE-8).
async fn begun<T>(served: Result<T, A2AError>, call: Option<&Arc<OpenCall>>) -> Result<T, A2AError> {
    match (served, call) {
        (Err(refused), Some(call)) => match abandoned(Some(call), code_of(&refused)).await {
            Ok(()) => Err(refused),
            Err(unkept) => Err(unkept.tell()),
        },
        (served, _) => served,
    }
}

#[async_trait]
impl<H: RequestHandler> RequestHandler for Gate<H> {
    async fn send_message(
        &self,
        params: &ServiceParams,
        mut request: SendMessageRequest,
    ) -> Result<SendMessageResponse, A2AError> {
        request.tenant = tenant(request.tenant);
        let Admitted { caller, params } = self.admit(params, &mut request).await?;
        let served = Arc::clone(&caller).ask(self.inner.send_message(&params, request)).await;
        let mut response = begun(served, caller.call.as_ref()).await?;
        match &mut response {
            SendMessageResponse::Task(task) => attach(&mut task.metadata, &caller.attached),
            SendMessageResponse::Message(message) => attach(&mut message.metadata, &caller.attached),
        }
        match &caller.reply {
            Some(reply) => reply.response(&response),
            None => Ok(response),
        }
    }

    async fn send_streaming_message(
        &self,
        params: &ServiceParams,
        mut request: SendMessageRequest,
    ) -> Result<BoxStream<'static, Result<StreamResponse, A2AError>>, A2AError> {
        request.tenant = tenant(request.tenant);
        let Admitted { caller, params } = self.admit(params, &mut request).await?;
        let served = Arc::clone(&caller).ask(self.inner.send_streaming_message(&params, request)).await;
        let events = begun(served, caller.call.as_ref()).await?;
        let reply = caller.reply.clone();
        let events = events.map(move |event| {
            event.map(|mut event| {
                match &mut event {
                    StreamResponse::Task(task) => attach(&mut task.metadata, &caller.attached),
                    StreamResponse::Message(message) => attach(&mut message.metadata, &caller.attached),
                    StreamResponse::StatusUpdate(_) | StreamResponse::ArtifactUpdate(_) => {}
                }
                event
            })
        });
        Ok(match reply {
            Some(reply) => sealed::seal_stream(Box::pin(events), reply),
            None => Box::pin(events),
        })
    }

    async fn get_task(&self, params: &ServiceParams, mut request: GetTaskRequest) -> Result<Task, A2AError> {
        request.tenant = tenant(request.tenant);
        validate::history(request.history_length)?;
        let asker = self.ask(params, methods::GET_TASK, Some(&request.id), &request, false)?;
        let task = asker.caller.ask(self.inner.get_task(&asker.params, request)).await?;
        shown(task, asker.nonce, 0)
    }

    async fn list_tasks(
        &self,
        params: &ServiceParams,
        mut request: ListTasksRequest,
    ) -> Result<ListTasksResponse, A2AError> {
        request.tenant = tenant(request.tenant);
        let asker = self.ask(params, methods::LIST_TASKS, None, &request, false)?;
        let mut list = asker.caller.ask(self.inner.list_tasks(&asker.params, request)).await?;
        let mut tasks = Vec::with_capacity(list.tasks.len());
        for (task, place) in list.tasks.into_iter().filter(is_shown).zip(0..) {
            tasks.push(shown(task, asker.nonce, place)?);
        }
        list.tasks = tasks;
        Ok(list)
    }

    async fn cancel_task(
        &self,
        params: &ServiceParams,
        mut request: CancelTaskRequest,
    ) -> Result<Task, A2AError> {
        request.tenant = tenant(request.tenant);
        let body = Inbound::current().and_then(|inbound| inbound.metadata.clone());
        request.metadata = request.metadata.or(body);
        let asker = self.ask(params, methods::CANCEL_TASK, Some(&request.id), &request, true)?;
        // What was asked for is what came; what the agent hears has nothing of ours (A2A-6).
        wire::strip(&mut request.metadata);
        let task = asker.caller.ask(self.inner.cancel_task(&asker.params, request)).await?;
        shown(task, asker.nonce, 0)
    }

    async fn subscribe_to_task(
        &self,
        params: &ServiceParams,
        mut request: SubscribeToTaskRequest,
    ) -> Result<BoxStream<'static, Result<StreamResponse, A2AError>>, A2AError> {
        request.tenant = tenant(request.tenant);
        let asker = self.ask(params, methods::SUBSCRIBE_TO_TASK, Some(&request.id), &request, false)?;
        let mut events = asker.caller.ask(self.inner.subscribe_to_task(&asker.params, request)).await?;
        // The first event is the task, which says whether it came sealed.
        let first = events.next().await;
        let reply = match (&first, asker.nonce) {
            (Some(Ok(StreamResponse::Task(task))), Some(nonce)) => Reply::of_task(task, nonce)?,
            _ => None,
        };
        let events = Box::pin(stream::iter(first).chain(events));
        Ok(match reply {
            Some(reply) => sealed::seal_stream(events, reply),
            None => events,
        })
    }

    async fn create_push_config(
        &self,
        params: &ServiceParams,
        mut request: TaskPushNotificationConfig,
    ) -> Result<TaskPushNotificationConfig, A2AError> {
        request.tenant = tenant(request.tenant);
        let task = Some(request.task_id.as_str());
        let asker = self.ask(params, methods::CREATE_PUSH_CONFIG, task, &request, true)?;
        asker.caller.ask(self.inner.create_push_config(&asker.params, request)).await
    }

    async fn get_push_config(
        &self,
        params: &ServiceParams,
        mut request: GetTaskPushNotificationConfigRequest,
    ) -> Result<TaskPushNotificationConfig, A2AError> {
        request.tenant = tenant(request.tenant);
        let task = Some(request.task_id.as_str());
        let asker = self.ask(params, methods::GET_PUSH_CONFIG, task, &request, false)?;
        asker.caller.ask(self.inner.get_push_config(&asker.params, request)).await
    }

    async fn list_push_configs(
        &self,
        params: &ServiceParams,
        mut request: ListTaskPushNotificationConfigsRequest,
    ) -> Result<ListTaskPushNotificationConfigsResponse, A2AError> {
        request.tenant = tenant(request.tenant);
        let task = Some(request.task_id.as_str());
        let asker = self.ask(params, methods::LIST_PUSH_CONFIGS, task, &request, false)?;
        asker.caller.ask(self.inner.list_push_configs(&asker.params, request)).await
    }

    async fn delete_push_config(
        &self,
        params: &ServiceParams,
        mut request: DeleteTaskPushNotificationConfigRequest,
    ) -> Result<(), A2AError> {
        request.tenant = tenant(request.tenant);
        let task = Some(request.task_id.as_str());
        let asker = self.ask(params, methods::DELETE_PUSH_CONFIG, task, &request, true)?;
        asker.caller.ask(self.inner.delete_push_config(&asker.params, request)).await
    }

    async fn get_extended_agent_card(
        &self,
        params: &ServiceParams,
        request: GetExtendedAgentCardRequest,
    ) -> Result<AgentCard, A2AError> {
        let params = self.enter(params)?;
        self.inner.get_extended_agent_card(&params, request).await
    }
}
