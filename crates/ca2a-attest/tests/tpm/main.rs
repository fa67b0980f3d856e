//! TPM evidence under test: genuine quotes and their mutants, hostile bytes, policies, Azure's composites.
#![cfg(feature = "tpm")]
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

#[cfg(all(feature = "snp", feature = "tdx"))]
mod azure;
#[cfg(feature = "tdx")]
mod azure_tdx;
mod cases;
#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod common;
mod event_log;
mod evidence;
mod forms;
mod keys;
#[path = "../common/pki.rs"]
mod pki;
mod plan;
mod policy;
mod refusals;
#[cfg(feature = "snp")]
mod runtime_data;
mod runtime_profile;
mod structures;
mod sweep;
