#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod cache;
mod chain;
mod credential;
mod error;
mod grant;
mod holder;
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
