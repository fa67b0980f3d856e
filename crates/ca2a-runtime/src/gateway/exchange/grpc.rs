//! The agent over gRPC: what is typed there is JSON here, as over the other bindings.

use std::{error::Error as _, time::Duration};

use a2a::{CancelTaskRequest, GetTaskRequest, SendMessageRequest, methods};
use a2a_pb::{
    pbconv,
    proto::{self, a2a_service_client::A2aServiceClient},
    protojson_conv::{self, ProtoJsonPayload},
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::time::timeout;
use tonic::{Code, Request, Response, Status, Streaming, metadata::MetadataMap, transport::Endpoint};

use super::{
    Exchange, Reply, Said,
    heard::{Heard, Hearing},
    malformed,
};
use crate::gateway::{UpstreamError, connection::socket};

/// How the library begins what it says of an answer that is larger than is taken. Its code may be an agent's own.
const TOO_LARGE: &str = "Error, decoded message length too large";

/// Asks over a connection of its own.
pub(super) async fn ask(exchange: &Exchange, method: &str, params: Value) -> Result<Said, UpstreamError> {
    let ear = Ear { heard: Heard::default(), most: exchange.limits.max_event };
    let mut client = connect(exchange, &ear.heard).await?;
    match method {
        methods::SEND_MESSAGE => {
            let request = pbconv::to_proto_send_message_request(&read::<SendMessageRequest>(params)?);
            let said = exchange.within(client.send_message(exchange.with_headers(request))).await?;
            said.once(&ear, |answer| pbconv::from_proto_send_message_response(&answer))
        }
        methods::SEND_STREAMING_MESSAGE => {
            let request = pbconv::to_proto_send_message_request(&read::<SendMessageRequest>(params)?);
            match exchange.within(client.send_streaming_message(exchange.with_headers(request))).await? {
                Answered::Yes(events) => {
                    let events = Events { events, patience: exchange.limits.silence, ear };
                    Ok(Said::Stream(Box::new(super::Events::Grpc(events))))
                }
                Answered::No(status) => ear.refused(&status).map(Said::Once),
            }
        }
        methods::GET_TASK => {
            let request = pbconv::to_proto_get_task_request(&read::<GetTaskRequest>(params)?);
            let said = exchange.within(client.get_task(exchange.with_headers(request))).await?;
            said.once(&ear, |task| Some(pbconv::from_proto_task(&task)))
        }
        methods::CANCEL_TASK => {
            let request = pbconv::to_proto_cancel_task_request(&read::<CancelTaskRequest>(params)?);
            let said = exchange.within(client.cancel_task(exchange.with_headers(request))).await?;
            said.once(&ear, |task| Some(pbconv::from_proto_task(&task)))
        }
        other => Err(malformed(format!("`{other}` is asked of no agent"))),
    }
}

fn read<T: ProtoJsonPayload>(params: Value) -> Result<T, UpstreamError> {
    protojson_conv::from_value(params).map_err(malformed)
}

async fn connect(exchange: &Exchange, heard: &Heard) -> Result<A2aServiceClient<Hearing>, UpstreamError> {
    let unreached = |error: &dyn ToString| UpstreamError::Connect(error.to_string());
    let place = format!("http://{}", exchange.address.authority());
    let endpoint = Endpoint::from_shared(place).map_err(|error| unreached(&error))?;
    let address = exchange.address.clone();
    let connector = tower::service_fn(move |_| {
        let address = address.clone();
        async move { socket(&address).await.map(TokioIo::new) }
    });
    let channel = timeout(exchange.limits.silence, endpoint.connect_with_connector(connector)).await;
    let channel = channel.map_err(|_| unreached(&"it did not take the connection in time"))?;
    let channel = channel.map_err(|error| match error.source() {
        Some(cause) => unreached(&cause),
        None => unreached(&error),
    })?;
    Ok(A2aServiceClient::new(heard.over(channel)).max_decoding_message_size(exchange.limits.max_event))
}

/// An answer, or a status that says no.
enum Answered<T> {
    Yes(T),
    No(Status),
}

impl Exchange {
    fn with_headers<T>(&self, body: T) -> Request<T> {
        let mut request = Request::new(body);
        *request.metadata_mut() = MetadataMap::from_headers(self.headers.clone());
        request
    }

    async fn within<T>(
        &self,
        call: impl Future<Output = Result<Response<T>, Status>> + Send,
    ) -> Result<Answered<T>, UpstreamError> {
        let silence = self.limits.silence;
        Ok(match timeout(silence, call).await.map_err(|_| UpstreamError::Silent(silence))? {
            Ok(answer) => Answered::Yes(answer.into_inner()),
            Err(status) => Answered::No(status),
        })
    }
}

impl<T> Answered<T> {
    fn once<R: ProtoJsonPayload>(
        self,
        ear: &Ear,
        read: impl FnOnce(T) -> Option<R>,
    ) -> Result<Said, UpstreamError> {
        match self {
            Self::Yes(answer) => written(read(answer)).map(Said::Once),
            Self::No(status) => ear.refused(&status).map(Said::Once),
        }
    }
}

fn written<R: ProtoJsonPayload>(answer: Option<R>) -> Result<Reply, UpstreamError> {
    let answer = answer.ok_or_else(|| malformed("it holds nothing"))?;
    protojson_conv::to_value(&answer).map(Reply::result).map_err(malformed)
}

/// What tells a refusal of the agent's from what this side makes of an answer that is none.
struct Ear {
    heard: Heard,
    most: usize,
}

impl Ear {
    /// The agent's own refusal, which is an answer; a status that the agent did not send is none.
    fn refused(&self, status: &Status) -> Result<Reply, UpstreamError> {
        if self.heard.is_refusal() {
            return Ok(Reply::Refused(status.message().to_owned()));
        }
        if let Some(source) = status.source() {
            return Err(UpstreamError::Broken(format!("{}: {source}", status.message())));
        }
        if let Some(http) = self.heard.bad_status() {
            return Err(UpstreamError::Status(http));
        }
        match status.code() {
            Code::OutOfRange if status.message().starts_with(TOO_LARGE) => {
                Err(UpstreamError::TooLarge(self.most))
            }
            _ => Err(malformed(status.message())),
        }
    }
}

/// A stream of events on its way. HTTP/2 lets the agent send no more than is read.
pub(crate) struct Events {
    events: Streaming<proto::StreamResponse>,
    patience: Duration,
    ear: Ear,
}

impl Events {
    pub(super) async fn next(&mut self) -> Result<Option<Reply>, UpstreamError> {
        let event = timeout(self.patience, self.events.message()).await;
        match event.map_err(|_| UpstreamError::Silent(self.patience))? {
            Ok(Some(event)) => written(pbconv::from_proto_stream_response(&event)).map(Some),
            Ok(None) => Ok(None),
            Err(status) => self.ear.refused(&status).map(Some),
        }
    }
}
