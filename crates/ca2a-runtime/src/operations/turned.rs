//! Requests that are turned away at the door.

use bytes::Bytes;
use ca2a_core::ErrorCode;
use http_body_util::Full;
use hyper::{
    HeaderMap, Response, StatusCode,
    header::{self, HeaderValue},
};

use crate::answer::Answer;

/// Why a request was not let in. Nothing of its body was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Turned {
    pub(crate) code: ErrorCode,
    pub(crate) why: &'static str,
    /// Seconds after which asking again makes sense.
    pub(crate) retry_after: Option<u64>,
}

impl Turned {
    /// The answer to a request with `headers`: the transport's own, or a status where gRPC is spoken.
    pub(crate) fn answer(&self, headers: &HeaderMap) -> Response<Full<Bytes>> {
        let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
        if kind.starts_with(b"application/grpc") {
            return self.grpc();
        }
        let answer = Answer::refusal(self.code, self.why);
        let mut response = Response::new(Full::new(Bytes::from(answer.body)));
        *response.status_mut() =
            StatusCode::from_u16(answer.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    /// Trailers alone, with RESOURCE_EXHAUSTED or UNAVAILABLE (gRPC over HTTP/2, "Responses").
    fn grpc(&self) -> Response<Full<Bytes>> {
        let status = if self.code == ErrorCode::RateLimited { "8" } else { "14" };
        let mut response = Response::new(Full::default());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert("grpc-status", HeaderValue::from_static(status));
        if let Ok(message) = HeaderValue::from_str(&format!("{}: {}", self.code.as_str(), self.why)) {
            headers.insert("grpc-message", message);
        }
        response
    }
}
