//! How long and how large.

use std::time::Duration;

/// The bounds of the server (WIRE-46 to WIRE-50).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpLimits {
    /// From the first byte of a request head to its last. A new connection has as long to send its first byte.
    pub head: Duration,
    /// From the end of the head to the last byte of the body.
    pub body: Duration,
    /// From the first byte of a request to its answer.
    pub request: Duration,
    /// How long an answer may take to be fetched by the client.
    pub answer: Duration,
    /// How long a connection may wait for its next request.
    pub idle: Duration,
    /// How long a closed connection is still drained, so that the client gets to read the last answer.
    pub linger: Duration,
    /// Connections at one time; one more is answered with 503.
    pub connections: usize,
    /// Bytes in a request head.
    pub max_head: usize,
    /// Bytes in a request body.
    pub max_body: u64,
}

impl Default for HttpLimits {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(5),
            body: Duration::from_secs(10),
            request: Duration::from_secs(30),
            answer: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            linger: Duration::from_secs(1),
            connections: 1024,
            max_head: 16 << 10,
            max_body: 1 << 20,
        }
    }
}
