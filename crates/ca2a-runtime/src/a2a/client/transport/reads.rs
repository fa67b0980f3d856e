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
use ca2a_seal::ChannelSecret;
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
        sealed::{AnswerOpener, Bound},
        wire,
    },
    client::CallError,
    system::random_bytes,
};

/// What a request for tasks goes out with, and what opens its answer.
struct Proved {
    params: ServiceParams,
    opener: AnswerOpener,
    sealing: Sealing,
}

impl Proved {
    fn task(&self, task: Task, place: u64) -> Result<Task, A2AError> {
        if !self.opens(task.metadata.as_ref()) {
            return Ok(task);
        }
        self.opener.task(&task, place).map_err(|error| A2aCallError::from(error).into())
    }

    /// Whether what has `metadata` must open. Whoever seals made no task in the clear: what comes so is not its peer's.
    fn opens(&self, metadata: Option<&HashMap<String, Value>>) -> bool {
        let is_sealed = || metadata.is_some_and(|metadata| metadata.contains_key(wire::SEALED_RESULT));
        self.sealing == Sealing::Sealed || is_sealed()
    }
}

impl<T: Transport> Ca2aTransport<T> {
    /// Proves, with the key of the authority, that its holder asks for `request`.
    async fn proved<R: ProtoJsonPayload>(
        &self,
        params: &ServiceParams,
        method: &str,
        task_id: Option<&str>,
        request: &R,
    ) -> Result<Proved, A2aCallError> {
        let peer = self.appraise().await?;
        let nonce = random_bytes(self.peer.random()).map_err(CallError::from)?;
        let request_sha256 =
            request_digest(request).map_err(|error| A2aCallError::Answer(error.to_string()))?;
        let access = TaskAccess {
            audience: peer.channel_key(),
            challenge: peer.challenge().clone(),
            method: method.to_owned(),
            task_id: task_id.map(str::to_owned),
            nonce,
            subject: self.authority.key.verifying_key(),
            request_sha256,
        };
        let mut params = params.clone();
        declare(&mut params);
        params.insert(wire::HOLDER_PROOF_HEADER.to_owned(), vec![access.prove(&self.authority.key)]);
        let opener = AnswerOpener::new(ChannelSecret::from_bytes(*self.reply), Bound::Read(nonce));
        Ok(Proved { params, opener, sealing: self.sealing })
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
        let proved = self.proved(params, methods::GET_TASK, Some(&req.id), req).await?;
        proved.task(self.inner.get_task(&proved.params, req).await?, 0)
    }

    async fn list_tasks(
        &self,
        params: &ServiceParams,
        req: &ListTasksRequest,
    ) -> Result<ListTasksResponse, A2AError> {
        let proved = self.proved(params, methods::LIST_TASKS, None, req).await?;
        let mut list = self.inner.list_tasks(&proved.params, req).await?;
        let tasks = std::mem::take(&mut list.tasks).into_iter().zip(0..);
        list.tasks = tasks.map(|(task, place)| proved.task(task, place)).collect::<Result<_, _>>()?;
        Ok(list)
    }

    async fn cancel_task(&self, params: &ServiceParams, req: &CancelTaskRequest) -> Result<Task, A2AError> {
        let proved = self.proved(params, methods::CANCEL_TASK, Some(&req.id), req).await?;
        proved.task(self.inner.cancel_task(&proved.params, req).await?, 0)
    }

    async fn subscribe_to_task(
        &self,
        params: &ServiceParams,
        req: &SubscribeToTaskRequest,
    ) -> Result<BoxStream<'static, Result<StreamResponse, A2AError>>, A2AError> {
        let proved = self.proved(params, methods::SUBSCRIBE_TO_TASK, Some(&req.id), req).await?;
        let mut events = self.inner.subscribe_to_task(&proved.params, req).await?;
        let first = events.next().await;
        let opens = match &first {
            Some(Ok(StreamResponse::Task(task))) => proved.opens(task.metadata.as_ref()),
            _ => proved.opens(None),
        };
        let events =
            verified(Box::pin(stream::iter(first).chain(events)), None, opens.then_some(proved.opener));
        Ok(Box::pin(events.map(|event| event.map_err(A2AError::from))))
    }

    async fn create_push_config(
        &self,
        params: &ServiceParams,
        req: &TaskPushNotificationConfig,
    ) -> Result<TaskPushNotificationConfig, A2AError> {
        let proved = self.proved(params, methods::CREATE_PUSH_CONFIG, Some(&req.task_id), req).await?;
        self.inner.create_push_config(&proved.params, req).await
    }

    async fn get_push_config(
        &self,
        params: &ServiceParams,
        req: &GetTaskPushNotificationConfigRequest,
    ) -> Result<TaskPushNotificationConfig, A2AError> {
        let proved = self.proved(params, methods::GET_PUSH_CONFIG, Some(&req.task_id), req).await?;
        self.inner.get_push_config(&proved.params, req).await
    }

    async fn list_push_configs(
        &self,
        params: &ServiceParams,
        req: &ListTaskPushNotificationConfigsRequest,
    ) -> Result<ListTaskPushNotificationConfigsResponse, A2AError> {
        let proved = self.proved(params, methods::LIST_PUSH_CONFIGS, Some(&req.task_id), req).await?;
        self.inner.list_push_configs(&proved.params, req).await
    }

    async fn delete_push_config(
        &self,
        params: &ServiceParams,
        req: &DeleteTaskPushNotificationConfigRequest,
    ) -> Result<(), A2AError> {
        let proved = self.proved(params, methods::DELETE_PUSH_CONFIG, Some(&req.task_id), req).await?;
        self.inner.delete_push_config(&proved.params, req).await
    }

    async fn get_extended_agent_card(
        &self,
        params: &ServiceParams,
        req: &GetExtendedAgentCardRequest,
    ) -> Result<AgentCard, A2AError> {
        self.inner.get_extended_agent_card(params, req).await
    }

    async fn destroy(&self) -> Result<(), A2AError> {
        self.inner.destroy().await
    }
}
