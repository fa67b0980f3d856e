//! The TPM collector under test: a transport that answers what it is told to, and a software TPM where one is installed.
#![cfg(all(feature = "provision", unix))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    unreachable_pub,
    missing_docs,
    reason = "tests"
)]

mod answers;
mod fake;
mod quotes;
mod software;
