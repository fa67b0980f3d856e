#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod allow_set;
pub mod bundle;
#[cfg(feature = "cedar")]
pub mod cedar;
mod decision;
mod effective;
mod error;
mod facts;
mod policy;

pub use allow_set::AllowSet;
pub use bundle::PolicyBundle;
pub use decision::{Decision, Denial};
pub use effective::{EffectiveScopes, effective_scope};
pub use error::PolicyError;
pub use facts::{Facts, ManifestFacts};
pub use policy::{Policy, authorize};
