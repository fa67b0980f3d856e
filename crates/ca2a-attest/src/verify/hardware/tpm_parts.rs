//! The evidence of a TPM, from the form that travels to the one that is verified.

use alloc::{format, vec::Vec};

use super::raw;
use crate::{
    Evidence,
    appraisal::report_checks as checks,
    verify::{EvidenceError, tpm::TpmEvidence, x509::pem},
};

/// What of a TPM's evidence travels in another form than it is verified in.
pub(super) struct TpmParts {
    certificates: Vec<Vec<u8>>,
    key: Option<Vec<u8>>,
}

impl TpmParts {
    pub(super) fn of(evidence: &Evidence) -> Result<Self, EvidenceError> {
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

    pub(super) fn evidence<'a>(&'a self, evidence: &'a Evidence) -> Result<TpmEvidence<'a>, EvidenceError> {
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
fn sized<'a>(bytes: Option<&'a [u8]>, member: &str) -> Result<Option<&'a [u8]>, EvidenceError> {
    let Some(bytes) = bytes else { return Ok(None) };
    let inner = bytes
        .split_first_chunk::<2>()
        .filter(|(size, rest)| usize::from(u16::from_be_bytes(**size)) == rest.len());
    let wrong = || EvidenceError::new(checks::ENCODING, format!("`{member}` is no TPM2B_PUBLIC"));
    inner.map(|(_, rest)| Some(rest)).ok_or_else(wrong)
}
