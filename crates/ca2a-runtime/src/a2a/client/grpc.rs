//! gRPC over a connection of this crate's own: within TLS where the card came within it, bounded in time and size, and
//! refusals with their code (A2A-101, A2A-102).
//!
//! The SDK's own transport waits for ever, speaks in plain, keeps the last of repeated headers, and drops the details of a
//! refusal.

use std::{collections::HashMap, error::Error as _, time::Duration};

use a2a::{
    A2AError, AgentCard, CancelTaskRequest, DeleteTaskPushNotificationConfigRequest,
    GetExtendedAgentCardRequest, GetTaskPushNotificationConfigRequest, GetTaskRequest,
    ListTaskPushNotificationConfigsRequest, ListTaskPushNotificationConfigsResponse, ListTasksRequest,
    ListTasksResponse, SendMessageRequest, SendMessageResponse, StreamResponse, SubscribeToTaskRequest, Task,
    TaskPushNotificationConfig, TypedDetail, error_code,
};
use a2a_client::transport::{ServiceParams, Transport};
use a2a_grpc::errors::status_to_a2a_error;
use a2a_pb::{
    pbconv,
    proto::{self, a2a_service_client::A2aServiceClient},
};
use async_trait::async_trait;
use futures_util::stream::{self, BoxStream};
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use tonic::{
    Request, Response, Status, Streaming,
    metadata::{AsciiMetadataKey, MetadataMap},
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt as _;

use super::{A2aCallError, sse::MAX_EVENT};
use crate::{
    a2a::{grpc::said_first, wire},
    http::{ClientError, HttpClient, Origin},
};

/// Characters of a message of a peer's that are kept.
const EXCERPT: usize = 1000;

/// A transport of the SDK's over one origin.
#[derive(Debug, Clone)]
pub struct GrpcTransport {
    /// For answers.
    client: A2aServiceClient<Channel>,
    /// For streams, whose events are larger.
    streaming: A2aServiceClient<Channel>,
    origin: Origin,
    deadline: Duration,
}

impl GrpcTransport {
    /// A transport to the origin of `http`, with its limits and its trust.
    ///
    /// # Errors
    /// No connection.
    pub async fn connect(http: HttpClient) -> Result<Self, A2aCallError> {
        let (origin, limits) = (http.origin().clone(), http.limits());
        let scheme = if origin.is_secure() { "https" } else { "http" };
        let no_target = |_| A2aCallError::from(ClientError::Target);
        let endpoint = format!("{scheme}://{}", origin.authority());
        let endpoint = Endpoint::from_shared(endpoint).map_err(no_target)?;
        // A stream says nothing while there is nothing to say. Whoever is gone does not answer this, and pings that come more
        // often than every five minutes are an offence to many a server.
        let endpoint = endpoint.http2_keep_alive_interval(limits.silence).keep_alive_timeout(limits.deadline);
        // Whoever asks for the place gets a socket to it, TLS and all.
        let socket = tower::service_fn(move |_| {
            let http = http.clone();
            async move { http.socket_for_http2().await.map(TokioIo::new) }
        });
        let channel = timeout(limits.deadline, endpoint.connect_with_connector(socket)).await;
        let channel = channel.map_err(|_| late(&origin, limits.deadline))?;
        let channel = channel.map_err(|error| unreached(&error, &origin))?;
        let streaming = A2aServiceClient::new(channel.clone()).max_decoding_message_size(MAX_EVENT);
        let client = A2aServiceClient::new(channel).max_decoding_message_size(limits.max_response);
        Ok(Self { client, streaming, origin, deadline: limits.answer })
    }

    fn client(&self) -> A2aServiceClient<Channel> {
        self.client.clone()
    }

    fn streaming(&self) -> A2aServiceClient<Channel> {
        self.streaming.clone()
    }

    /// What is answered in time: all of it, or a stream's beginning.
    async fn answer<T>(
        &self,
        call: impl Future<Output = Result<Response<T>, Status>> + Send,
    ) -> Result<T, A2AError> {
        match timeout(self.deadline, call).await {
            Ok(answered) => answered.map(Response::into_inner).map_err(|status| said(&status, &self.origin)),
            Err(_) => Err(lost(&late(&self.origin, self.deadline))),
        }
    }

    fn events(&self, events: Streaming<proto::StreamResponse>) -> Events {
        let reading = Reading { events, origin: self.origin.clone() };
        Box::pin(stream::unfold(Some(reading), |reading| async move {
            let mut reading = reading?;
            match reading.next().await {
                Ok(Some(event)) => Some((Ok(event), Some(reading))),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        }))
    }
}

type Events = BoxStream<'static, Result<StreamResponse, A2AError>>;

/// A stream of events on its way. What is not read waits at the peer: HTTP/2 lets it send no more.
struct Reading {
    events: Streaming<proto::StreamResponse>,
    origin: Origin,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<StreamResponse>, A2AError> {
        let event = self.events.message().await.map_err(|status| said(&status, &self.origin))?;
        event.map(|event| pbconv::from_proto_stream_response(&event).ok_or_else(empty)).transpose()
    }
}

fn late(origin: &Origin, after: Duration) -> ClientError {
    ClientError::Deadline { origin: origin.clone(), seconds: after.as_secs_f64() }
}

/// Why no connection came about.
fn unreached(error: &tonic::transport::Error, origin: &Origin) -> ClientError {
    let mut cause = error.source();
    while let Some(found) = cause {
        if let Some(ours) = found.downcast_ref::<ClientError>() {
            return ours.clone();
        }
        cause = found.source();
    }
    ClientError::Connect { origin: origin.clone(), reason: error.to_string() }
}

/// No answer came: a code of ours, and no error that the peer would have said.
fn lost(error: &ClientError) -> A2AError {
    A2AError::new(wire::REFUSED, format!("{}: {error}", error.code().as_str()))
}

fn empty() -> A2AError {
    A2AError::new(error_code::INVALID_AGENT_RESPONSE, "the peer answered with nothing")
}

/// A request with `params` as its metadata.
fn request<T>(params: &ServiceParams, body: T) -> Result<Request<T>, A2AError> {
    let broken = || A2AError::invalid_params("a service parameter that no metadata can carry");
    let mut metadata = MetadataMap::new();
    for (name, values) in params {
        let name =
            AsciiMetadataKey::from_bytes(name.to_ascii_lowercase().as_bytes()).map_err(|_| broken())?;
        for value in values {
            metadata.append(name.clone(), value.parse().map_err(|_| broken())?);
        }
    }
    if !metadata.contains_key(wire::VERSION_HEADER) {
        metadata.insert(wire::VERSION_HEADER, wire::VERSION.parse().map_err(|_| broken())?);
    }
    let mut request = Request::new(body);
    *request.metadata_mut() = metadata;
    Ok(request)
}

/// What a peer said, or that it said nothing: a status that comes of an error of this side's has that for its source.
fn said(status: &Status, origin: &Origin) -> A2AError {
    if let (Some(source), true) = (status.source(), status.details().is_empty()) {
        let reason = format!("{}: {source}", status.message());
        return lost(&ClientError::Broken { origin: origin.clone(), reason });
    }
    let info = status.get_details_error_info();
    let metadata: HashMap<String, String> = info.map(|info| info.metadata).unwrap_or_default();
    let is_ours = metadata.contains_key("ca2a_code") || said_first(status.message()).is_some();
    let mut error = status_to_a2a_error(status);
    error.message = error.message.chars().take(EXCERPT).collect();
    if !is_ours {
        return error;
    }
    let reason = a2a::error_reason(error.code);
    let details = TypedDetail::error_info(reason, a2a::PROTOCOL_DOMAIN, Some(metadata));
    A2AError { code: wire::REFUSED, ..error }.with_details(vec![details])
}

#[async_trait]
impl Transport for GrpcTransport {
    async fn send_message(
        &self,
        params: &ServiceParams,
        req: &SendMessageRequest,
    ) -> Result<SendMessageResponse, A2AError> {
        let request = request(params, pbconv::to_proto_send_message_request(req))?;
        let response = self.answer(self.client().send_message(request)).await?;
        pbconv::from_proto_send_message_response(&response).ok_or_else(empty)
    }

    async fn send_streaming_message(
        &self,
        params: &ServiceParams,
        req: &SendMessageRequest,
    ) -> Result<Events, A2AError> {
        let request = request(params, pbconv::to_proto_send_message_request(req))?;
        Ok(self.events(self.answer(self.streaming().send_streaming_message(request)).await?))
    }

    async fn get_task(&self, params: &ServiceParams, req: &GetTaskRequest) -> Result<Task, A2AError> {
        let request = request(params, pbconv::to_proto_get_task_request(req))?;
        Ok(pbconv::from_proto_task(&self.answer(self.client().get_task(request)).await?))
    }

    async fn list_tasks(
        &self,
        params: &ServiceParams,
        req: &ListTasksRequest,
    ) -> Result<ListTasksResponse, A2AError> {
        let request = request(params, pbconv::to_proto_list_tasks_request(req))?;
        let tasks = self.answer(self.client().list_tasks(request)).await?;
        Ok(pbconv::from_proto_list_tasks_response(&tasks))
    }

    async fn cancel_task(&self, params: &ServiceParams, req: &CancelTaskRequest) -> Result<Task, A2AError> {
        let request = request(params, pbconv::to_proto_cancel_task_request(req))?;
        Ok(pbconv::from_proto_task(&self.answer(self.client().cancel_task(request)).await?))
    }

    async fn subscribe_to_task(
        &self,
        params: &ServiceParams,
        req: &SubscribeToTaskRequest,
    ) -> Result<Events, A2AError> {
        let request = request(params, pbconv::to_proto_subscribe_to_task_request(req))?;
        Ok(self.events(self.answer(self.streaming().subscribe_to_task(request)).await?))
    }

    async fn create_push_config(
        &self,
        params: &ServiceParams,
        req: &TaskPushNotificationConfig,
    ) -> Result<TaskPushNotificationConfig, A2AError> {
        let request = request(params, pbconv::to_proto_create_task_push_notification_config_request(req))?;
        let config = self.answer(self.client().create_task_push_notification_config(request)).await?;
        Ok(pbconv::from_proto_task_push_notification_config(&config))
    }

    async fn get_push_config(
        &self,
        params: &ServiceParams,
        req: &GetTaskPushNotificationConfigRequest,
    ) -> Result<TaskPushNotificationConfig, A2AError> {
        let request = request(params, pbconv::to_proto_get_task_push_notification_config_request(req))?;
        let config = self.answer(self.client().get_task_push_notification_config(request)).await?;
        Ok(pbconv::from_proto_task_push_notification_config(&config))
    }

    async fn list_push_configs(
        &self,
        params: &ServiceParams,
        req: &ListTaskPushNotificationConfigsRequest,
    ) -> Result<ListTaskPushNotificationConfigsResponse, A2AError> {
        let request = request(params, pbconv::to_proto_list_task_push_notification_configs_request(req))?;
        let configs = self.answer(self.client().list_task_push_notification_configs(request)).await?;
        Ok(pbconv::from_proto_list_task_push_notification_configs_response(&configs))
    }

    async fn delete_push_config(
        &self,
        params: &ServiceParams,
        req: &DeleteTaskPushNotificationConfigRequest,
    ) -> Result<(), A2AError> {
        let request = request(params, pbconv::to_proto_delete_task_push_notification_config_request(req))?;
        self.answer(self.client().delete_task_push_notification_config(request)).await
    }

    async fn get_extended_agent_card(
        &self,
        params: &ServiceParams,
        req: &GetExtendedAgentCardRequest,
    ) -> Result<AgentCard, A2AError> {
        let request = request(params, pbconv::to_proto_get_extended_agent_card_request(req))?;
        Ok(pbconv::from_proto_agent_card(&self.answer(self.client().get_extended_agent_card(request)).await?))
    }

    async fn destroy(&self) -> Result<(), A2AError> {
        Ok(())
    }
}
