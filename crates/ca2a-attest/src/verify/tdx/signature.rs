//! The three links from the platform's certificate to the body, checked by our own hand (ATT-207).

use super::{Quote, checks};
use crate::{
    appraisal::CheckId,
    verify::{
        EvidenceError,
        crypto::{Hash, KeyKind, PublicKey, Scheme, ecdsa_der, sha256},
        x509::Certificate,
    },
};

/// REPORTDATA of an enclave's report.
const QE_REPORT_DATA: usize = 320;

impl Quote<'_> {
    /// Checks that the key of the platform's certificate signed the report of the quoting enclave, that this report
    /// vouches for the attestation key, and that the attestation key signed the body. Whose certificate it is remains
    /// to be seen.
    ///
    /// # Errors
    /// `tdx.chain` for a certificate that cannot be read, `tdx.qe-signature`, `tdx.qe-binding`, `tdx.signature`.
    pub fn check_signatures(&self) -> Result<(), EvidenceError> {
        let certificate = Certificate::read(self.platform_certificate()?)
            .map_err(|error| EvidenceError::new(checks::CHAIN, error))?;
        let pck = certificate.public_key();
        let wrong = "the key of the platform's certificate did not sign the report of the quoting enclave";
        verify(pck, &self.qe_report, &self.qe_report_signature, checks::QE_SIGNATURE, wrong)?;

        let mut vouched = self.attestation_key.to_vec();
        vouched.extend_from_slice(self.qe_auth_data);
        let report_data = self.qe_report.get(QE_REPORT_DATA..).unwrap_or_default();
        if !report_data.starts_with(&sha256(&vouched)) {
            let wrong = "the report of the quoting enclave vouches for another attestation key";
            return Err(EvidenceError::new(checks::QE_BINDING, wrong));
        }

        let mut point = [4; 65];
        for (to, from) in point.iter_mut().skip(1).zip(&self.attestation_key) {
            *to = *from;
        }
        let key = PublicKey { kind: KeyKind::P256, bytes: &point };
        verify(
            key,
            self.signed,
            &self.signature,
            checks::SIGNATURE,
            "the attestation key did not sign the quote",
        )
    }
}

fn verify(
    key: PublicKey<'_>,
    message: &[u8],
    signature: &[u8; 64],
    check: CheckId,
    wrong: &str,
) -> Result<(), EvidenceError> {
    let (r, s) = signature.split_at(32);
    let der = ecdsa_der(r, s).filter(|_| key.kind == KeyKind::P256);
    let verified = der.is_some_and(|der| key.verify(Scheme::Ecdsa(Hash::Sha256), message, &der).is_ok());
    if verified { Ok(()) } else { Err(EvidenceError::new(check, wrong)) }
}
