//! A lineage, whole and broken, explained.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    dead_code,
    reason = "tests"
)]

mod support;

#[path = "explain/chains.rs"]
mod chains;
#[path = "explain/decisions.rs"]
mod decisions;
#[path = "explain/drawings.rs"]
mod drawings;
#[path = "explain/fanout.rs"]
mod fanout;
#[path = "explain/properties.rs"]
mod properties;
#[path = "explain/records.rs"]
mod records;
#[path = "explain/scene.rs"]
mod scene;
#[path = "explain/task.rs"]
mod task;
