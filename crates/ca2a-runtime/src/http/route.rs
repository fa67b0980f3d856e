//! One request to its answer.

use std::{future::Future, sync::Arc};

use bytes::Bytes;
use ca2a_core::ErrorCode;
use http_body_util::{BodyExt as _, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Body as _, Incoming},
    header::{self, HeaderMap, HeaderName, HeaderValue},
};
use tokio::time::{Instant, timeout_at};

use super::{AUTHENTICATED_TASK_PATH, Answer, CHANNEL_PATH, Endpoints, HttpLimits, TASK_PATH, query};

/// What goes out.
pub(super) type Outgoing = Response<Full<Bytes>>;

/// Answers `request`, whose first byte came at `started`.
pub(super) async fn answer<E: Endpoints>(
    request: Request<Incoming>,
    endpoints: Arc<E>,
    limits: HttpLimits,
    started: Instant,
) -> Outgoing {
    let deadline = after(started, limits.request);
    let (head, body) = request.into_parts();
    match (&head.method, head.uri.path()) {
        (&Method::GET, CHANNEL_PATH) => match query::nonce(head.uri.query().unwrap_or_default()) {
            Some(nonce) => run(async move { endpoints.handshake(&nonce).await }, deadline).await,
            None => refuse(ErrorCode::BadRequest, "exactly one nonce of 1 to 256 characters is required"),
        },
        (&Method::POST, TASK_PATH) => match receive(&head.headers, body, &limits, deadline).await {
            Ok(body) => run(async move { endpoints.task(body).await }, deadline).await,
            Err(refusal) => refusal,
        },
        (&Method::POST, AUTHENTICATED_TASK_PATH) => {
            match receive(&head.headers, body, &limits, deadline).await {
                Ok(body) => run(async move { endpoints.authenticated_task(body).await }, deadline).await,
                Err(refusal) => refusal,
            }
        }
        (&Method::GET | &Method::POST, _) => refuse(ErrorCode::NotFound, "unknown path"),
        _ => with(
            refuse(ErrorCode::MethodNotAllowed, "only GET and POST are served here"),
            header::ALLOW,
            "GET, POST",
        ),
    }
}

fn after(start: Instant, limit: std::time::Duration) -> Instant {
    start.checked_add(limit).unwrap_or(start)
}

/// Reads the body: a Content-Length of 1 to the limit, and that many bytes in time (WIRE-42, WIRE-47).
async fn receive(
    headers: &HeaderMap,
    body: Incoming,
    limits: &HttpLimits,
    request_deadline: Instant,
) -> Result<Bytes, Outgoing> {
    // The HTTP layer has read the length already; chunked bodies have no exact size.
    let length = body.size_hint().exact().filter(|_| headers.contains_key(header::CONTENT_LENGTH));
    if !length.is_some_and(|length| (1..=limits.max_body).contains(&length)) {
        let message =
            format!("a Content-Length of 1 to {} is required, and no other framing", limits.max_body);
        return Err(closing(refuse(ErrorCode::BadRequest, &message)));
    }
    let deadline = after(Instant::now(), limits.body).min(request_deadline);
    match timeout_at(deadline, body.collect()).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(_)) => Err(closing(refuse(ErrorCode::BadRequest, "the body ended before its length"))),
        Err(_) => Err(closing(refuse(ErrorCode::Timeout, "the body did not arrive in time"))),
    }
}

/// Runs an endpoint as a task of its own, so that neither a client that leaves nor a deadline cuts it in half, and a
/// panic in it reaches nobody else (WIRE-48).
async fn run(endpoint: impl Future<Output = Answer> + Send + 'static, deadline: Instant) -> Outgoing {
    match timeout_at(deadline, tokio::spawn(endpoint)).await {
        Ok(Ok(answer)) => response(answer),
        Ok(Err(_)) => refuse(ErrorCode::Ca2aError, "the endpoint failed; what it did is unknown"),
        Err(_) => refuse(ErrorCode::Overloaded, "no answer in time; the task may still complete"),
    }
}

fn refuse(code: ErrorCode, message: &str) -> Outgoing {
    response(Answer::refusal(code, message))
}

fn response(answer: Answer) -> Outgoing {
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let response = with(response, header::CONTENT_TYPE, "application/json");
    // Every answer is for one nonce or one proof.
    with(response, header::CACHE_CONTROL, "no-store")
}

/// The rest of the request is not wanted.
fn closing(response: Outgoing) -> Outgoing {
    with(response, header::CONNECTION, "close")
}

fn with(mut response: Outgoing, name: HeaderName, value: &'static str) -> Outgoing {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    response
}
