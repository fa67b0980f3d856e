//! A lineage, whole and broken, explained.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

mod support;

#[path = "explain/drawings.rs"]
mod drawings;
#[path = "explain/scene.rs"]
mod scene;
