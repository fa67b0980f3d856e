//! Delegation chains: who handed which part of an agent's authority on.
//!
//! A hop is signed by the principal who grants, over its grant and the id of the manifest. It does not say to whom. What
//! follows from a chain is therefore only what its signers gave away, in the order in which they did.

mod fault;
mod hop;
mod narrow;
mod verify;

pub use fault::{ChainFault, ChainRefusal};
pub use hop::{HopDraft, PrincipalType, ScopeGrant};
pub use verify::{ChainQuestion, VerifiedDelegation};
