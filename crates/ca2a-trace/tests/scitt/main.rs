//! Statements on a transparency log, and what proves that they are there.
#![cfg(feature = "scitt")]
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

mod corpus;
mod made;
mod merkle_corpus;
mod merkle_proofs;
mod receipts;
mod statements;
mod vectors;

#[path = "../support/mod.rs"]
mod support;
