//! What a platform brings to an appraisal.

use alloc::vec::Vec;

use super::{
    Check, CheckId, CheckInfo, Context, Measurement, ReferenceName, ReferenceValues,
    policy::{PolicyError, Section},
};

/// The policy of one platform. Its `Default` is the strict one.
pub trait PlatformPolicy: Default {
    /// The signed claims that it is about.
    type Claims;
    /// The key of its section in the policy file.
    const SECTION: &'static str;
    /// The keys of that section, `reference_values` apart.
    const KEYS: &'static [&'static str];
    /// Every check there is for the platform, its verifier's and the one called [`Self::MEASUREMENT`] included.
    const CHECKS: &'static [CheckInfo];
    /// The check that compares with reference values.
    const MEASUREMENT: CheckId;
    /// The measured values that reference values may name.
    const REFERENCE_NAMES: &'static [ReferenceName];

    /// Reads the section of the policy file; what it leaves out stays strict.
    ///
    /// # Errors
    /// The first key or value that is wrong.
    fn read(section: &Section<'_>) -> Result<Self, PolicyError>;

    /// What the claims say runs there.
    fn measurement(claims: &Self::Claims) -> Measurement;

    /// Every check on `claims` that is neither the verifier's nor the comparison with reference values. A check that the
    /// policy names and the evidence lacks is a [`super::Outcome::Fail`] (ATT-403).
    fn appraise(&self, claims: &Self::Claims, context: &Context<'_>) -> Vec<Check>;
}

/// The section of one platform in the policy file: its policy and its reference values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlatformSection<P> {
    /// The policy.
    pub policy: P,
    /// The measurements that are known.
    pub reference: ReferenceValues,
}

#[cfg(any(feature = "snp", feature = "tdx", feature = "tpm"))]
impl<P: PlatformPolicy> PlatformSection<P> {
    /// Reads the section under [`PlatformPolicy::SECTION`] of `file`; an absent one is the strict default.
    pub(super) fn read(file: &Section<'_>) -> Result<Self, PolicyError> {
        let keys: Vec<&str> = P::KEYS.iter().copied().chain(["reference_values"]).collect();
        let Some(section) = file.section(P::SECTION, &keys)? else { return Ok(Self::default()) };
        let reference = ReferenceValues::read(&section, P::REFERENCE_NAMES)?;
        Ok(Self { policy: P::read(&section)?, reference })
    }

    /// The checks on `claims`, that against the reference values last.
    pub(super) fn appraise(&self, claims: &P::Claims, context: &Context<'_>) -> Vec<Check> {
        let mut checks = self.policy.appraise(claims, context);
        checks.push(self.reference.check(P::MEASUREMENT, &P::measurement(claims)));
        checks
    }
}
