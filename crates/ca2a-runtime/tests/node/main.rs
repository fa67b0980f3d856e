//! A node: what it judges, seals, records, and how it is operated.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    missing_docs,
    reason = "tests"
)]

#[cfg(all(feature = "http", feature = "store-redb"))]
mod agent;
#[cfg(all(
    feature = "hardware",
    feature = "config",
    feature = "store-redb",
    feature = "cedar",
    feature = "http"
))]
mod attestation;
#[cfg(feature = "http")]
mod client_calls;
#[cfg(feature = "handoff")]
mod handoff;
#[cfg(all(feature = "http", feature = "handoff"))]
mod handoff_live;
#[cfg(all(feature = "manifest", feature = "cedar"))]
mod manifest;
#[cfg(feature = "a2a")]
mod operations;
mod pipeline;
#[cfg(feature = "cedar")]
mod policy_facts;
#[cfg(feature = "cedar")]
mod policy_reload;
#[cfg(feature = "a2a")]
mod revocations;
mod sealing;
#[cfg(feature = "http")]
mod sealing_client;
mod start;
#[cfg(all(feature = "otel", feature = "a2a"))]
mod traces;
mod wire_bodies;

#[path = "../support/mod.rs"]
mod support;
