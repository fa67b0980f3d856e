//! What a relying party wants of a trust domain (ATT-240 to ATT-251).

mod appraise;
pub mod checks;
mod policy;

pub use policy::{AttributeRules, PlatformFlag, TdxPolicy};
