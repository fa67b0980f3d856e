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

#[path = "../common/mod.rs"]
#[allow(dead_code, reason = "shared with other tests")]
mod common;
// The forms of case files have one reader, which is the command's.
#[path = "../../../ca2a-cli/src/verbs/attest/cases/tpm_forms.rs"]
#[allow(dead_code, reason = "the command needs more of it")]
mod tpm_forms;

#[cfg(feature = "snp")]
mod azure;
mod cases;
mod event_log;
mod evidence;
mod keys;
mod policy;
mod runtime_profile;
mod structures;
mod sweep;
