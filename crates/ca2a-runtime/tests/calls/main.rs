//! Calls: at most one beginning and exactly one outcome, in a file and in a database.
#![cfg(feature = "store-redb")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "tests"
)]

#[cfg(all(feature = "store-redb", unix))]
mod crash;
mod doubt;
#[cfg(all(feature = "store-postgres", unix))]
mod nodes;
#[cfg(feature = "store-postgres")]
mod postgres;
mod stores;

#[path = "../support/mod.rs"]
mod support;
