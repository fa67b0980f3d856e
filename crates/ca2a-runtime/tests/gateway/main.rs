//! The gateway, before agents that know nothing of cA2A.
#![cfg(feature = "gateway")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "tests"
)]

mod bindings;
mod drain;
#[cfg(all(feature = "a2a", feature = "store-postgres", unix))]
mod forward;
#[cfg(all(feature = "grpc", feature = "store-postgres", unix))]
mod forward_grpc;
#[cfg(feature = "grpc")]
mod grpc;
#[cfg(feature = "grpc")]
mod grpc_peer;
mod inbound;
mod lines;
mod outbound;
#[cfg(all(feature = "gateway", unix))]
mod stock;
#[cfg(all(feature = "gateway", unix))]
mod two;

#[path = "../support/mod.rs"]
mod support;
