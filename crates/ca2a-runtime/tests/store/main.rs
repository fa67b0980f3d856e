//! What a node keeps, in memory and in files.
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
#[cfg(feature = "store-redb")]
mod records;
mod replay;

#[path = "../support/mod.rs"]
mod support;
