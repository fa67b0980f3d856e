//! The file that configures a node.
#![cfg(feature = "config")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "tests"
)]

#[cfg(feature = "gateway")]
mod gateway;
#[cfg(feature = "http")]
mod operations;
mod rules;
#[cfg(feature = "gateway")]
mod schema;
mod vectors;

#[path = "../support/mod.rs"]
mod support;
