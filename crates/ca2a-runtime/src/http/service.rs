//! What a connection serves, and what every service does with a request alike.

use std::{future::Future, sync::Arc, time::Duration};

use bytes::Bytes;
use ca2a_core::ErrorCode;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Request, Response,
    body::{Body as _, Incoming},
    header::{self, HeaderMap},
};
use tokio::time::{Instant, timeout_at};

use super::HttpLimits;
use crate::{operations::traced::Traced, to_its_end::to_its_end};

/// What goes out.
pub(crate) type Outgoing = Response<Full<Bytes>>;

/// Something that answers requests. Accepting, bounding and timing are the server's.
pub(crate) trait Service: Send + Sync + 'static {
    /// Answers `request`, whose first byte came at `started`.
    fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        limits: HttpLimits,
        started: Instant,
    ) -> impl Future<Output = Outgoing> + Send;
}

/// Why a request got no further. Each service says it in its own format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: ErrorCode,
    pub(crate) message: String,
    /// Whether the rest of the request is not wanted.
    pub(crate) closing: bool,
}

impl Refusal {
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), closing: false }
    }

    fn closing(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { closing: true, ..Self::new(code, message) }
    }
}

/// `limit` after `start`.
pub(crate) fn after(start: Instant, limit: Duration) -> Instant {
    start.checked_add(limit).unwrap_or(start)
}

/// Reads the body: a Content-Length of 1 to the limit, and that many bytes in time (WIRE-42, WIRE-47).
pub(crate) async fn receive(
    headers: &HeaderMap,
    body: Incoming,
    limits: &HttpLimits,
    request_deadline: Instant,
) -> Result<Bytes, Refusal> {
    // The HTTP layer has read the length already; chunked bodies have no exact size.
    let length = body.size_hint().exact().filter(|_| headers.contains_key(header::CONTENT_LENGTH));
    if !length.is_some_and(|length| (1..=limits.max_body).contains(&length)) {
        let message =
            format!("a Content-Length of 1 to {} is required, and no other framing", limits.max_body);
        return Err(Refusal::closing(ErrorCode::BadRequest, message));
    }
    let deadline = after(Instant::now(), limits.body).min(request_deadline);
    match timeout_at(deadline, body.collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(_)) => Err(Refusal::closing(ErrorCode::BadRequest, "the body ended before its length")),
        Err(_) => Err(Refusal::closing(ErrorCode::Timeout, "the body did not arrive in time")),
    }
}

/// Runs an endpoint to its end, so that neither a client that leaves nor a deadline cuts it in half, and a
/// panic in it reaches nobody else (WIRE-48).
pub(crate) async fn run<T: Send + 'static>(
    endpoint: impl Future<Output = T> + Send + 'static,
    deadline: Instant,
) -> Result<T, Refusal> {
    match timeout_at(deadline, to_its_end(Traced::at_hand().serve(endpoint))).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(_)) => Err(Refusal::new(ErrorCode::Ca2aError, "the endpoint failed; what it did is unknown")),
        Err(_) => {
            Err(Refusal::new(ErrorCode::DeadlineExceeded, "no answer in time; the task may still complete"))
        }
    }
}
