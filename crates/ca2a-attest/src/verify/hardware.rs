//! The evidence of a report as it travels, on every platform of this build, with what an operator provides beside it.

#[cfg(feature = "tpm")]
use alloc::vec::Vec;
use alloc::{format, string::String};

use super::EvidenceError;
#[cfg(all(feature = "tpm", any(feature = "snp", feature = "tdx")))]
use super::azure::{self, HclKind, HclReport};
#[cfg(feature = "snp")]
use super::snp::{EndorsementCache, Endorsements, SnpVerifier, endorsement_file_name};
#[cfg(feature = "tdx")]
use super::tdx::{self, Collateral, Quote, TdxEvidence, TdxTrust};
#[cfg(feature = "tpm")]
use super::tpm::{self, TpmEvidence, TpmTrust};
#[cfg(feature = "tpm")]
use super::x509::pem;
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

/// The files of the operator that a report can be verified with, by name (ATT-501).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Of the folder of endorsements: `<chip id>-<reported tcb>.der`, for an SEV-SNP report that brings no certificate.
    pub endorsement: Option<String>,
    /// Of the folder of collateral: `<fmspc>.json`, in lower-case hex.
    pub collateral: Option<String>,
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

impl Wanted {
    /// What `evidence` of `platform` can be verified with. Whoever sent it chose these names, so they lead to a file and
    /// prove nothing.
    #[must_use]
    pub fn of(platform: Platform, evidence: &Evidence) -> Self {
        let hcl = evidence.hcl_report.as_deref().filter(|_| platform == Platform::Tpm);
        let raw = evidence.raw_evidence.as_deref();
        Self {
            endorsement: match (platform, hcl) {
                (Platform::SevSnp, _) => raw.and_then(endorsement),
                (_, Some(hcl)) => paravised(hcl).and_then(endorsement),
                _ => None,
            },
            collateral: match (platform, hcl) {
                (Platform::Tdx, _) => raw.and_then(collateral),
                (_, Some(_)) => evidence.td_quote.as_deref().and_then(collateral),
                _ => None,
            },
        }
    }
}

#[cfg(all(feature = "tpm", feature = "snp"))]
fn paravised(hcl: &[u8]) -> Option<&[u8]> {
    HclReport::parse(hcl).ok().filter(|hcl| hcl.kind == HclKind::SevSnp).map(|hcl| hcl.report)
}

#[cfg(not(all(feature = "tpm", feature = "snp")))]
fn paravised(_: &[u8]) -> Option<&[u8]> {
    None
}

#[cfg(feature = "snp")]
fn endorsement(report: &[u8]) -> Option<String> {
    endorsement_file_name(report).ok()
}

#[cfg(not(feature = "snp"))]
fn endorsement(_: &[u8]) -> Option<String> {
    None
}

#[cfg(feature = "tdx")]
fn collateral(quote: &[u8]) -> Option<String> {
    let family = Quote::parse(quote).ok()?.claimed_fmspc()?;
    Some(format!("{}.json", ca2a_core::encoding::hex(&family)))
}

#[cfg(not(feature = "tdx"))]
fn collateral(_: &[u8]) -> Option<String> {
    None
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

/// What of a TPM's evidence travels in another form than it is verified in.
#[cfg(feature = "tpm")]
struct TpmParts {
    certificates: Vec<Vec<u8>>,
    key: Option<Vec<u8>>,
}

#[cfg(feature = "tpm")]
impl TpmParts {
    fn of(evidence: &Evidence) -> Result<Self, EvidenceError> {
        let read = |member: &'static str, label, text: Option<&[u8]>| {
            let wrong =
                |_| EvidenceError::new(checks::ENCODING, format!("`{member}` is not PEM of `{label}`"));
            text.map(|text| pem::blocks(text, label).map_err(wrong)).transpose()
        };
        let chain = evidence.attestation_key_chain_pem.as_deref();
        let key = evidence.attestation_key_pem.as_deref();
        Ok(Self {
            certificates: read("attestation_key_chain_pem", "CERTIFICATE", chain)?.unwrap_or_default(),
            key: read("attestation_key_pem", "PUBLIC KEY", key)?.and_then(|keys| keys.into_iter().next()),
        })
    }

    fn evidence<'a>(&'a self, evidence: &'a Evidence) -> Result<TpmEvidence<'a>, EvidenceError> {
        let missing = || EvidenceError::new(checks::EVIDENCE_MISSING, "the report has no `quote_signature`");
        Ok(TpmEvidence {
            quote: raw(evidence)?,
            signature: evidence.quote_signature.as_deref().ok_or_else(missing)?,
            certificates: &self.certificates,
            key: self.key.as_deref(),
            public: sized(evidence.attestation_key_public.as_deref(), "attestation_key_public")?,
            parent_public: sized(
                evidence.attestation_key_parent_public.as_deref(),
                "attestation_key_parent_public",
            )?,
            pcr_values: evidence.pcr_values.as_deref(),
            event_log: evidence.event_log.as_deref(),
        })
    }
}

/// The TPMT_PUBLIC in a TPM2B_PUBLIC.
#[cfg(feature = "tpm")]
fn sized<'a>(bytes: Option<&'a [u8]>, member: &str) -> Result<Option<&'a [u8]>, EvidenceError> {
    let Some(bytes) = bytes else { return Ok(None) };
    let inner = bytes
        .split_first_chunk::<2>()
        .filter(|(size, rest)| usize::from(u16::from_be_bytes(**size)) == rest.len());
    let wrong = || EvidenceError::new(checks::ENCODING, format!("`{member}` is no TPM2B_PUBLIC"));
    inner.map(|(_, rest)| Some(rest)).ok_or_else(wrong)
}
