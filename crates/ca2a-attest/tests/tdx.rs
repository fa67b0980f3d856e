//! TDX evidence: the cases of others, then what can be made of them.
#![cfg(feature = "tdx")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::string_slice,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

#[path = "tdx/cases.rs"]
mod cases;
#[path = "tdx/collateral.rs"]
mod collateral;
#[path = "tdx/event_log.rs"]
mod event_log;
#[path = "tdx/evidence.rs"]
mod evidence;
#[path = "tdx/made_log.rs"]
mod made_log;
#[path = "common/pki.rs"]
mod pki;
#[path = "tdx/plan.rs"]
mod plan;
#[path = "tdx/policy.rs"]
mod policy;
#[path = "tdx/profile.rs"]
mod profile;
#[path = "tdx/refusals.rs"]
mod refusals;
#[path = "tdx/sgx.rs"]
mod sgx;
#[path = "tdx/structure.rs"]
mod structure;
#[path = "tdx/sweep.rs"]
mod sweep;
