//! The A2A client: a [`Transport`](sdk::Transport) that shows authority and believes only what it can verify (A2A-100 to
//! A2A-111).
//!
//! ```text
//! discover ─► VerifiedCard ─► Ca2aTransport over JSON-RPC, HTTP+JSON or gRPC
//!                               send: handshake, appraise, channel is the card's
//!                                     seal, prove ─► once ─► record, statement, opened answer
//! ```
//!
//! Nothing is followed, fetched through a proxy or tried again: a message that was sent may have been acted on.

mod authority;
mod discover;
mod error;
#[cfg(feature = "grpc")]
mod grpc;
mod json;
mod reading;
mod sse;
mod transport;

pub use authority::{Authority, Sealing};
pub use discover::{CARD_PATH, Discovery, connect, discover};
pub use error::A2aCallError;
#[cfg(feature = "grpc")]
pub use grpc::GrpcTransport;
#[cfg(feature = "gateway")]
pub(crate) use json::rest;
pub use json::{JsonBinding, JsonTransport};
pub use reading::{Answered, AnsweredStream};
pub use transport::Ca2aTransport;
#[cfg(feature = "gateway")]
pub(crate) use transport::{Proved, Ready, TaskRequest};

/// The parts of the official SDK's client that a transport is made of.
pub mod sdk {
    pub use a2a_client::transport::{ServiceParams, Transport};
}
