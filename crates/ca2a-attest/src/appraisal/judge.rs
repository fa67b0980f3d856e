//! Putting a policy's questions to evidence.

use alloc::boxed::Box;

use super::{
    Appraisal, AppraisalPolicy, Context, Measurement, PlatformPolicy, PlatformSection, Request, record::Parts,
};
#[cfg(all(feature = "tpm", any(feature = "snp", feature = "tdx")))]
use crate::verify::azure::{AzureClaims, AzureHardware};
use crate::{Verified, VerifiedEvidence};

impl AppraisalPolicy {
    /// Puts every question of the policy, and those of `request`, to `evidence` (ATT-400 to ATT-404).
    #[must_use]
    pub fn appraise(&self, evidence: &VerifiedEvidence, request: &Request) -> Appraisal {
        match evidence {
            #[cfg(feature = "snp")]
            VerifiedEvidence::Snp(verified) => self.one("sev-snp", &self.snp, verified, request),
            #[cfg(feature = "tdx")]
            VerifiedEvidence::Tdx(verified) => self.one("tdx", &self.tdx, verified, request),
            #[cfg(feature = "tpm")]
            VerifiedEvidence::Tpm(verified) => self.one("tpm", &self.tpm, verified, request),
            #[cfg(all(feature = "tpm", any(feature = "snp", feature = "tdx")))]
            VerifiedEvidence::Azure(verified) => self.azure(verified, request),
        }
    }

    fn one<P: PlatformPolicy>(
        &self,
        platform: &'static str,
        section: &PlatformSection<P>,
        verified: &Verified<P::Claims>,
        request: &Request,
    ) -> Appraisal {
        let half = Half::of(section, verified.claims(), &request.context());
        self.record(platform, verified, half, request)
    }

    /// Hardware and vTPM are two halves, and both have to be known. The request is the vTPM's to answer: the field of the
    /// hardware report holds what names its key (ATT-342).
    #[cfg(all(feature = "tpm", any(feature = "snp", feature = "tdx")))]
    fn azure(&self, verified: &Verified<AzureClaims>, request: &Request) -> Appraisal {
        let claims = verified.claims();
        let unasked = Context { signed_field: None, ..request.context() };
        let (platform, hardware) = match &claims.hardware {
            #[cfg(feature = "snp")]
            AzureHardware::Snp(claims) => ("azure-snp", Half::of(&self.snp, claims, &unasked)),
            #[cfg(feature = "tdx")]
            AzureHardware::Tdx(claims) => ("azure-tdx", Half::of(&self.tdx, claims, &unasked)),
        };
        let vtpm = Half::of(&self.tpm, &claims.tpm, &request.context());
        let mut both = hardware.and(vtpm);
        both.checks.extend(self.azure.appraise(claims));
        self.record(platform, verified, both, request)
    }

    fn record<C>(
        &self,
        platform: &'static str,
        verified: &Verified<C>,
        half: Half,
        request: &Request,
    ) -> Appraisal {
        let parts = Parts {
            platform,
            checks: verified.checks().iter().cloned().chain(half.checks).collect(),
            measurement: half.measurement,
            reference: half.reference,
            has_reference: half.has_reference,
            policy: self.id().clone(),
            anchors: verified.anchors().into(),
            not_after: verified.not_after(),
        };
        Appraisal::new(parts, request)
    }
}

/// What came of one section.
struct Half {
    checks: alloc::vec::Vec<super::Check>,
    measurement: Measurement,
    reference: Option<Box<str>>,
    has_reference: bool,
}

impl Half {
    fn of<P: PlatformPolicy>(
        section: &PlatformSection<P>,
        claims: &P::Claims,
        context: &Context<'_>,
    ) -> Self {
        let measurement = P::measurement(claims);
        Self {
            checks: section.appraise(claims, context),
            reference: section.reference.find(&measurement).map(|set| set.name().into()),
            has_reference: !section.reference.is_empty(),
            measurement,
        }
    }

    #[cfg(all(feature = "tpm", any(feature = "snp", feature = "tdx")))]
    fn and(mut self, other: Self) -> Self {
        self.checks.extend(other.checks);
        self.measurement = self.measurement.and(other.measurement);
        self.reference =
            self.reference.zip(other.reference).map(|(one, two)| alloc::format!("{one} and {two}").into());
        self.has_reference &= other.has_reference;
        self
    }
}
