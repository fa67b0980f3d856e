//! The kit: its files, its runner, and whom it drives.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    missing_docs,
    reason = "tests"
)]

mod breakage;
mod check;
mod cose;
mod frame;
mod handoff;
mod live;
mod manifests;
mod protocol;
mod vectors;
