//! An answer on the wire, whatever transport carries it.

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
    /// Seconds after which asking again makes sense (RFC 9110 section 10.2.3).
    pub retry_after: Option<u64>,
}

impl Answer {
    /// An answer with `body` as one line.
    #[must_use]
    pub fn new(status: u16, body: &Node<'_>) -> Self {
        Self { status, body: json::to_text(body).into_bytes(), retry_after: None }
    }

    /// The same answer, to be asked for again after `seconds`.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// The answer of the transport itself: `{"error": {"code", "message"}}` with the code's own status.
    #[must_use]
    pub fn refusal(code: ErrorCode, message: &str) -> Self {
        let error = Object::from([("code", Node::from(code.as_str())), ("message", message.into())]);
        Self::new(code.http_status(), &Object::from([("error", error)]).into())
    }
}
