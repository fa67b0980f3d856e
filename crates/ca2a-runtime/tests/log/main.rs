//! The transparency log.
#![cfg(feature = "log")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "tests"
)]

mod api;
#[cfg(all(feature = "log", unix))]
mod crash;
mod damage;
mod http;
mod scale;
mod watch;

#[path = "../support/mod.rs"]
mod support;
