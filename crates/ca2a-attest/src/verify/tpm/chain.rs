//! The certificates of an attestation key, up to a root that is trusted (ATT-305, ATT-306).

use alloc::{boxed::Box, vec::Vec};

use ca2a_core::Sha256;
use der::{
    Decode as _, Tag, Tagged as _,
    asn1::{AnyRef, BitStringRef, ObjectIdentifier},
};

use super::{CertificatePurpose, KeyMaterial, Standing, checks, roots};
use crate::{
    Anchor,
    verify::{
        EvidenceError,
        x509::{self, Certificate, Crl, PathProblem, PathRules, oid, verify_path},
    },
};

/// The roots that certificates of attestation keys may lead to, and the revocation lists of their authorities.
#[derive(Debug, Clone)]
pub struct TpmTrust {
    anchors: Vec<x509::Anchor>,
    crls: Vec<Box<[u8]>>,
}

impl TpmTrust {
    /// Google's two roots, which are built in, and nothing else.
    #[must_use]
    pub fn built_in() -> Self {
        let anchors = roots::GOOGLE.into_iter().filter_map(|root| x509::Anchor::new(root.der).ok()).collect();
        Self { anchors, crls: Vec::new() }
    }

    /// No root at all: evidence whose key stands on certificates is refused.
    #[must_use]
    pub const fn none() -> Self {
        Self { anchors: Vec::new(), crls: Vec::new() }
    }

    /// The same with the root `der` of the operator's own.
    ///
    /// # Errors
    /// `tpm.ak-certificate` for bytes that are no certificate of an authority.
    pub fn with_root(mut self, der: &[u8]) -> Result<Self, EvidenceError> {
        let anchor =
            x509::Anchor::new(der).map_err(|error| EvidenceError::new(checks::CERTIFICATE, error))?;
        self.anchors.push(anchor);
        Ok(self)
    }

    /// The same with the revocation list `der`, which is consulted about what its issuer issued.
    ///
    /// # Errors
    /// `tpm.crl-signer` for bytes that are no revocation list.
    pub fn with_crl(mut self, der: &[u8]) -> Result<Self, EvidenceError> {
        Crl::read(der).map_err(|error| EvidenceError::new(checks::CRL_SIGNER, error))?;
        self.crls.push(der.into());
        Ok(self)
    }
}

/// The certificates of a PEM text as DER, in its order.
///
/// # Errors
/// `tpm.ak-certificate` for text that is not PEM of certificates and of nothing else.
pub fn certificates_from_pem(text: &[u8]) -> Result<Vec<Vec<u8>>, EvidenceError> {
    x509::pem::blocks(text, "CERTIFICATE").map_err(|error| EvidenceError::new(checks::CERTIFICATE, error))
}

/// The SubjectPublicKeyInfo of a PEM text in DER.
///
/// # Errors
/// `tpm.ak-key` for text that is not PEM of one public key.
pub fn key_from_pem(text: &[u8]) -> Result<Vec<u8>, EvidenceError> {
    let blocks =
        x509::pem::blocks(text, "PUBLIC KEY").map_err(|error| EvidenceError::new(checks::KEY, error))?;
    let [key] = <[Vec<u8>; 1]>::try_from(blocks)
        .map_err(|_| EvidenceError::new(checks::KEY, "PEM text of more or less than one public key"))?;
    Ok(key)
}

/// A chain that leads to a root.
pub(super) struct Certified {
    pub(super) standing: Standing,
    pub(super) anchor: Anchor,
    pub(super) not_after: u64,
    pub(super) revocation_checked: usize,
}

/// Reads certificates in DER, leaf first.
pub(super) fn read<'a>(certificates: &'a [Vec<u8>]) -> Result<Vec<Certificate<'a>>, EvidenceError> {
    let read = |der: &'a Vec<u8>| {
        Certificate::read(der).map_err(|error| EvidenceError::new(checks::CERTIFICATE, error))
    };
    certificates.iter().map(read).collect()
}

/// The key of a certificate.
pub(super) fn key(certificate: &Certificate<'_>) -> Result<KeyMaterial, EvidenceError> {
    let key = KeyMaterial::from_public(certificate.public_key());
    key.ok_or_else(|| EvidenceError::new(checks::CERTIFICATE, "the point of the key is not uncompressed"))
}

const SUBJECT_ALTERNATIVE_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const TCG_EK_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.133.8.1");
const TCG_AIK_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.23.133.8.3");

/// Walks the certificates, leaf first, to a root of `trust`.
pub(super) fn walk(path: &[Certificate<'_>], trust: &TpmTrust, now: u64) -> Result<Certified, EvidenceError> {
    let Some(leaf) = path.first() else {
        return Err(EvidenceError::new(checks::UNTRUSTED, "no certificate speaks for the attestation key"));
    };
    let crls: Vec<Crl<'_>> = trust.crls.iter().filter_map(|der| Crl::read(der).ok()).collect();
    let leaf_critical = if names_a_tpm(leaf) { &[SUBJECT_ALTERNATIVE_NAME][..] } else { &[] };
    let verified = verify_path(path, &trust.anchors, PathRules { now, leaf_critical, crls: &crls });
    let verified = verified.map_err(|error| EvidenceError::new(id(error.problem), error))?;
    let purpose = purpose(leaf)?;
    let google = roots::GOOGLE.iter().find(|root| root.sha256 == verified.anchor);
    let name = google.map_or("a root of the operator's", |root| root.name);
    Ok(Certified {
        standing: Standing::Certified { google: google.is_some(), purpose },
        anchor: Anchor { name: name.into(), fingerprint: Sha256(verified.anchor) },
        not_after: verified.not_after,
        revocation_checked: verified.checked_for_revocation,
    })
}

fn id(problem: PathProblem) -> crate::appraisal::CheckId {
    match problem {
        PathProblem::Empty => checks::UNTRUSTED,
        PathProblem::Dates { .. } => checks::DATES,
        PathProblem::NotAnIssuer(_) => checks::ISSUER,
        PathProblem::UnknownCritical(_) => checks::CRITICAL,
        PathProblem::TooLong | PathProblem::Name | PathProblem::Signature => checks::CHAIN,
        PathProblem::NoAnchor => checks::ROOT,
        PathProblem::Revoked { .. } => checks::REVOKED,
        PathProblem::CrlSigner(_) => checks::CRL_SIGNER,
        PathProblem::CrlDates { .. } => checks::CRL_DATES,
    }
}

/// What the leaf is for; an authority's certificate, or one whose key may not sign, speaks for no attestation key.
fn purpose(leaf: &Certificate<'_>) -> Result<CertificatePurpose, EvidenceError> {
    let refuse = |detail| EvidenceError::new(checks::LEAF, detail);
    if leaf.is_ca() {
        return Err(refuse("the first certificate is an authority's"));
    }
    if let Some(usage) = leaf.extension(oid::KEY_USAGE) {
        const DIGITAL_SIGNATURE: usize = 0;
        let usage = BitStringRef::from_der(usage).ok().and_then(|bits| bits.get(DIGITAL_SIGNATURE));
        if usage != Some(true) {
            return Err(refuse("its key usage does not allow digital signatures"));
        }
    }
    let purposes = leaf.extended_key_usage().map_err(|_| refuse("its extended key usage cannot be read"))?;
    Ok(CertificatePurpose {
        attestation: purposes.contains(&TCG_AIK_CERTIFICATE),
        endorsement: purposes.contains(&TCG_EK_CERTIFICATE),
        any: !purposes.is_empty(),
    })
}

/// Whether the subject alternative name is one directory name: how a TPM is called by manufacturer, model and version
/// (TCG EK Credential Profile 3.2.9). Such a one may be critical.
fn names_a_tpm(leaf: &Certificate<'_>) -> bool {
    const DIRECTORY_NAME: Tag = Tag::ContextSpecific { constructed: true, number: der::TagNumber(4) };
    let names = leaf.extension(SUBJECT_ALTERNATIVE_NAME).and_then(|value| AnyRef::from_der(value).ok());
    let names = names.filter(|names| names.tag() == Tag::Sequence);
    let name = names.and_then(|names| AnyRef::from_der(names.value()).ok());
    name.is_some_and(|name| name.tag() == DIRECTORY_NAME)
}
