//! One call handed on: the request, and what comes back, one event at a time.

use a2a::{A2AError, JsonRpcError, StreamResponse, TaskState, methods};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request,
    body::Incoming,
    header::{self, HeaderMap, HeaderValue},
};
use serde_json::{Value, json};

use super::{
    UpstreamAddress, UpstreamError, UpstreamLimits,
    connection::{send, whole},
    events::Events,
    rewrite::strip,
};

/// A conversation with the agent about one call.
pub(super) struct Exchange {
    pub(super) address: UpstreamAddress,
    pub(super) headers: HeaderMap,
    pub(super) limits: UpstreamLimits,
}

/// What the agent said to a request.
pub(super) enum Said {
    /// One reply.
    Once(Reply),
    /// A stream of them.
    Stream(Box<Events<Incoming>>),
}

/// One JSON-RPC answer.
pub(super) enum Reply {
    /// A result, without anything of cA2A in it.
    Result(Value),
    /// No.
    Refused(JsonRpcError),
}

impl Exchange {
    /// Sends the JSON-RPC request `method` with `params`, once.
    ///
    /// # Errors
    /// Whatever keeps an answer from coming.
    pub(super) async fn ask(&self, method: &str, params: Value) -> Result<Said, UpstreamError> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() =
            self.address.path.parse().map_err(|_| UpstreamError::Connect("its path is none".to_owned()))?;
        *request.headers_mut() = self.headers.clone();
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let accept =
            if method == methods::SEND_STREAMING_MESSAGE { "text/event-stream" } else { "application/json" };
        headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
        let answer = send(&self.address, request, self.limits.silence).await?;
        let status = answer.status().as_u16();
        let kind = answer.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
        if status == 200 && kind.starts_with(b"text/event-stream") {
            let events = Events::new(answer.into_body(), self.limits.max_event, self.limits.silence);
            return Ok(Said::Stream(Box::new(events)));
        }
        let body = whole(answer.into_body(), self.limits.max_event, self.limits.silence).await?;
        match (status, reply(&body)) {
            (200, Ok(reply)) => Ok(Said::Once(reply)),
            // Some servers say in HTTP too that they refuse.
            (_, Ok(refused @ Reply::Refused(_))) => Ok(Said::Once(refused)),
            (200, Err(error)) => Err(error),
            _ => Err(UpstreamError::Status(status)),
        }
    }
}

/// Reads a JSON-RPC answer.
///
/// # Errors
/// What is none.
pub(super) fn reply(body: &[u8]) -> Result<Reply, UpstreamError> {
    let malformed = |problem: &str| UpstreamError::Malformed(problem.to_owned());
    let answer: Value =
        serde_json::from_slice(body).map_err(|error| UpstreamError::Malformed(error.to_string()))?;
    let Value::Object(mut answer) = answer else { return Err(malformed("it is no JSON object")) };
    match (answer.remove("result"), answer.remove("error")) {
        (Some(mut result), None) => {
            strip(&mut result);
            Ok(Reply::Result(result))
        }
        (None | Some(Value::Null), Some(error)) => {
            let error =
                serde_json::from_value(error).map_err(|error| UpstreamError::Malformed(error.to_string()))?;
            Ok(Reply::Refused(error))
        }
        _ => Err(malformed("it has neither a result nor an error, or both")),
    }
}

/// The event in a result.
///
/// # Errors
/// What is no event of A2A.
pub(super) fn event(result: Value) -> Result<StreamResponse, UpstreamError> {
    a2a_pb::protojson_conv::from_value(result).map_err(|error| UpstreamError::Malformed(error.to_string()))
}

/// Whether `event` leaves a task that waits for its caller.
pub(super) fn waits(event: &StreamResponse) -> bool {
    let state = match event {
        StreamResponse::Task(task) => &task.status.state,
        StreamResponse::StatusUpdate(update) => &update.status.state,
        StreamResponse::Message(_) | StreamResponse::ArtifactUpdate(_) => return false,
    };
    matches!(state, TaskState::InputRequired | TaskState::AuthRequired)
}

/// Whether nothing comes after `event` for the message at hand.
pub(super) fn is_last(event: &StreamResponse) -> bool {
    let ended = match event {
        StreamResponse::Task(task) => task.status.state.is_terminal(),
        StreamResponse::StatusUpdate(update) => update.status.state.is_terminal(),
        StreamResponse::Message(_) => true,
        StreamResponse::ArtifactUpdate(_) => false,
    };
    ended || waits(event)
}

/// An error as the engine takes it: it ends the work, and its text says what it was.
pub(super) fn failed(error: &UpstreamError) -> A2AError {
    A2AError::internal(error.to_string())
}
