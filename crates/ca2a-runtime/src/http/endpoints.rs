//! What the server serves.

use std::future::Future;

use bytes::Bytes;
use ca2a_core::{
    ErrorCode,
    json::{self, Node, Object},
};

/// An answer: a status and a JSON body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body, JSON text.
    pub body: Vec<u8>,
}

impl Answer {
    /// The answer of the transport itself: `{"error": {"code", "message"}}` with the code's own status.
    #[must_use]
    pub fn refusal(code: ErrorCode, message: &str) -> Self {
        let error = Object::from([("code", Node::from(code.as_str())), ("message", message.into())]);
        let body = json::to_text(&Object::from([("error", error)]).into()).into_bytes();
        Self { status: code.http_status(), body }
    }
}

/// The three calls of the reference transport. Each runs as a task of its own: it finishes even when its client has
/// gone, and one that panics is answered with 500 `CA2A_ERROR`.
pub trait Endpoints: Send + Sync + 'static {
    /// `GET /.well-known/ca2a/channel?nonce=`: `nonce` has 1 to 256 characters.
    fn handshake(&self, nonce: &str) -> impl Future<Output = Answer> + Send;

    /// `POST /ca2a/task`: `body` as it came, 1 byte to the limit.
    fn task(&self, body: Bytes) -> impl Future<Output = Answer> + Send;

    /// `POST /ca2a/task/authenticated`: `body` as it came, 1 byte to the limit.
    fn authenticated_task(&self, body: Bytes) -> impl Future<Output = Answer> + Send;
}
