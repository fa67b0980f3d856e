//! Is this what we want to talk to? Checks of verified claims against a policy, and what they add up to.
//!
//! Verification ([`crate::verify`]) decides what is genuine and has no opinion; appraisal has the relying party's. What a
//! platform brings to it is a [`PlatformPolicy`]; the frame here adds the comparison with reference values, the
//! [`TrustVector`] and the verdict.

#[cfg(all(feature = "tpm", any(feature = "snp", feature = "tdx")))]
pub mod azure;
mod check;
mod counters;
pub mod ear;
mod frame;
#[cfg(any(feature = "snp", feature = "tdx", feature = "tpm"))]
mod judge;
mod measurement;
pub mod policy;
mod record;
mod reference;
mod registry;
pub mod report_checks;
mod request;
#[cfg(feature = "snp")]
pub mod snp;
#[cfg(feature = "tdx")]
pub mod tdx;
#[cfg(feature = "tpm")]
pub mod tpm;
mod vector;

pub use check::{Check, CheckId, CheckInfo, Effect, Outcome};
pub use counters::Counters;
pub use frame::{PlatformPolicy, PlatformSection};
pub use measurement::{Measurement, MeasurementValue};
pub use policy::{AppraisalPolicy, PolicyError};
pub use record::{Appraisal, PolicyId, Verifier};
pub use reference::{ReferenceName, ReferenceSet, ReferenceValues};
pub use registry::{check_info, checks};
pub use request::Request;
pub use vector::{Component, Tier, TrustVector};

/// What a check may need beside claims and policy.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// Now, in Unix seconds.
    pub now: u64,
    /// What REPORT_DATA, REPORTDATA or extraData has to hold ([`crate::binding::signed_field`]); `None` where freshness
    /// and binding are not asked about, and then their check is [`Outcome::NotChecked`].
    pub signed_field: Option<&'a [u8]>,
    /// What the counters of the TPM were when its key was last seen; `None` where it never was.
    pub counters: Option<Counters>,
}
