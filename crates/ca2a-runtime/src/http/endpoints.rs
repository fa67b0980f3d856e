//! What the server serves.

use std::{
    future::{Future, ready},
    net::IpAddr,
};

use bytes::Bytes;
use ca2a_core::ErrorCode;

use crate::answer::Answer;

/// The calls of the reference transport. Each runs as a task of its own: it finishes even when its client has
/// gone, and one that panics is answered with 500 `CA2A_ERROR`.
pub trait Endpoints: Send + Sync + 'static {
    /// `GET /.well-known/ca2a/channel?nonce=`: `nonce` has 1 to 256 characters.
    fn handshake(&self, nonce: &str) -> impl Future<Output = Answer> + Send;

    /// The same for a client at `from`, for those who count what they give to whom.
    fn handshake_from(&self, nonce: &str, from: Option<IpAddr>) -> impl Future<Output = Answer> + Send {
        let _ = from;
        self.handshake(nonce)
    }

    /// A task of a client at `from` was granted.
    fn granted_to(&self, from: IpAddr) {
        let _ = from;
    }

    /// `GET /.well-known/ca2a/node`: what there is to know about the node beforehand; nothing unless it says more.
    fn metadata(&self) -> impl Future<Output = Answer> + Send {
        ready(Answer::refusal(ErrorCode::NotFound, "unknown path"))
    }

    /// `POST /ca2a/task`: `body` as it came, 1 byte to the limit.
    fn task(&self, body: Bytes) -> impl Future<Output = Answer> + Send;

    /// `POST /ca2a/task/authenticated`: `body` as it came, 1 byte to the limit.
    fn authenticated_task(&self, body: Bytes) -> impl Future<Output = Answer> + Send;
}
