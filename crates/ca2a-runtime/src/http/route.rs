//! The endpoints of a peer: one request to its answer.

use std::{future::Future, net::IpAddr, sync::Arc};

use bytes::Bytes;
use ca2a_core::ErrorCode;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{self, HeaderName, HeaderValue},
};
use tokio::time::Instant;

use super::{
    AUTHENTICATED_TASK_PATH, Answer, CHANNEL_PATH, Endpoints, HttpLimits, METADATA_PATH, TASK_PATH,
    door::Client,
    query,
    service::{Outgoing, Refusal, Service, after, receive, run},
};

/// The endpoints of a peer, under their paths.
pub(super) struct PeerRoutes<E>(pub(super) Arc<E>);

impl<E: Endpoints> Service for PeerRoutes<E> {
    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        limits: HttpLimits,
        started: Instant,
    ) -> Outgoing {
        let endpoints = Arc::clone(&self.0);
        let deadline = after(started, limits.request);
        let (head, body) = request.into_parts();
        let from = head.extensions.get::<Client>().map(|client| client.address);
        match (&head.method, head.uri.path()) {
            (&Method::GET, CHANNEL_PATH) => match query::nonce(head.uri.query().unwrap_or_default()) {
                Some(nonce) => {
                    told(async move { endpoints.handshake_from(&nonce, from).await }, deadline).await
                }
                None => refuse(Refusal::new(
                    ErrorCode::BadRequest,
                    "exactly one nonce of 1 to 256 characters is required",
                )),
            },
            (&Method::GET, METADATA_PATH) => told(async move { endpoints.metadata().await }, deadline).await,
            (&Method::POST, TASK_PATH) => match receive(&head.headers, body, &limits, deadline).await {
                Ok(body) => {
                    let task = async move {
                        let answer = endpoints.task(body).await;
                        noted(&*endpoints, from, answer)
                    };
                    told(task, deadline).await
                }
                Err(refusal) => refuse(refusal),
            },
            (&Method::POST, AUTHENTICATED_TASK_PATH) => {
                match receive(&head.headers, body, &limits, deadline).await {
                    Ok(body) => {
                        let task = async move {
                            let answer = endpoints.authenticated_task(body).await;
                            noted(&*endpoints, from, answer)
                        };
                        told(task, deadline).await
                    }
                    Err(refusal) => refuse(refusal),
                }
            }
            (&Method::GET | &Method::POST, _) => refuse(Refusal::new(ErrorCode::NotFound, "unknown path")),
            _ => with(
                refuse(Refusal::new(ErrorCode::MethodNotAllowed, "only GET and POST are served here")),
                header::ALLOW,
                "GET, POST",
            ),
        }
    }
}

/// Tells the endpoints who was granted a task.
fn noted<E: Endpoints>(endpoints: &E, from: Option<IpAddr>, answer: Answer) -> Answer {
    if let (200, Some(from)) = (answer.status, from) {
        endpoints.granted_to(from);
    }
    answer
}

async fn told(endpoint: impl Future<Output = Answer> + Send + 'static, deadline: Instant) -> Outgoing {
    run(endpoint, deadline).await.map_or_else(refuse, response)
}

fn refuse(refusal: Refusal) -> Outgoing {
    let response = response(Answer::refusal(refusal.code, &refusal.message));
    if refusal.closing { with(response, header::CONNECTION, "close") } else { response }
}

fn response(answer: Answer) -> Outgoing {
    let retry_after = answer.retry_after.map(HeaderValue::from);
    let mut response = Response::new(Full::new(Bytes::from(answer.body)));
    response.headers_mut().extend(retry_after.map(|seconds| (header::RETRY_AFTER, seconds)));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let response = with(response, header::CONTENT_TYPE, "application/json");
    // Every answer is for one nonce or one proof.
    with(response, header::CACHE_CONTROL, "no-store")
}

fn with(mut response: Outgoing, name: HeaderName, value: &'static str) -> Outgoing {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    response
}
