//! HTTP and TLS, on sockets.
#![cfg(feature = "http")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "tests"
)]

mod client;
mod limits;
mod server;
mod tls;
mod wycheproof;

#[path = "../support/mod.rs"]
mod support;
