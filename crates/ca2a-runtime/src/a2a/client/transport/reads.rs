//! The SDK's trait: messages as they are above, and requests for tasks with a proof of who asks (A2A-110 to A2A-111).

use std::collections::HashMap;

use a2a::{
    A2AError, AgentCard, CancelTaskRequest, DeleteTaskPushNotificationConfigRequest,
    GetExtendedAgentCardRequest, GetTaskPushNotificationConfigRequest, GetTaskRequest,
    ListTaskPushNotificationConfigsRequest, ListTaskPushNotificationConfigsResponse, ListTasksRequest,
    ListTasksResponse, SendMessageRequest, SendMessageResponse, StreamResponse, SubscribeToTaskRequest, Task,
    TaskPushNotificationConfig, methods,
};
use a2a_client::transport::{ServiceParams, Transport};
use a2a_pb::protojson_conv::ProtoJsonPayload;
use async_trait::async_trait;
use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use serde_json::Value;

use super::{Ca2aTransport, declare, verified};
use crate::{
    a2a::{
        access::{TaskAccess, request_digest},
        client::{A2aCallError, Sealing},
        sealed::{AnswerOpener, Bound, ReplyKeys},
        wire,
    },
    client::CallError,
    system::random_bytes,
};

/// A request about tasks: what its proof says of it.
pub(crate) trait TaskRequest: ProtoJsonPayload + Send + Sync {
    /// The method, by its name in JSON-RPC.
    const METHOD: &'static str;

    /// The task; none for a list.
    fn task_id(&self) -> Option<&str>;

    /// For whom it is.
    fn tenant(&mut self) -> &mut Option<String>;
}

impl TaskRequest for ListTasksRequest {
    const METHOD: &'static str = methods::LIST_TASKS;

    fn task_id(&self) -> Option<&str> {
        None
    }

    fn tenant(&mut self) -> &mut Option<String> {
        &mut self.tenant
    }
}

macro_rules! about_a_task {
    ($($request:ty: $method:ident, $id:ident;)*) => {$(
        impl TaskRequest for $request {
            const METHOD: &'static str = methods::$method;

            fn task_id(&self) -> Option<&str> {
                Some(&self.$id)
            }

            fn tenant(&mut self) -> &mut Option<String> {
                &mut self.tenant
            }
        }
    )*};
}

about_a_task! {
    GetTaskRequest: GET_TASK, id;
    CancelTaskRequest: CANCEL_TASK, id;
    SubscribeToTaskRequest: SUBSCRIBE_TO_TASK, id;
    TaskPushNotificationConfig: CREATE_PUSH_CONFIG, task_id;
    GetTaskPushNotificationConfigRequest: GET_PUSH_CONFIG, task_id;
    ListTaskPushNotificationConfigsRequest: LIST_PUSH_CONFIGS, task_id;
    DeleteTaskPushNotificationConfigRequest: DELETE_PUSH_CONFIG, task_id;
}

/// A request about tasks that may go out, and what opens its answer. Nothing of it was sent.
pub(crate) struct Proved<R> {
    request: R,
    params: ServiceParams,
    opener: AnswerOpener,
    sealing: Sealing,
}

impl<R> Proved<R> {
    fn task(&self, task: Task, place: u64) -> Result<Task, A2aCallError> {
        if !self.opens(task.metadata.as_ref()) {
            return Ok(task);
        }
        Ok(self.opener.task(&task, place)?)
    }

    /// Whether what has `metadata` must open. Whoever seals made no task in the clear: what comes so is not its peer's.
    fn opens(&self, metadata: Option<&HashMap<String, Value>>) -> bool {
        let is_sealed = || metadata.is_some_and(|metadata| metadata.contains_key(wire::SEALED_RESULT));
        self.sealing == Sealing::Sealed || is_sealed()
    }
}

type Events = BoxStream<'static, Result<StreamResponse, A2aCallError>>;

impl<T: Transport> Ca2aTransport<T> {
    /// Proves, with the key of the authority, that its holder asks for `request`. Whoever gives this up has sent nothing.
    pub(crate) async fn proved<R: TaskRequest>(
        &self,
        params: &ServiceParams,
        mut request: R,
    ) -> Result<Proved<R>, A2aCallError> {
        // The proof is of the whole request.
        self.address(request.tenant());
        let peer = self.appraise().await?;
        let nonce = random_bytes(self.peer.random()).map_err(CallError::from)?;
        let request_sha256 =
            request_digest(&request).map_err(|error| A2aCallError::Answer(error.to_string()))?;
        let access = TaskAccess {
            audience: peer.channel_key(),
            challenge: peer.challenge().clone(),
            method: R::METHOD.to_owned(),
            task_id: request.task_id().map(str::to_owned),
            nonce,
            subject: self.authority.key.verifying_key(),
            request_sha256,
        };
        let mut params = params.clone();
        declare(&mut params);
        params.insert(wire::HOLDER_PROOF_HEADER.to_owned(), vec![access.prove(&self.authority.key)]);
        let opener = AnswerOpener::new(ReplyKeys::from_seed(&self.reply), Bound::Read(nonce));
        Ok(Proved { request, params, opener, sealing: self.sealing })
    }

    /// The task that was asked for.
    pub(crate) async fn get(&self, asked: Proved<GetTaskRequest>) -> Result<Task, A2aCallError> {
        let task = self.inner.get_task(&asked.params, &asked.request).await;
        asked.task(task.map_err(A2aCallError::Refused)?, 0)
    }

    /// The tasks that were asked for.
    pub(crate) async fn list(
        &self,
        asked: Proved<ListTasksRequest>,
    ) -> Result<ListTasksResponse, A2aCallError> {
        let list = self.inner.list_tasks(&asked.params, &asked.request).await;
        let mut list = list.map_err(A2aCallError::Refused)?;
        let tasks = std::mem::take(&mut list.tasks).into_iter().zip(0..);
        list.tasks = tasks.map(|(task, place)| asked.task(task, place)).collect::<Result<_, _>>()?;
        Ok(list)
    }

    /// The task, as it stands after it was to be cancelled.
    pub(crate) async fn cancel(&self, asked: Proved<CancelTaskRequest>) -> Result<Task, A2aCallError> {
        let task = self.inner.cancel_task(&asked.params, &asked.request).await;
        asked.task(task.map_err(A2aCallError::Refused)?, 0)
    }

    /// The events of the task that was asked for.
    pub(crate) async fn subscribe(
        &self,
        asked: Proved<SubscribeToTaskRequest>,
    ) -> Result<Events, A2aCallError> {
        let events = self.inner.subscribe_to_task(&asked.params, &asked.request).await;
        let mut events = events.map_err(A2aCallError::Refused)?;
        let first = events.next().await;
        let opens = match &first {
            Some(Ok(StreamResponse::Task(task))) => asked.opens(task.metadata.as_ref()),
            _ => asked.opens(None),
        };
        let events = Box::pin(stream::iter(first).chain(events));
        Ok(verified(events, None, opens.then_some(asked.opener)))
    }
}

#[async_trait]
impl<T: Transport> Transport for Ca2aTransport<T> {
    async fn send_message(
        &self,
        params: &ServiceParams,
        req: &SendMessageRequest,
    ) -> Result<SendMessageResponse, A2AError> {
        let answered = self.send_under(&self.authority, None, params.clone(), req.clone()).await?;
        Ok(answered.response)
    }

    async fn send_streaming_message(
        &self,
        params: &ServiceParams,
        req: &SendMessageRequest,
    ) -> Result<BoxStream<'static, Result<StreamResponse, A2AError>>, A2AError> {
        let answered = self.stream_under(&self.authority, None, params.clone(), req.clone()).await?;
        Ok(Box::pin(answered.events.map(|event| event.map_err(A2AError::from))))
    }

    async fn get_task(&self, params: &ServiceParams, req: &GetTaskRequest) -> Result<Task, A2AError> {
        Ok(self.get(self.proved(params, req.clone()).await?).await?)
    }

    async fn list_tasks(
        &self,
        params: &ServiceParams,
        req: &ListTasksRequest,
    ) -> Result<ListTasksResponse, A2AError> {
        Ok(self.list(self.proved(params, req.clone()).await?).await?)
    }

    async fn cancel_task(&self, params: &ServiceParams, req: &CancelTaskRequest) -> Result<Task, A2AError> {
        Ok(self.cancel(self.proved(params, req.clone()).await?).await?)
    }

    async fn subscribe_to_task(
        &self,
        params: &ServiceParams,
        req: &SubscribeToTaskRequest,
    ) -> Result<BoxStream<'static, Result<StreamResponse, A2AError>>, A2AError> {
        let events = self.subscribe(self.proved(params, req.clone()).await?).await?;
        Ok(Box::pin(events.map(|event| event.map_err(A2AError::from))))
    }

    async fn create_push_config(
        &self,
        params: &ServiceParams,
        req: &TaskPushNotificationConfig,
    ) -> Result<TaskPushNotificationConfig, A2AError> {
        let Proved { request, params, .. } = self.proved(params, req.clone()).await?;
        self.inner.create_push_config(&params, &request).await
    }

    async fn get_push_config(
        &self,
        params: &ServiceParams,
        req: &GetTaskPushNotificationConfigRequest,
    ) -> Result<TaskPushNotificationConfig, A2AError> {
        let Proved { request, params, .. } = self.proved(params, req.clone()).await?;
        self.inner.get_push_config(&params, &request).await
    }

    async fn list_push_configs(
        &self,
        params: &ServiceParams,
        req: &ListTaskPushNotificationConfigsRequest,
    ) -> Result<ListTaskPushNotificationConfigsResponse, A2AError> {
        let Proved { request, params, .. } = self.proved(params, req.clone()).await?;
        self.inner.list_push_configs(&params, &request).await
    }

    async fn delete_push_config(
        &self,
        params: &ServiceParams,
        req: &DeleteTaskPushNotificationConfigRequest,
    ) -> Result<(), A2AError> {
        let Proved { request, params, .. } = self.proved(params, req.clone()).await?;
        self.inner.delete_push_config(&params, &request).await
    }

    async fn get_extended_agent_card(
        &self,
        params: &ServiceParams,
        req: &GetExtendedAgentCardRequest,
    ) -> Result<AgentCard, A2AError> {
        let mut req = req.clone();
        self.address(&mut req.tenant);
        self.inner.get_extended_agent_card(params, &req).await
    }

    async fn destroy(&self) -> Result<(), A2AError> {
        self.inner.destroy().await
    }
}
