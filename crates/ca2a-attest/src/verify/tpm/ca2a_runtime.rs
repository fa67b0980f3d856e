//! What `ca2a-runtime` 0.4 checks of a quote: its signature, any chain to the roots it is given, what it answers and the
//! digest it claims (profile `ca2a-runtime-0.4`, ATT-318).
//!
//! For comparing with that peer and for nothing else. What it gives is no [`crate::Verified`], so that no appraisal takes
//! it, and no configuration leads here. Where the peer takes a quote that covers nothing to rely on, this refuses it.

use alloc::{boxed::Box, format, vec::Vec};

use ca2a_core::encoding::hex;

use super::{PcrSet, TpmEvidence, TpmTrust, certificates_from_pem, verify as verify_quote};
use crate::{
    appraisal::{Check, CheckId, PlatformPolicy as _, tpm::TpmPolicy, tpm::checks},
    verify::{EvidenceError, hash::HashAlgorithm},
};

/// What the peer says of a quote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unprofiled {
    measurement: Box<str>,
    checks: Vec<Check>,
}

impl Unprofiled {
    /// The digest of the PCRs, as the peer writes it.
    #[must_use]
    pub fn measurement(&self) -> &str {
        &self.measurement
    }

    /// What was checked, and [`crate::appraisal::Outcome::NotChecked`] for what was not.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }
}

/// Verifies `quote` and its `signature` under `chain`, the key's certificate first, up to one of `roots`, both PEM, at
/// `now` in Unix seconds. The quote has to answer `signed_field`, and its measurement to be `claimed`.
///
/// # Errors
/// The first check that fails.
pub fn verify(
    quote: &[u8],
    signature: &[u8],
    chain: &[u8],
    roots: &[u8],
    (signed_field, claimed): (&[u8], &str),
    now: u64,
) -> Result<Unprofiled, EvidenceError> {
    let trust = certificates_from_pem(roots)?
        .iter()
        .try_fold(TpmTrust::none(), |trust, root| trust.with_root(root))?;
    let certificates = certificates_from_pem(chain)?;
    let evidence = TpmEvidence { quote, signature, certificates: &certificates, ..TpmEvidence::default() };
    let verified = verify_quote(&evidence, &trust, now)?;
    let quote = &verified.claims().quote;
    let measurement = format!("sha256:{}", hex(&quote.pcr_digest));
    let covered = [HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512]
        .into_iter()
        .fold(PcrSet::default(), |covered, bank| covered.or(quote.selection.of_bank(bank)));
    let lasting = !covered.and(PcrSet::STATIC).is_empty();
    let mut made = Vec::from(verified.checks());
    made.extend([
        Check::decided(
            checks::NONCE,
            *quote.extra_data == *signed_field,
            hex(signed_field),
            hex(&quote.extra_data),
        ),
        Check::decided(checks::MEASUREMENT, *measurement == *claimed, claimed, &measurement),
        Check::decided(checks::SELECTION, lasting, "a PCR of 0 to 15, not under SHA-1", &quote.selection),
    ]);
    if let Some(failed) = made.iter().find(|check| check.failed()) {
        return Err(EvidenceError::new(
            failed.id,
            format_args!("want {}, got {}", failed.expected, failed.actual),
        ));
    }
    let said: Vec<CheckId> = made.iter().map(|check| check.id).collect();
    let rest = TpmPolicy::CHECKS.iter().filter(|info| !said.contains(&info.id));
    made.extend(rest.map(|info| Check::not_checked(info.id, "not looked at by this profile")));
    Ok(Unprofiled { measurement: measurement.into(), checks: made })
}
