//! configfs-TSM under test: a model of the kernel's side, behind the trait and behind FUSE, with every errno, race and
//! short read that it knows.
#![cfg(feature = "collect-tsm")]
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

mod errors;
mod fake;
#[cfg(target_os = "linux")]
mod files;
#[cfg(target_os = "linux")]
mod fuse;
mod kernel;
mod offers;
mod properties;
mod races;
mod short_reads;
