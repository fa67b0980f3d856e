//! JSON-RPC and HTTP+JSON over this crate's own HTTP client: integers stay integers, nothing is followed (A2A-101, A2A-102).
//!
//! The SDK's own transports write every number of the metadata as a double, honour proxy variables, and follow redirects.

mod exchange;
pub(crate) mod rest;

use a2a::{
    A2AError, AgentCard, CancelTaskRequest, DeleteTaskPushNotificationConfigRequest,
    GetExtendedAgentCardRequest, GetTaskPushNotificationConfigRequest, GetTaskRequest,
    ListTaskPushNotificationConfigsRequest, ListTaskPushNotificationConfigsResponse, ListTasksRequest,
    ListTasksResponse, SendMessageRequest, SendMessageResponse, StreamResponse, SubscribeToTaskRequest, Task,
    TaskPushNotificationConfig, methods,
};
use a2a_client::transport::{ServiceParams, Transport};
use a2a_pb::protojson_conv::{self, ProtoJsonPayload};
use async_trait::async_trait;
use futures_util::stream::BoxStream;
use serde_json::Value;

use crate::http::HttpClient;

/// How JSON is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonBinding {
    /// JSON-RPC 2.0, everything by `POST` to one path.
    JsonRpc,
    /// HTTP+JSON, a path for each method.
    HttpJson,
}

/// A transport of the SDK's over one origin.
#[derive(Debug, Clone)]
pub struct JsonTransport {
    pub(super) http: HttpClient,
    pub(super) path: String,
    pub(super) binding: JsonBinding,
}

impl JsonTransport {
    /// A transport to `path` on the origin of `http`, as the URL of an interface has it.
    #[must_use]
    pub fn new(http: HttpClient, path: &str, binding: JsonBinding) -> Self {
        // One path is another than the same with a `/` after it. Over HTTP+JSON more is appended.
        let path = format!("/{}", path.trim_start_matches('/'));
        let http = http.asking_an_agent();
        let (path, http) = match binding {
            JsonBinding::JsonRpc => (path, http),
            JsonBinding::HttpJson => {
                let http = http.media("application/a2a+json", "application/a2a+json");
                (path.trim_end_matches('/').to_owned(), http)
            }
        };
        Self { http, path, binding }
    }
}

type Events = BoxStream<'static, Result<StreamResponse, A2AError>>;

/// A request as ProtoJSON.
fn written<T: ProtoJsonPayload>(request: &T) -> Result<Value, A2AError> {
    protojson_conv::to_value(request).map_err(|error| A2AError::invalid_params(error.to_string()))
}

/// A message as ProtoJSON, its metadata as they are: a `Struct` would make doubles of the integers that are signed.
fn written_message(request: &SendMessageRequest) -> Result<Value, A2AError> {
    let mut value = written(request)?;
    let metadata = |metadata: &Option<_>| metadata.as_ref().and_then(|said| serde_json::to_value(said).ok());
    if let (Some(said), Some(outer)) = (metadata(&request.metadata), value.as_object_mut()) {
        outer.insert("metadata".to_owned(), said);
    }
    let message = value.get_mut("message").and_then(Value::as_object_mut);
    if let (Some(said), Some(message)) = (metadata(&request.message.metadata), message) {
        message.insert("metadata".to_owned(), said);
    }
    Ok(value)
}

#[async_trait]
impl Transport for JsonTransport {
    async fn send_message(
        &self,
        params: &ServiceParams,
        req: &SendMessageRequest,
    ) -> Result<SendMessageResponse, A2AError> {
        self.call(params, methods::SEND_MESSAGE, written_message(req)?).await
    }

    async fn send_streaming_message(
        &self,
        params: &ServiceParams,
        req: &SendMessageRequest,
    ) -> Result<Events, A2AError> {
        self.stream(params, methods::SEND_STREAMING_MESSAGE, written_message(req)?).await
    }

    async fn get_task(&self, params: &ServiceParams, req: &GetTaskRequest) -> Result<Task, A2AError> {
        self.call(params, methods::GET_TASK, written(req)?).await
    }

    async fn list_tasks(
        &self,
        params: &ServiceParams,
        req: &ListTasksRequest,
    ) -> Result<ListTasksResponse, A2AError> {
        self.call(params, methods::LIST_TASKS, written(req)?).await
    }

    async fn cancel_task(&self, params: &ServiceParams, req: &CancelTaskRequest) -> Result<Task, A2AError> {
        self.call(params, methods::CANCEL_TASK, written(req)?).await
    }

    async fn subscribe_to_task(
        &self,
        params: &ServiceParams,
        req: &SubscribeToTaskRequest,
    ) -> Result<Events, A2AError> {
        self.stream(params, methods::SUBSCRIBE_TO_TASK, written(req)?).await
    }

    async fn create_push_config(
        &self,
        params: &ServiceParams,
        req: &TaskPushNotificationConfig,
    ) -> Result<TaskPushNotificationConfig, A2AError> {
        self.call(params, methods::CREATE_PUSH_CONFIG, written(req)?).await
    }

    async fn get_push_config(
        &self,
        params: &ServiceParams,
        req: &GetTaskPushNotificationConfigRequest,
    ) -> Result<TaskPushNotificationConfig, A2AError> {
        self.call(params, methods::GET_PUSH_CONFIG, written(req)?).await
    }

    async fn list_push_configs(
        &self,
        params: &ServiceParams,
        req: &ListTaskPushNotificationConfigsRequest,
    ) -> Result<ListTaskPushNotificationConfigsResponse, A2AError> {
        self.call(params, methods::LIST_PUSH_CONFIGS, written(req)?).await
    }

    async fn delete_push_config(
        &self,
        params: &ServiceParams,
        req: &DeleteTaskPushNotificationConfigRequest,
    ) -> Result<(), A2AError> {
        self.value(params, methods::DELETE_PUSH_CONFIG, written(req)?).await.map(drop)
    }

    async fn get_extended_agent_card(
        &self,
        params: &ServiceParams,
        req: &GetExtendedAgentCardRequest,
    ) -> Result<AgentCard, A2AError> {
        self.call(params, methods::GET_EXTENDED_AGENT_CARD, written(req)?).await
    }

    async fn destroy(&self) -> Result<(), A2AError> {
        Ok(())
    }
}
