//! The evidence of a report as it travels, on every platform of this build, with what an operator provides beside it.

use alloc::{boxed::Box, collections::BTreeMap, format, vec::Vec};

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

/// Anchors, and what is never taken from a peer: revocation lists, TDX collateral; and certificates of SEV-SNP machines for
/// peers that send none (ATT-501). It has no clock and does no I/O.
#[derive(Debug, Clone)]
pub struct HardwareVerifier {
    #[cfg(feature = "snp")]
    snp: SnpVerifier,
    #[cfg(feature = "snp")]
    endorsements: BTreeMap<Box<str>, Box<[u8]>>,
    #[cfg(feature = "tdx")]
    tdx: TdxTrust,
    #[cfg(feature = "tdx")]
    collateral: BTreeMap<[u8; 6], Collateral>,
    #[cfg(feature = "tpm")]
    tpm: TpmTrust,
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
            #[cfg(feature = "snp")]
            endorsements: BTreeMap::new(),
            #[cfg(feature = "tdx")]
            tdx: TdxTrust::built_in(),
            #[cfg(feature = "tdx")]
            collateral: BTreeMap::new(),
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

    /// The same with the certificate `der` of an SEV-SNP machine under the name that [`endorsement_file_name`] gives it.
    #[cfg(feature = "snp")]
    #[must_use]
    pub fn with_endorsement(mut self, name: &str, der: &[u8]) -> Self {
        self.endorsements.insert(name.into(), der.into());
        self
    }

    /// The same with collateral about a family of TDX platforms, replacing what there was about it.
    #[cfg(feature = "tdx")]
    #[must_use]
    pub fn with_collateral(mut self, collateral: Collateral) -> Self {
        self.collateral.insert(collateral.fmspc(), collateral);
        self
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
        now: u64,
        memory: &Memory,
    ) -> Result<VerifiedEvidence, EvidenceError> {
        match platform {
            #[cfg(feature = "snp")]
            Platform::SevSnp => {
                let report = raw(evidence)?;
                let endorsements = self.endorsements(report, evidence)?;
                let verified = self.snp.verify(report, &endorsements, now, memory.snp.as_ref());
                verified.map(VerifiedEvidence::Snp)
            }
            #[cfg(feature = "tdx")]
            Platform::Tdx => {
                let quote = raw(evidence)?;
                let collateral = self.collateral(quote)?;
                let evidence = TdxEvidence { quote, collateral, event_log: evidence.event_log.as_deref() };
                tdx::verify(evidence, &self.tdx, now).map(VerifiedEvidence::Tdx)
            }
            #[cfg(all(feature = "tpm", any(feature = "snp", feature = "tdx")))]
            Platform::Tpm if evidence.hcl_report.is_some() => self.verify_azure(evidence, now, memory),
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
        now: u64,
        memory: &Memory,
    ) -> Result<VerifiedEvidence, EvidenceError> {
        let hcl = HclReport::parse(evidence.hcl_report.as_deref().unwrap_or_default())?;
        let parts = TpmParts::of(evidence)?;
        let quote = parts.evidence(evidence)?;
        let verified = match hcl.kind {
            #[cfg(feature = "snp")]
            HclKind::SevSnp => {
                let endorsements = self.endorsements(hcl.report, evidence)?;
                azure::verify_snp(&hcl, &self.snp, &endorsements, memory.snp.as_ref(), &quote, now)
            }
            #[cfg(feature = "tdx")]
            HclKind::Tdx => {
                let missing = || EvidenceError::new(checks::EVIDENCE_MISSING, "the report has no `td_quote`");
                let td_quote = evidence.td_quote.as_deref().ok_or_else(missing)?;
                azure::verify_tdx(&hcl, td_quote, self.collateral(td_quote)?, &self.tdx, &quote, now)
            }
            #[cfg(not(all(feature = "snp", feature = "tdx")))]
            _ => Err(absent(Platform::Tpm)),
        };
        verified.map(VerifiedEvidence::Azure)
    }

    /// The certificate that came with the report; else the operator's own (ATT-114).
    #[cfg(feature = "snp")]
    fn endorsements<'a>(
        &'a self,
        report: &'a [u8],
        evidence: &'a Evidence,
    ) -> Result<Endorsements<'a>, EvidenceError> {
        if let Some(table) = &evidence.certificate_table {
            let found = Endorsements::from_table(table, report);
            // A host may hand out a table without the one certificate that counts.
            match found {
                Err(error) if error.check == super::snp::check::ENDORSEMENT_MISSING => {}
                found => return found,
            }
        }
        let name = endorsement_file_name(report)?;
        let own = self.endorsements.get(&*name);
        own.map(|der| Endorsements::der(der)).ok_or_else(|| Endorsements::missing(report))
    }

    #[cfg(feature = "tdx")]
    fn collateral(&self, quote: &[u8]) -> Result<Option<&Collateral>, EvidenceError> {
        let family = Quote::parse(quote)?.claimed_fmspc();
        Ok(family.and_then(|family| self.collateral.get(&family)))
    }
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
