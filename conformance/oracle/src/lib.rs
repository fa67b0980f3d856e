#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod chain;
mod credential;
mod ed25519;
mod json;
mod record;
mod revocation;

pub use chain::{Accepted, Terms, Time, judge};
pub use ed25519::verifies;
pub use record::{Path, judge_records};
