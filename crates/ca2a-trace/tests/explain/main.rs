//! A lineage, whole and broken, explained and drawn.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    missing_docs,
    dead_code,
    reason = "tests"
)]

mod browser;
mod chains;
mod decisions;
mod drawings;
mod fanout;
mod page;
mod picture;
mod properties;
mod records;
mod scene;
#[path = "../support/mod.rs"]
mod support;
mod task;
