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
mod published;
#[allow(dead_code, reason = "a certificate authority of the runtime's tests, of which a part is used here")]
#[path = "../../../crates/ca2a-runtime/tests/support/tls.rs"]
mod tls;
mod vectors;
