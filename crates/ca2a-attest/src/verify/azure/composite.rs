//! From the paravisor's report to the claims of hardware and vTPM together.

use alloc::{boxed::Box, format, vec::Vec};

use ca2a_core::encoding::hex;

use super::{HclKind, HclReport, RuntimeData, checks};
#[cfg(feature = "snp")]
use crate::verify::snp::{EndorsementCache, Endorsements, SnpClaims, SnpVerifier};
#[cfg(feature = "tdx")]
use crate::verify::tdx::{self, Collateral, TdxClaims, TdxEvidence, TdxTrust};
use crate::{
    Verified,
    appraisal::Check,
    verify::{
        EvidenceError,
        tpm::{TpmClaims, TpmEvidence, verify_measured},
    },
};

/// The claims of a confidential VM on Azure.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AzureClaims {
    /// What the hardware signed.
    pub hardware: AzureHardware,
    /// What the paravisor says.
    pub runtime: RuntimeData,
    /// What the vTPM signed.
    pub tpm: TpmClaims,
}

/// The hardware under a confidential VM.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AzureHardware {
    /// AMD's.
    #[cfg(feature = "snp")]
    Snp(Box<SnpClaims>),
    /// Intel's.
    #[cfg(feature = "tdx")]
    Tdx(Box<TdxClaims>),
}

/// Verifies a confidential VM on SEV-SNP: the report in `hcl` under `endorsements`, its hold on the runtime data, and the
/// quote of the key that those name. `tpm` needs no certificate of that key.
///
/// # Errors
/// The first check that fails: one of SEV-SNP, of [`checks`], or of [`crate::verify::tpm::checks`].
#[cfg(feature = "snp")]
pub fn verify_snp(
    hcl: &HclReport<'_>,
    snp: &SnpVerifier,
    endorsements: &Endorsements<'_>,
    cache: Option<&EndorsementCache>,
    tpm: &TpmEvidence<'_>,
    now: u64,
) -> Result<Verified<AzureClaims>, EvidenceError> {
    of_kind(hcl, HclKind::SevSnp)?;
    let verified = snp.verify(hcl.report, endorsements, now, cache)?;
    let held = verified.claims().report.report_data;
    let hardware = AzureHardware::Snp(Box::new(verified.claims().clone()));
    compose(hcl, &verified, hardware, &held, tpm)
}

/// Verifies a confidential VM on TDX: `td_quote` with `collateral`, its hold on the runtime data of `hcl`, and the quote of
/// the key that those name. Of the TDREPORT in `hcl`, which the TD quote was made from, nothing is believed.
///
/// # Errors
/// The first check that fails: one of TDX, of [`checks`], or of [`crate::verify::tpm::checks`].
#[cfg(feature = "tdx")]
pub fn verify_tdx(
    hcl: &HclReport<'_>,
    td_quote: &[u8],
    collateral: Option<&Collateral>,
    trust: &TdxTrust,
    tpm: &TpmEvidence<'_>,
    now: u64,
) -> Result<Verified<AzureClaims>, EvidenceError> {
    of_kind(hcl, HclKind::Tdx)?;
    let evidence = TdxEvidence { quote: td_quote, collateral, event_log: None };
    let verified = tdx::verify(evidence, trust, now)?;
    let held = verified.claims().body.report_data;
    let hardware = AzureHardware::Tdx(Box::new(verified.claims().clone()));
    compose(hcl, &verified, hardware, &held, tpm)
}

fn of_kind(hcl: &HclReport<'_>, kind: HclKind) -> Result<(), EvidenceError> {
    if hcl.kind == kind {
        return Ok(());
    }
    let detail = format!("the paravisor's report is of {}, the evidence is not", hcl.kind);
    Err(EvidenceError::new(checks::REPORT_TYPE, detail))
}

fn compose<C>(
    hcl: &HclReport<'_>,
    verified: &Verified<C>,
    hardware: AzureHardware,
    held: &[u8; 64],
    tpm: &TpmEvidence<'_>,
) -> Result<Verified<AzureClaims>, EvidenceError> {
    let wanted = hcl.binding();
    if *held != wanted {
        let detail =
            format!("the hardware report holds {}, the runtime data give {}", hex(held), hex(&wanted));
        return Err(EvidenceError::new(checks::BINDING, detail));
    }
    let runtime = RuntimeData::parse(hcl.runtime_data)?;
    let (tpm, of_tpm) = verify_measured(tpm, runtime.attestation_key.clone())?;
    let bound = Check::decided(checks::BINDING, true, hex(&wanted), hex(held));
    let made = verified.checks().iter().cloned().chain([bound]).chain(of_tpm).collect();
    let claims = AzureClaims { hardware, runtime, tpm };
    let anchors = Vec::from(verified.anchors());
    Ok(Verified::new(claims, made, anchors, verified.verified_at(), verified.not_after()))
}

impl HclReport<'_> {
    /// What REPORT_DATA or REPORTDATA has to be: the digest of the runtime data, then zeros (ATT-342).
    #[must_use]
    pub fn binding(&self) -> [u8; 64] {
        let mut field = [0; 64];
        for (slot, byte) in field.iter_mut().zip(&self.hash.digest(&[self.runtime_data])) {
            *slot = *byte;
        }
        field
    }
}
