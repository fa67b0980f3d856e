#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod answer;
#[cfg(feature = "http")]
pub mod client;
#[cfg(feature = "config")]
pub mod config;
#[cfg(feature = "http")]
pub mod http;
pub mod node;
pub mod payload;
pub mod peer;
pub mod sink;
pub mod store;
pub mod system;
