//! The report as `ca2a-runtime` 0.4.0 verifies it: any chain to the roots it is given, no word of AMD's key service. For
//! comparison with that package (profile `ca2a-runtime-0.4`), and for nothing else: it gives no [`crate::Verified`], so
//! no appraisal can rest on it and no node can be made to (ATT-127).

use alloc::{boxed::Box, vec::Vec};

use super::{
    check,
    report::{Signed, SnpReport},
};
use crate::verify::{
    EvidenceError,
    crypto::{Hash, KeyKind, Scheme, ecdsa_der},
    x509::{Anchor, Certificate, PathRules, pem, verify_path},
};

/// Verifies `report` under `chain`, the signing key's certificate first, up to one of `roots`, both PEM, at `now` in Unix
/// seconds.
///
/// # Errors
/// The first check that fails: structure, chain, signature.
pub fn verify(report: &[u8], chain: &[u8], roots: &[u8], now: u64) -> Result<SnpReport, EvidenceError> {
    let parsed = SnpReport::parse(report)?;
    let signed = Signed::split(report)?;
    let malformed = |what| EvidenceError::new(check::ENDORSEMENT, what);
    let roots = pem::blocks(roots, "CERTIFICATE").map_err(malformed)?;
    let anchors: Vec<_> =
        roots.iter().map(|root| Anchor::new(root)).collect::<Result<_, _>>().map_err(malformed)?;
    let blocks = pem::blocks(chain, "CERTIFICATE").map_err(malformed)?;
    let path: Vec<_> =
        blocks.iter().map(|der| Certificate::read(der)).collect::<Result<_, _>>().map_err(malformed)?;
    let rules = PathRules { now, leaf_critical: &[], crls: &[] };
    verify_path(&path, &anchors, rules).map_err(super::verifier::refusal)?;
    let key = path.first().map(Certificate::public_key).filter(|key| key.kind == KeyKind::P384);
    let signature: Option<Box<[u8]>> = ecdsa_der(&signed.r, &signed.s).map(Into::into);
    let verdict = key
        .zip(signature)
        .map(|(key, signature)| key.verify(Scheme::Ecdsa(Hash::Sha384), signed.message, &signature));
    match verdict {
        Some(Ok(())) => Ok(parsed),
        _ => Err(EvidenceError::new(check::SIGNATURE, "the certified key did not sign these bytes")),
    }
}
