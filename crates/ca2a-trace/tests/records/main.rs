//! Records, alone and in lists: signatures, levels, trust roots, statements.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    missing_docs,
    reason = "tests"
)]

mod anchoring;
#[cfg(feature = "cose")]
mod cose_eat;
mod levels;
mod levels_python;
mod levels_vectors;
mod lines;
mod lists;
mod one_record;
mod properties;
mod python;
mod revocation_bundles;
mod statement;
mod trust_root;

#[path = "../support/mod.rs"]
mod support;
