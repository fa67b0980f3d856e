//! Is this what we want to talk to? Checks of verified claims against a policy, and what they add up to.
//!
//! Verification ([`crate::verify`]) decides what is genuine and has no opinion; appraisal has the relying party's. Each
//! platform brings four things, which the frame here puts together:
//!
//! * a table `CHECKS: &[CheckInfo]` of every check there is, those of its verifier included, each with its meaning, the
//!   policy key that decides it and what it says about the [`TrustVector`];
//! * a typed policy section (`SnpPolicy`, ..) whose `Default` is the strict one, with
//!   `fn read(section: &Section<'_>) -> Result<Self, PolicyError>` and the `KEYS` that its section may have;
//! * the names of its [`Measurement`] that reference values may use, `REFERENCE_NAMES: &[ReferenceName]`, and
//!   `fn measurement(&self) -> Measurement` on its claims;
//! * `fn appraise(&self, claims: &Claims, context: &Context<'_>) -> Vec<Check>` on the policy: every check that is not the
//!   verifier's, except the comparison with reference values, which is the frame's.

mod check;
mod measurement;
pub mod policy;
mod reference;
mod vector;

pub use check::{Check, CheckId, CheckInfo, Effect, Outcome};
pub use measurement::{Measurement, MeasurementValue};
pub use reference::{ReferenceName, ReferenceSet, ReferenceValues};
pub use vector::{Component, Tier, TrustVector};

/// What a check may need beside claims and policy.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// Now, in Unix seconds.
    pub now: u64,
    /// What REPORT_DATA, REPORTDATA or extraData has to hold ([`crate::binding::signed_field`]); `None` where freshness
    /// and binding are not asked about, and then their check is [`Outcome::NotChecked`].
    pub signed_field: Option<&'a [u8]>,
}
