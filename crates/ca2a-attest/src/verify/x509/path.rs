//! From a leaf to an anchor.

use alloc::{boxed::Box, vec::Vec};

use ::der::asn1::ObjectIdentifier;

use super::{
    Certificate, Crl,
    error::{Malformed, PathError, PathProblem},
    extensions::oid,
};
use crate::verify::crypto::sha256;

/// The most certificates of a path, leaf and anchor included.
const MAX_LENGTH: usize = 6;

/// A certificate that is trusted for its bytes alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Anchor {
    der: Box<[u8]>,
    fingerprint: [u8; 32],
}

impl Anchor {
    /// Trusts `der`.
    ///
    /// # Errors
    /// Bytes that are no certificate of an authority.
    pub(crate) fn new(der: &[u8]) -> Result<Self, Malformed> {
        if !Certificate::read(der)?.is_ca() {
            return Err(Malformed("an anchor that is no authority"));
        }
        Ok(Self { fingerprint: sha256(der), der: der.into() })
    }

    /// Its bytes.
    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of its bytes.
    pub(crate) fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }
}

/// What a path must obey.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PathRules<'r> {
    /// The time of the judgement, Unix seconds.
    pub(crate) now: u64,
    /// Critical extensions of the leaf that the caller understands and checks, besides constraints and key usages.
    pub(crate) leaf_critical: &'r [ObjectIdentifier],
    /// Revocation lists, of these issuers or of others.
    pub(crate) crls: &'r [Crl<'r>],
}

/// A path that led to an anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct VerifiedPath {
    /// SHA-256 of the anchor.
    pub(crate) anchor: [u8; 32],
    /// The first second at which everything used was valid, revocation lists included.
    pub(crate) not_before: u64,
    /// The last such second.
    pub(crate) not_after: u64,
    /// How many certificates of the path a list of their issuer was consulted about.
    pub(crate) checked_for_revocation: usize,
}

/// Walks `path`, leaf first, to one of `anchors`: its last certificate is an anchor or was issued by one. Every
/// certificate is in its dates, understood, and issued by the next, which may issue (ATT-103 to ATT-106); a list in
/// `rules` that an issuer of the path made is consulted (ATT-107).
pub(crate) fn verify_path(
    path: &[Certificate<'_>],
    anchors: &[Anchor],
    rules: PathRules<'_>,
) -> Result<VerifiedPath, PathError> {
    let last = path.last().ok_or(PathError { at: 0, problem: PathProblem::Empty })?;
    if path.len() > MAX_LENGTH {
        return Err(PathError { at: MAX_LENGTH, problem: PathProblem::TooLong });
    }
    if let Some(anchor) = anchors.iter().find(|anchor| anchor.der() == last.der()) {
        return walk(path, anchor, rules);
    }
    // Roots of one name and several keys do exist; the one whose key fits decides, or the first says what is wrong.
    let no_anchor = PathError { at: path.len().saturating_sub(1), problem: PathProblem::NoAnchor };
    let mut verdict = Err(no_anchor);
    for anchor in anchors {
        let Ok(root) = Certificate::read(anchor.der()) else { continue };
        if last.issuer() != root.subject() {
            continue;
        }
        let whole: Vec<_> = path.iter().cloned().chain([root]).collect();
        match walk(&whole, anchor, rules) {
            Err(PathError { problem: PathProblem::Signature, .. }) => {}
            decided => return decided,
        }
        verdict = Err(PathError { problem: PathProblem::Signature, ..no_anchor });
    }
    verdict
}

const KNOWN: [ObjectIdentifier; 3] = [oid::BASIC_CONSTRAINTS, oid::KEY_USAGE, oid::EXTENDED_KEY_USAGE];

/// Judges every certificate and link of `path`, which ends with `anchor`.
fn walk(path: &[Certificate<'_>], anchor: &Anchor, rules: PathRules<'_>) -> Result<VerifiedPath, PathError> {
    let mut verified = VerifiedPath {
        anchor: anchor.fingerprint(),
        not_before: 0,
        not_after: u64::MAX,
        checked_for_revocation: 0,
    };
    // What costs nothing first, so that a signature is verified only where it can matter.
    for (at, certificate) in path.iter().enumerate() {
        judge(certificate, at, rules).map_err(|problem| PathError { at, problem })?;
        verified.narrow(certificate.not_before(), certificate.not_after());
    }
    for (at, (certificate, issuer)) in path.iter().zip(path.iter().skip(1)).enumerate() {
        let wrong = |problem| PathError { at, problem };
        if certificate.issuer() != issuer.subject() {
            return Err(wrong(PathProblem::Name));
        }
        if !certificate.is_signed_by(issuer) {
            return Err(wrong(PathProblem::Signature));
        }
        let mut consulted = 0;
        for crl in rules.crls.iter().filter(|crl| crl.issuer() == issuer.subject()) {
            crl.judge(certificate, issuer, rules.now).map_err(wrong)?;
            verified.narrow(crl.this_update(), crl.next_update().saturating_sub(1));
            consulted = 1;
        }
        verified.checked_for_revocation = verified.checked_for_revocation.saturating_add(consulted);
    }
    Ok(verified)
}

impl VerifiedPath {
    fn narrow(&mut self, not_before: u64, not_after: u64) {
        self.not_before = self.not_before.max(not_before);
        self.not_after = self.not_after.min(not_after);
    }
}

/// What `certificate`, `at` steps above the leaf, has to be by itself.
fn judge(certificate: &Certificate<'_>, at: usize, rules: PathRules<'_>) -> Result<(), PathProblem> {
    let (not_before, not_after) = (certificate.not_before(), certificate.not_after());
    if rules.now < not_before || rules.now > not_after {
        return Err(PathProblem::Dates { not_before, not_after });
    }
    let mine = if at == 0 { rules.leaf_critical } else { &[] };
    if let Some(oid) = certificate.unknown_critical(&[&KNOWN, mine]) {
        return Err(PathProblem::UnknownCritical(oid));
    }
    if at == 0 { Ok(()) } else { may_issue(certificate, at) }
}

/// Whether `certificate`, `at` steps above the leaf, may have issued what stands below it (RFC 5280 6.1.4).
fn may_issue(certificate: &Certificate<'_>, at: usize) -> Result<(), PathProblem> {
    let refuse = |why| Err(PathProblem::NotAnIssuer(why));
    let Some(constraints) = certificate.basic_constraints().filter(|constraints| constraints.ca) else {
        return refuse("it is no authority");
    };
    // Authorities between this one and the leaf. Self-issued ones count too: no platform has any.
    let below = at.saturating_sub(1);
    if constraints.path_length.is_some_and(|length| below > usize::from(length)) {
        return refuse("more authorities stand below it than it allows");
    }
    if certificate.key_usage().is_some_and(|usage| !usage.certificate_sign) {
        return refuse("its key usage does not allow signing certificates");
    }
    Ok(())
}
