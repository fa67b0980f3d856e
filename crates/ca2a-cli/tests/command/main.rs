//! The command, run as its users run it.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

mod agent;
mod attest_cases;
#[cfg(target_os = "linux")]
mod attest_collect;
mod attest_reports;
#[cfg(unix)]
mod attested_message;
mod audit;
mod delegation;
mod demo;
#[cfg(unix)]
mod ending;
mod files;
#[cfg(target_os = "linux")]
#[path = "../../../ca2a-attest/tests/tsm/fuse.rs"]
mod fuse;
#[cfg(unix)]
mod gateway;
#[cfg(unix)]
mod gateway_crash;
#[cfg(unix)]
mod gateway_soak;
mod handoff;
mod judging;
#[cfg(target_os = "linux")]
#[path = "../../../ca2a-attest/tests/tsm/kernel.rs"]
mod kernel;
mod key_files;
#[cfg(feature = "launch-digest")]
mod launch_digest;
mod lineage;
mod log;
mod manifest;
mod older_peer;
#[cfg(unix)]
mod operations;
mod peer;
#[cfg(unix)]
#[path = "../../../ca2a-runtime/tests/support/postgres.rs"]
mod postgres;
mod support;
mod switch;
mod trace_check;
mod vectors;
