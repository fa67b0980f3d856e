#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

mod error;
pub mod hpke;
mod kdf;
mod key;
mod mac;
pub mod possession;
pub mod response;
pub mod v1;
mod version;
#[cfg(test)]
mod wycheproof_tests;

pub use error::SealError;
pub use key::ChannelSecret;
pub use possession::{Possession, ProvenChannel, Transcript};
pub use version::SealVersion;
