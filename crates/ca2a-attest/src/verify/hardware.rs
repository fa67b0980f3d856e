//! The evidence of a report as it travels, on every platform of this build, with what an operator provides beside it.

#[cfg(feature = "tpm")]
mod tpm_parts;
mod wanted;

use alloc::format;

#[cfg(feature = "tpm")]
use self::tpm_parts::TpmParts;
pub use self::wanted::Wanted;
use super::EvidenceError;
#[cfg(all(feature = "tpm", any(feature = "snp", feature = "tdx")))]
use super::azure::{self, HclKind, HclReport};
#[cfg(feature = "snp")]
use super::snp::{EndorsementCache, Endorsements, SnpVerifier};
#[cfg(feature = "tdx")]
use super::tdx::{self, Collateral, TdxEvidence, TdxTrust};
#[cfg(feature = "tpm")]
use super::tpm::{self, TpmTrust};
use crate::{Evidence, Platform, VerifiedEvidence, appraisal::report_checks as checks};

/// Trust anchors and revocation lists, which are never taken from a peer. It has no clock and does no I/O.
#[derive(Debug, Clone)]
pub struct HardwareVerifier {
    #[cfg(feature = "snp")]
    snp: SnpVerifier,
    #[cfg(feature = "tdx")]
    tdx: TdxTrust,
    #[cfg(feature = "tpm")]
    tpm: TpmTrust,
}

/// What the operator provides about the machine of one report.
#[derive(Debug, Clone, Copy, Default)]
pub struct Provided<'a> {
    /// The certificate of an SEV-SNP machine, DER. One that comes with the report is preferred.
    pub endorsement: Option<&'a [u8]>,
    /// Collateral about a family of TDX platforms.
    #[cfg(feature = "tdx")]
    pub collateral: Option<&'a Collateral>,
}

/// What may be kept between verifications of one verifier.
#[derive(Debug, Default)]
pub struct Memory {
    #[cfg(feature = "snp")]
    snp: Option<EndorsementCache>,
}

impl Memory {
    /// Remembers the certificates of at most `machines`.
    #[must_use]
    #[cfg_attr(not(feature = "snp"), allow(unused_variables, reason = "only SEV-SNP remembers"))]
    pub fn new(machines: usize) -> Self {
        Self {
            #[cfg(feature = "snp")]
            snp: Some(EndorsementCache::new(machines)),
        }
    }
}

impl Default for HardwareVerifier {
    fn default() -> Self {
        Self::built_in()
    }
}

impl HardwareVerifier {
    /// The roots that are built in: AMD's, Intel's and Google's.
    #[must_use]
    pub fn built_in() -> Self {
        Self {
            #[cfg(feature = "snp")]
            snp: SnpVerifier::new(),
            #[cfg(feature = "tdx")]
            tdx: TdxTrust::built_in(),
            #[cfg(feature = "tpm")]
            tpm: TpmTrust::built_in(),
        }
    }

    /// The same, trusting the root `der` of `platform` too.
    ///
    /// # Errors
    /// No certificate of an authority, or a platform that has none.
    pub fn with_root(mut self, platform: Platform, der: &[u8]) -> Result<Self, EvidenceError> {
        match platform {
            #[cfg(feature = "snp")]
            Platform::SevSnp => self.snp = self.snp.with_root(der)?,
            #[cfg(feature = "tdx")]
            Platform::Tdx => self.tdx = self.tdx.with_root(der)?,
            #[cfg(feature = "tpm")]
            Platform::Tpm => self.tpm = self.tpm.with_root(der)?,
            _ => return Err(absent(platform)),
        }
        Ok(self)
    }

    /// The same, consulting the revocation list `der` of SEV-SNP or TPM certificates. Those of TDX are in its collateral.
    ///
    /// # Errors
    /// No revocation list, or a platform that takes none here.
    #[cfg_attr(
        not(any(feature = "snp", feature = "tpm")),
        allow(unused_mut, unused_variables, unreachable_code, reason = "no other platform takes a list")
    )]
    pub fn with_crl(mut self, platform: Platform, der: &[u8]) -> Result<Self, EvidenceError> {
        match platform {
            #[cfg(feature = "snp")]
            Platform::SevSnp => self.snp = self.snp.with_crl(der)?,
            #[cfg(feature = "tpm")]
            Platform::Tpm => self.tpm = self.tpm.with_crl(der)?,
            _ => return Err(absent(platform)),
        }
        Ok(self)
    }

    /// Whether this build verifies evidence of `platform`.
    #[must_use]
    pub fn covers(&self, platform: Platform) -> bool {
        match platform {
            Platform::SoftwareOnly => false,
            Platform::SevSnp => cfg!(feature = "snp"),
            Platform::Tdx => cfg!(feature = "tdx"),
            Platform::Tpm => cfg!(feature = "tpm"),
        }
    }

    /// Verifies the `evidence` of a report of `platform` at `now`, in Unix seconds. A report of a TPM with an `hcl_report`
    /// is that of a confidential VM on Azure.
    ///
    /// # Errors
    /// The first check that fails.
    #[cfg_attr(not(feature = "snp"), allow(unused_variables, reason = "only SEV-SNP remembers"))]
    pub fn verify(
        &self,
        platform: Platform,
        evidence: &Evidence,
        provided: Provided<'_>,
        now: u64,
        memory: &Memory,
    ) -> Result<VerifiedEvidence, EvidenceError> {
        match platform {
            #[cfg(feature = "snp")]
            Platform::SevSnp => {
                let report = raw(evidence)?;
                let endorsements = endorsements(report, evidence, provided)?;
                let verified = self.snp.verify(report, &endorsements, now, memory.snp.as_ref());
                verified.map(VerifiedEvidence::Snp)
            }
            #[cfg(feature = "tdx")]
            Platform::Tdx => {
                let (quote, event_log) = (raw(evidence)?, evidence.event_log.as_deref());
                let evidence = TdxEvidence { quote, collateral: provided.collateral, event_log };
                tdx::verify(evidence, &self.tdx, now).map(VerifiedEvidence::Tdx)
            }
            #[cfg(all(feature = "tpm", any(feature = "snp", feature = "tdx")))]
            Platform::Tpm if evidence.hcl_report.is_some() => {
                self.verify_azure(evidence, provided, now, memory)
            }
            #[cfg(feature = "tpm")]
            Platform::Tpm => {
                let parts = TpmParts::of(evidence)?;
                tpm::verify(&parts.evidence(evidence)?, &self.tpm, now).map(VerifiedEvidence::Tpm)
            }
            _ => Err(absent(platform)),
        }
    }

    #[cfg(all(feature = "tpm", any(feature = "snp", feature = "tdx")))]
    #[cfg_attr(not(feature = "snp"), allow(unused_variables, reason = "only SEV-SNP remembers"))]
    fn verify_azure(
        &self,
        evidence: &Evidence,
        provided: Provided<'_>,
        now: u64,
        memory: &Memory,
    ) -> Result<VerifiedEvidence, EvidenceError> {
        let hcl = HclReport::parse(evidence.hcl_report.as_deref().unwrap_or_default())?;
        let parts = TpmParts::of(evidence)?;
        let quote = parts.evidence(evidence)?;
        let verified = match hcl.kind {
            #[cfg(feature = "snp")]
            HclKind::SevSnp => {
                let endorsements = endorsements(hcl.report, evidence, provided)?;
                azure::verify_snp(&hcl, &self.snp, &endorsements, memory.snp.as_ref(), &quote, now)
            }
            #[cfg(feature = "tdx")]
            HclKind::Tdx => {
                let missing = || EvidenceError::new(checks::EVIDENCE_MISSING, "the report has no `td_quote`");
                let td_quote = evidence.td_quote.as_deref().ok_or_else(missing)?;
                azure::verify_tdx(&hcl, td_quote, provided.collateral, &self.tdx, &quote, now)
            }
            #[cfg(not(all(feature = "snp", feature = "tdx")))]
            _ => Err(absent(Platform::Tpm)),
        };
        verified.map(VerifiedEvidence::Azure)
    }
}

/// The certificate that came with the report; else the operator's own (ATT-114).
#[cfg(feature = "snp")]
fn endorsements<'a>(
    report: &'a [u8],
    evidence: &'a Evidence,
    provided: Provided<'a>,
) -> Result<Endorsements<'a>, EvidenceError> {
    if let Some(table) = &evidence.certificate_table {
        let found = Endorsements::from_table(table, report);
        // A host may hand out a table without the one certificate that counts.
        match found {
            Err(error) if error.check == super::snp::check::ENDORSEMENT_MISSING => {}
            found => return found,
        }
    }
    provided.endorsement.map(Endorsements::der).ok_or_else(|| Endorsements::missing(report))
}

#[cfg(any(feature = "snp", feature = "tdx", feature = "tpm"))]
fn raw(evidence: &Evidence) -> Result<&[u8], EvidenceError> {
    let missing = || EvidenceError::new(checks::EVIDENCE_MISSING, "the report has no `raw_evidence`");
    evidence.raw_evidence.as_deref().ok_or_else(missing)
}

fn absent(platform: Platform) -> EvidenceError {
    EvidenceError::new(checks::PLATFORM, format!("this build verifies no `{platform}` evidence"))
}
