//! How the payload and the result of one call are sealed: in which version, and to which request (SEAL-22 to SEAL-27).
//!
//! A peer that lists [`SEAL_SUITES`] gets and gives version 2, which is bound to the call; another version 1. A result
//! has the version of the call's payload, or, where there was none, what the caller's offer lists.

mod binding;
#[cfg(feature = "http")]
mod result_opener;
mod result_sealer;
mod suites;

pub use ca2a_seal::SealVersion;

pub(crate) use binding::Binding;
#[cfg(feature = "http")]
pub(crate) use result_opener::ResultOpener;
pub(crate) use result_sealer::ResultSealer;
pub use suites::SEAL_SUITES;
pub(crate) use suites::{listed, strongest};
