//! Is this what we want to talk to? Checks of verified claims against a policy, and what they add up to.

mod check;
mod vector;

pub use check::{Check, CheckId, CheckInfo, Effect, Outcome};
pub use vector::{Component, Tier, TrustVector};
