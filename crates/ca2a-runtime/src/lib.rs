#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "a2a")]
pub mod a2a;
pub mod agent;
pub mod answer;
pub mod attestation;
pub mod calls;
#[cfg(feature = "http")]
pub mod client;
#[cfg(feature = "config")]
pub mod config;
#[cfg(all(unix, feature = "http", feature = "config", feature = "store-redb", feature = "cedar"))]
pub mod control;
mod files;
#[cfg(feature = "gateway")]
pub mod gateway;
#[cfg(feature = "handoff")]
pub mod handoff;
pub mod host;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "log")]
pub mod log;
#[cfg(feature = "manifest")]
pub mod manifest;
pub mod node;
#[cfg(feature = "http")]
pub mod operations;
pub mod payload;
pub mod peer;
#[cfg(feature = "store-postgres")]
pub mod postgres;
pub mod reload;
pub mod sealing;
pub mod sink;
pub mod spiffe;
pub mod store;
pub mod system;
#[cfg(feature = "http")]
pub mod tls;
#[cfg(any(feature = "http", feature = "store-redb"))]
mod to_its_end;
#[cfg(any(feature = "gateway", feature = "otel"))]
mod trace_parent;
