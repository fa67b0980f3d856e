//! The frame of appraisals: policy files, verdicts, records, attestation results.
#![cfg(all(feature = "snp", feature = "tdx", feature = "tpm", feature = "ear"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

mod ear;
mod evidence;
mod policy_file;
mod registry;
mod verdict;
