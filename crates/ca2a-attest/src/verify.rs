//! Believing an offer: the checks that need no hardware, and the seam for those that do.

#[cfg(all(feature = "tpm", any(feature = "snp", feature = "tdx")))]
pub mod azure;
#[cfg(feature = "x509")]
#[cfg_attr(
    not(all(feature = "snp", feature = "tdx", feature = "tpm")),
    allow(dead_code, unused_imports, reason = "each platform has a use for its part")
)]
mod crypto;
#[cfg(any(feature = "tpm", feature = "tdx"))]
pub mod event_log;
mod failure;
#[cfg(any(feature = "snp", feature = "tdx", feature = "tpm"))]
mod hardware;
#[cfg(any(feature = "tpm", feature = "tdx"))]
pub mod hash;
#[cfg(any(feature = "tpm", feature = "tdx"))]
pub(crate) mod reader;
#[cfg(feature = "snp")]
pub mod snp;
#[cfg(feature = "tdx")]
pub mod tdx;
#[cfg(feature = "tpm")]
pub mod tpm;
#[cfg(feature = "x509")]
#[cfg_attr(
    not(all(feature = "snp", feature = "tdx", feature = "tpm")),
    allow(dead_code, unused_imports, reason = "each platform has a use for its part")
)]
pub(crate) mod x509;

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use ca2a_core::{
    CallerAssurance, ChannelKey, LiveChallenge, Sha256,
    requirement::{holds, is_off},
};

use crate::{AttestError, AttestationReport, ChannelOffer, Platform, Role};

pub use failure::EvidenceError;
#[cfg(any(feature = "snp", feature = "tdx", feature = "tpm"))]
pub use hardware::{HardwareVerifier, Memory, Provided, Wanted};

/// Verifies the evidence of one or more hardware platforms.
pub trait EvidenceVerifier: Send + Sync {
    /// Whether this verifier knows the evidence of `platform`.
    fn covers(&self, platform: Platform) -> bool;

    /// Verifies that genuine hardware signed `report` over the binding of its channel key, `nonce` and `role`
    /// ([`crate::binding`]), and that it is what the relying party wants; returns the measurement that was signed, whatever
    /// the report claims.
    ///
    /// Role, key and nonce as text were compared before; `platform` is one that it [covers](Self::covers).
    ///
    /// # Errors
    /// [`AttestError::Evidence`], with the rule that the evidence breaks.
    fn verify(
        &self,
        platform: Platform,
        report: &AttestationReport,
        nonce: &str,
        role: Role,
    ) -> Result<Accepted, AttestError>;
}

/// What a verifier accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// What runs there, as hardware signed it: `sha384:…` of SEV-SNP and TDX, `sha256:…` of a TPM.
    pub measurement: Box<str>,
    /// Digest of the appraisal, where one was made.
    pub appraisal: Option<Sha256>,
}

/// Several verifiers as one: the first that covers a platform judges it, alone.
impl EvidenceVerifier for Vec<Box<dyn EvidenceVerifier>> {
    fn covers(&self, platform: Platform) -> bool {
        self.iter().any(|verifier| verifier.covers(platform))
    }

    fn verify(
        &self,
        platform: Platform,
        report: &AttestationReport,
        nonce: &str,
        role: Role,
    ) -> Result<Accepted, AttestError> {
        let verifier = self.iter().find(|verifier| verifier.covers(platform));
        verifier.ok_or(AttestError::NoVerifier { platform })?.verify(platform, report, nonce, role)
    }
}

/// How much an offer proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Assurance {
    /// Nothing: nobody signed the report.
    Software,
    /// A verifier accepted evidence that hardware signed.
    Hardware,
}

impl Assurance {
    /// The text for a peer: `none` or `hardware`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Software => "none",
            Self::Hardware => "hardware",
        }
    }
}

impl fmt::Display for Assurance {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl From<Assurance> for CallerAssurance {
    fn from(assurance: Assurance) -> Self {
        match assurance {
            Assurance::Software => Self::SoftwareOnly,
            Assurance::Hardware => Self::Hardware,
        }
    }
}

/// What the relying party wants of an offer.
#[derive(Clone, Copy)]
pub struct OfferPolicy<'a> {
    verifier: Option<&'a dyn EvidenceVerifier>,
    minimum: Assurance,
}

impl fmt::Debug for OfferPolicy<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = out.debug_struct("OfferPolicy");
        out.field("verifier", &self.verifier.map(|_| "..")).field("minimum", &self.minimum).finish()
    }
}

impl<'a> OfferPolicy<'a> {
    /// Takes software reports for what they are and refuses hardware reports, which nobody here can verify.
    #[must_use]
    pub const fn software() -> Self {
        Self { verifier: None, minimum: Assurance::Software }
    }

    /// The same policy with a verifier of hardware evidence.
    #[must_use]
    pub const fn verifier(mut self, verifier: &'a dyn EvidenceVerifier) -> Self {
        self.verifier = Some(verifier);
        self
    }

    /// The same policy, refusing software reports.
    #[must_use]
    pub const fn require_hardware(mut self) -> Self {
        self.minimum = Assurance::Hardware;
        self
    }
}

/// An offer that passed every check of its policy. Only [`verify_offer`] and [`appraise_caller`] make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedOffer {
    channel_key: ChannelKey,
    role: Role,
    assurance: Assurance,
    measurement: Box<str>,
    appraisal: Option<Sha256>,
}

impl VerifiedOffer {
    /// The key that the offer binds.
    #[must_use]
    pub fn channel_key(&self) -> ChannelKey {
        self.channel_key
    }

    /// The role that it was minted for.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role
    }

    /// How much it proves.
    #[must_use]
    pub fn assurance(&self) -> Assurance {
        self.assurance
    }

    /// What runs there. Under [`Assurance::Software`] this is what the peer says and nothing else.
    #[must_use]
    pub fn measurement(&self) -> &str {
        &self.measurement
    }

    /// Digest of the appraisal of the evidence, where one was made.
    #[must_use]
    pub fn appraisal(&self) -> Option<Sha256> {
        self.appraisal
    }
}

/// Appraises an offer: was it minted for `role`, does its report bind the offered key and answer `nonce`, and does it
/// prove what `policy` wants (ATT-3, ATT-4, ATT-6 to ATT-9, in this order).
///
/// # Errors
/// The first check that fails, as `ATTESTATION_FAILED`.
pub fn verify_offer(
    offer: &ChannelOffer,
    nonce: &str,
    role: Role,
    policy: OfferPolicy<'_>,
) -> Result<VerifiedOffer, AttestError> {
    let report = &offer.report;
    if !holds("ATT-3", report.role == role) {
        return Err(AttestError::WrongRole { found: report.role, expected: role });
    }
    // A key has one spelling, so equal keys are equal texts, and the text is what a binding covers.
    if !holds("ATT-4", report.public_key.parse() == Ok(offer.channel_key)) {
        return Err(AttestError::KeyNotBound);
    }
    if !holds("ATT-7", &*report.nonce == nonce) {
        return Err(AttestError::WrongNonce);
    }
    let platform = match report.platform.parse() {
        Err(_) if is_off("ATT-6") => Platform::SoftwareOnly,
        platform => platform?,
    };
    let claimed = || Accepted { measurement: report.measurement.clone(), appraisal: None };
    let (assurance, accepted) = match platform {
        Platform::SoftwareOnly if !holds("ATT-8", policy.minimum <= Assurance::Software) => {
            return Err(AttestError::HardwareRequired);
        }
        Platform::SoftwareOnly => (Assurance::Software, claimed()),
        platform => match policy.verifier.filter(|verifier| verifier.covers(platform)) {
            Some(verifier) => (Assurance::Hardware, verifier.verify(platform, report, nonce, role)?),
            None if is_off("ATT-9") => (Assurance::Hardware, claimed()),
            None => return Err(AttestError::NoVerifier { platform }),
        },
    };
    let Accepted { measurement, appraisal } = accepted;
    Ok(VerifiedOffer { channel_key: offer.channel_key, role, assurance, measurement, appraisal })
}

/// Appraises a caller's offer: its report must answer `challenge`, which this node minted, in the role of a caller
/// (ATT-10). [`ChannelOffer::live_challenge`] makes the challenge.
///
/// # Errors
/// As [`verify_offer`].
pub fn appraise_caller(
    offer: &ChannelOffer,
    challenge: &LiveChallenge,
    policy: OfferPolicy<'_>,
) -> Result<VerifiedOffer, AttestError> {
    verify_offer(offer, challenge.challenge().as_str(), Role::Caller, policy)
}
