#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod chain;
mod credential;
mod ed25519;
mod json;

pub use chain::{Accepted, judge};
pub use ed25519::verifies;
