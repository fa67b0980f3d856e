#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

#[cfg(feature = "std")]
mod cache;
#[cfg(not(feature = "std"))]
#[path = "no_cache.rs"]
mod cache;
mod chain;
mod credential;
mod error;
mod grant;
mod holder;
mod once;
mod revocation;
mod verified;
mod verifier;

pub use cache::PrefixCache;
pub use chain::Chain;
pub use credential::Credential;
pub use error::{DelegationError, Document};
pub use grant::{Grant, delegate, issue};
pub use holder::{HolderProof, HolderStatement, ProvenHolder};
pub use revocation::{RevocationSnapshot, RevocationStatement, revoke};
pub use verified::{RevocationStatus, VerifiedChain};
pub use verifier::{ChainVerifier, DEFAULT_MAX_DEPTH, MAX_FUTURE_SECONDS, MAX_HOPS, TrustedRoots};
