//! A2A: the agent, its tasks, its clients, and what peers try on it.
#![cfg(feature = "a2a")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "tests"
)]

mod access;
mod client;
mod defects;
mod doors;
mod goes_on;
#[cfg(feature = "grpc")]
mod grpc;
mod handler;
mod in_between;
mod input;
mod lying_peers;
#[cfg(all(feature = "store-postgres", unix))]
mod one_commit;
mod one_commit_in_a_file;
mod push;
mod refused_calls;
mod sealed;
mod server;
mod slow_readers;
mod tasks;
#[cfg(all(feature = "a2a", feature = "store-postgres", unix))]
mod tasks_postgres;
mod unwritten;

#[path = "../support/mod.rs"]
mod support;
