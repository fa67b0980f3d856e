//! One call handed on: the request, and what comes back, one event at a time, over whichever binding.

#[cfg(feature = "grpc")]
mod grpc;
#[cfg(feature = "grpc")]
mod heard;
mod json;

use a2a::{A2AError, StreamResponse, TaskState};
use hyper::{body::Incoming, header::HeaderMap};
use serde_json::Value;

use super::{UpstreamAddress, UpstreamBinding, UpstreamError, UpstreamLimits, events, rewrite::strip};
use crate::a2a::client::JsonBinding;

/// A conversation with the agent about one call.
pub(super) struct Exchange {
    pub(super) address: UpstreamAddress,
    pub(super) binding: UpstreamBinding,
    pub(super) headers: HeaderMap,
    pub(super) limits: UpstreamLimits,
}

/// What the agent said to a request.
pub(super) enum Said {
    /// One reply.
    Once(Reply),
    /// A stream of them.
    Stream(Box<Events>),
}

/// One answer.
pub(super) enum Reply {
    /// A result as JSON, without anything of cA2A in it.
    Result(Value),
    /// No, and why.
    Refused(String),
}

impl Reply {
    fn result(mut result: Value) -> Self {
        strip(&mut result);
        Self::Result(result)
    }
}

/// Replies as they come. What is not read stays with the agent (GATE-27).
pub(super) enum Events {
    Sse(events::Events<Incoming>, JsonBinding),
    #[cfg(feature = "grpc")]
    Grpc(grpc::Events),
}

impl Events {
    /// The next one; nothing at the end of the stream.
    ///
    /// # Errors
    /// One that is too large or none of A2A, a stream that breaks, or silence.
    pub(super) async fn next(&mut self) -> Result<Option<Reply>, UpstreamError> {
        match self {
            Self::Sse(events, binding) => {
                events.next().await?.map(|data| json::reply(*binding, 200, &data)).transpose()
            }
            #[cfg(feature = "grpc")]
            Self::Grpc(events) => events.next().await,
        }
    }
}

impl Exchange {
    /// Makes the request `method` with `params`, ProtoJSON, once.
    ///
    /// # Errors
    /// Whatever keeps an answer from coming.
    pub(super) async fn ask(&self, method: &str, params: Value) -> Result<Said, UpstreamError> {
        match self.binding {
            UpstreamBinding::JsonRpc => json::ask(self, JsonBinding::JsonRpc, method, params).await,
            UpstreamBinding::HttpJson => json::ask(self, JsonBinding::HttpJson, method, params).await,
            #[cfg(feature = "grpc")]
            UpstreamBinding::Grpc => grpc::ask(self, method, params).await,
            #[cfg(not(feature = "grpc"))]
            UpstreamBinding::Grpc => Err(UpstreamError::Unspoken("GRPC".to_owned())),
        }
    }
}

fn malformed(problem: impl ToString) -> UpstreamError {
    UpstreamError::Malformed(problem.to_string())
}

/// The event in a result.
///
/// # Errors
/// What is no event of A2A.
pub(super) fn event(result: Value) -> Result<StreamResponse, UpstreamError> {
    a2a_pb::protojson_conv::from_value(result).map_err(malformed)
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
