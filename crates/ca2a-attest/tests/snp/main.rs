//! SEV-SNP under test: genuine evidence and its mutants, synthetic chains with revocation lists, hostile bytes, policies.
#![cfg(feature = "snp")]
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

mod cache;
mod cases;
mod evidence;
mod maker;
mod pem_text;
mod policy;
mod revocation;
mod rules;
mod runtime_profile;
mod sweep;
mod table;
