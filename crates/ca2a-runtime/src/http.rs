//! The reference HTTP transport: three endpoints over HTTP/1.1 (`specs/wire.md`), and a client for them.
//!
//! The server carries whatever implements [`Endpoints`]; it routes, bounds and times, and judges nothing. The client
//! speaks to one [`Origin`]. Both speak TLS where they are told to ([`Door::with_tls`], [`HttpClient::trusting`]).
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use bytes::Bytes;
//! use ca2a_runtime::http::{Answer, Endpoints, HttpLimits, serve};
//!
//! struct Nothing;
//!
//! impl Endpoints for Nothing {
//!     async fn handshake(&self, _nonce: &str) -> Answer {
//!         Answer::new(200, &ca2a_core::json::Object::new().into())
//!     }
//!     async fn task(&self, _body: Bytes) -> Answer {
//!         Answer::new(200, &ca2a_core::json::Object::new().into())
//!     }
//!     async fn authenticated_task(&self, body: Bytes) -> Answer {
//!         self.task(body).await
//!     }
//! }
//!
//! # async fn run() -> std::io::Result<()> {
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8443").await?;
//! let stop = async { tokio::signal::ctrl_c().await.unwrap_or(()) };
//! serve(listener, Arc::new(Nothing), HttpLimits::default(), stop).await
//! # }
//! ```

mod client;
mod client_error;
mod connection;
mod door;
mod endpoints;
#[cfg(feature = "a2a")]
pub(crate) mod hop_by_hop;
mod limits;
mod origin;
mod pool;
mod query;
mod route;
mod seats;
mod server;
mod service;
mod socket;
#[cfg(feature = "a2a")]
mod stream;
mod watched;

pub use crate::answer::Answer;
pub use client::{ClientLimits, HttpClient, HttpReply};
pub use client_error::ClientError;
pub use door::Door;
#[cfg(feature = "a2a")]
pub(crate) use door::{Client, Lock};
pub use endpoints::Endpoints;
pub use limits::HttpLimits;
pub use origin::Origin;
#[cfg(feature = "a2a")]
pub(crate) use query::{decoded, nonce};
#[cfg(feature = "a2a")]
pub(crate) use seats::Seats;
pub use server::serve;
#[cfg(feature = "log")]
pub(crate) use service::{Refusal, after, receive, run as run_endpoint};
#[cfg(feature = "a2a")]
pub(crate) use stream::HttpStream;
pub(crate) use {
    server::run,
    service::{Outgoing, Service},
};

/// The path of the handshake.
pub const CHANNEL_PATH: &str = "/.well-known/ca2a/channel";
/// The path of a node's metadata.
pub const METADATA_PATH: &str = "/.well-known/ca2a/node";
/// The path of a plain task.
pub const TASK_PATH: &str = "/ca2a/task";
/// The path of a task whose answer is authenticated.
pub const AUTHENTICATED_TASK_PATH: &str = "/ca2a/task/authenticated";
