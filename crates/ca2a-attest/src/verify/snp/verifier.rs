//! From bytes to verified claims.

use alloc::{boxed::Box, format, sync::Arc, vec::Vec};

use ca2a_core::Sha256;

use super::{
    SnpClaims,
    cache::{CacheKey, EndorsementCache},
    check,
    endorsement::Endorsements,
    flags::SigningKey,
    kds::KdsClaims,
    report::{Signed, SnpReport},
    roots,
};
use crate::{
    appraisal::Check,
    evidence::{Anchor, Verified},
    verify::{
        EvidenceError,
        crypto::{Hash, KeyKind, PreparedKey, Salt, Scheme, ecdsa_der, sha256},
        x509::{self, Certificate, Crl, PathError, PathProblem, PathRules, verify_path},
    },
};

/// AMD signs every certificate this way, and a key certified by an accident of another is none of AMD's (ATT-115).
const AMD_SCHEME: Scheme = Scheme::RsaPss(Hash::Sha384, Salt::Digest);

/// Verifies SEV-SNP evidence: AMD's roots, further roots of the operator's own, revocation lists. It has no clock and
/// keeps nothing; what may be kept is an [`EndorsementCache`].
#[derive(Debug, Clone)]
pub struct SnpVerifier {
    roots: Vec<(Box<str>, x509::Anchor)>,
    anchors: Vec<x509::Anchor>,
    crls: Vec<Box<[u8]>>,
    /// SHA-256 over what certificates are judged by.
    identity: [u8; 32],
}

impl SnpVerifier {
    /// Trusts AMD's root keys for Milan, Genoa and Turin, and knows the authorities below them.
    #[must_use]
    pub fn new() -> Self {
        let root = |root: &roots::BuiltIn| Some((root.name.into(), x509::Anchor::new(root.der).ok()?));
        let roots: Vec<_> = roots::ROOTS.iter().filter_map(root).collect();
        Self { anchors: Vec::new(), roots, crls: Vec::new(), identity: [0; 32] }.identified()
    }

    /// The same, trusting the root `der` too. No genuine machine needs it.
    ///
    /// # Errors
    /// [`super::check::ENDORSEMENT`]: no certificate of an authority.
    pub fn with_root(mut self, der: &[u8]) -> Result<Self, EvidenceError> {
        let read = |what| EvidenceError::new(check::ENDORSEMENT, what);
        let name =
            Certificate::read(der).map_err(read)?.common_name().unwrap_or("a root without a name").into();
        self.roots.push((name, x509::Anchor::new(der).map_err(read)?));
        Ok(self.identified())
    }

    /// The same, consulting the revocation list `der`, which the operator fetched: never one that a peer sent (ATT-117).
    ///
    /// # Errors
    /// [`super::check::CRL`]: no revocation list.
    pub fn with_crl(mut self, der: &[u8]) -> Result<Self, EvidenceError> {
        Crl::read(der).map_err(|what| EvidenceError::new(check::CRL, what))?;
        self.crls.push(der.into());
        Ok(self.identified())
    }

    fn identified(mut self) -> Self {
        self.anchors = self.roots.iter().map(|(_, anchor)| anchor.clone()).collect();
        let anchors = self.anchors.iter().map(x509::Anchor::fingerprint);
        let crls = self.crls.iter().map(|crl| sha256(crl));
        let all: Vec<u8> = anchors.chain([[0; 32]]).chain(crls).flatten().collect();
        self.identity = sha256(&all);
        self
    }

    /// Verifies `report` under `endorsements` at `now`, in Unix seconds. With a `cache`, certificates that were verified
    /// before are not verified again.
    ///
    /// # Errors
    /// The first check that fails, in the order of the table of checks.
    pub fn verify(
        &self,
        report: &[u8],
        endorsements: &Endorsements<'_>,
        now: u64,
        cache: Option<&EndorsementCache>,
    ) -> Result<Verified<SnpClaims>, EvidenceError> {
        let parsed = SnpReport::parse(report)?;
        let signed = Signed::split(report)?;
        let key = match cache {
            None => Arc::new(self.certify(endorsements, now)?),
            Some(cache) => self.certify_once(endorsements, now, cache)?,
        };
        key.claims.fit(&parsed)?;
        key.check(&signed)?;
        let checks = key.checks(&parsed);
        let claims = SnpClaims {
            product: key.claims.product,
            signing_key: key.claims.kind,
            revocation_checked: key.revocation_lists > 0,
            report: Box::new(parsed),
        };
        Ok(Verified::new(claims, checks, Vec::from([key.anchor.clone()]), now, key.not_after))
    }

    fn certify_once(
        &self,
        endorsements: &Endorsements<'_>,
        now: u64,
        cache: &EndorsementCache,
    ) -> Result<Arc<CertifiedKey>, EvidenceError> {
        let name = self.cache_key(endorsements);
        if let Some(known) = cache.get(&name, now) {
            return Ok(known);
        }
        let key = Arc::new(self.certify(endorsements, now)?);
        cache.insert(name, key.clone());
        Ok(key)
    }

    fn cache_key(&self, endorsements: &Endorsements<'_>) -> CacheKey {
        let mut certificates = Vec::new();
        for certificate in endorsements.path() {
            // The length keeps two paths apart whose certificates join to the same bytes.
            certificates.extend(certificate.len().to_be_bytes());
            certificates.extend_from_slice(certificate);
        }
        let mut key = [0; 64];
        let (ours, theirs) = key.split_at_mut(32);
        ours.copy_from_slice(&self.identity);
        theirs.copy_from_slice(&sha256(&certificates));
        key
    }

    /// Verifies the certificates of a key, up to a root (ATT-115 to ATT-118).
    fn certify(&self, endorsements: &Endorsements<'_>, now: u64) -> Result<CertifiedKey, EvidenceError> {
        let malformed = |at: usize| {
            move |what| EvidenceError::new(check::ENDORSEMENT, format_args!("certificate {at}: {what}"))
        };
        let mut path = Vec::new();
        for (at, der) in endorsements.path().iter().enumerate() {
            path.push(Certificate::read(der).map_err(malformed(at))?);
        }
        let [leaf, authorities @ ..] = path.as_slice() else {
            return Err(EvidenceError::new(check::ENDORSEMENT_MISSING, "there is no certificate"));
        };
        let leaf = leaf.clone();
        if authorities.is_empty() {
            let built_in =
                roots::AUTHORITIES.iter().filter_map(|built_in| Certificate::read(built_in.der).ok());
            path.extend(built_in.into_iter().find(|authority| authority.subject() == leaf.issuer()));
        }
        let claims = KdsClaims::read(&leaf)?;
        is_amds(&path, &claims)?;
        let mut crls = Vec::new();
        for crl in &self.crls {
            crls.push(Crl::read(crl).map_err(|what| EvidenceError::new(check::CRL, what))?);
        }
        let rules = PathRules { now, leaf_critical: &[], crls: &crls };
        let verified = verify_path(&path, &self.anchors, rules).map_err(refusal)?;
        let key = leaf.public_key().prepare(Scheme::Ecdsa(Hash::Sha384));
        let root = self.roots.iter().find(|(_, anchor)| anchor.fingerprint() == verified.anchor);
        Ok(CertifiedKey {
            key: key.map_err(|_| EvidenceError::new(check::ENDORSEMENT, "the key is no point of P-384"))?,
            claims,
            anchor: Anchor {
                name: root.map_or_else(Box::default, |(name, _)| name.clone()),
                fingerprint: Sha256(verified.anchor),
            },
            not_before: verified.not_before,
            not_after: verified.not_after,
            revocation_lists: verified.checked_for_revocation,
        })
    }
}

impl Default for SnpVerifier {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether the certificates have AMD's algorithms, and the key's authority is the one of its product and kind.
fn is_amds(path: &[Certificate<'_>], claims: &KdsClaims) -> Result<(), EvidenceError> {
    let wrong = |detail: &str| Err(EvidenceError::new(check::ENDORSEMENT, detail));
    if path.iter().any(|certificate| certificate.scheme() != AMD_SCHEME) {
        return wrong("AMD signs with RSASSA-PSS over SHA-384, salt 48, and nothing else");
    }
    if path.first().is_none_or(|leaf| leaf.public_key().kind != KeyKind::P384) {
        return wrong("the key is not on P-384");
    }
    let name = match claims.kind {
        SigningKey::Vcek => format!("SEV-{}", claims.product),
        SigningKey::Vlek => format!("SEV-VLEK-{}", claims.product),
    };
    match path.get(1).map(Certificate::common_name) {
        Some(Some(found)) if found == name => Ok(()),
        Some(_) => Err(EvidenceError::new(
            check::CHAIN,
            format_args!("the next certificate is not that of `{name}`"),
        )),
        None => Err(EvidenceError::new(check::CHAIN, format_args!("the authority `{name}` is not known"))),
    }
}

pub(super) fn refusal(error: PathError) -> EvidenceError {
    let check = match error.problem {
        PathProblem::Dates { .. } => check::CHAIN_DATES,
        PathProblem::NotAnIssuer(_) => check::CHAIN_AUTHORITY,
        PathProblem::Revoked { .. } if error.at == 0 => check::VEK_REVOKED,
        PathProblem::Revoked { .. } => check::ASK_REVOKED,
        PathProblem::CrlSigner(_) => check::CRL_SIGNER,
        PathProblem::CrlDates { .. } => check::CRL_DATES,
        PathProblem::Empty
        | PathProblem::TooLong
        | PathProblem::UnknownCritical(_)
        | PathProblem::Name
        | PathProblem::Signature
        | PathProblem::NoAnchor => check::CHAIN,
    };
    EvidenceError::new(check, error)
}

/// A key whose certificates led to a root, and until when they do.
#[derive(Debug)]
pub(super) struct CertifiedKey {
    key: PreparedKey,
    claims: KdsClaims,
    anchor: Anchor,
    not_before: u64,
    not_after: u64,
    revocation_lists: usize,
}

impl CertifiedKey {
    pub(super) fn is_valid_at(&self, now: u64) -> bool {
        (self.not_before..=self.not_after).contains(&now)
    }

    fn check(&self, signed: &Signed<'_>) -> Result<(), EvidenceError> {
        let signature = ecdsa_der(&signed.r, &signed.s);
        let verdict = signature.map(|signature| self.key.verify(signed.message, &signature));
        match verdict {
            Some(Ok(())) => Ok(()),
            _ => Err(EvidenceError::new(check::SIGNATURE, "the certified key did not sign these bytes")),
        }
    }

    /// What was checked, for the record.
    fn checks(&self, report: &SnpReport) -> Vec<Check> {
        let Self { claims, anchor, .. } = self;
        let mut checks = Vec::from([
            Check::decided(check::CHAIN, true, "a chain to a trusted root", &anchor.name),
            Check::decided(check::KEY_INFO, true, claims.kind, claims.kind),
            Check::decided(check::PRODUCT, true, claims.product, claims.product),
            Check::decided(check::CERTIFIED_TCB, true, claims.tcb, report.reported_tcb),
            Check::decided(check::SIGNATURE, true, "signed by the certified key", "signed"),
        ]);
        checks.push(match claims.hwid.as_deref() {
            None => Check::not_applicable(check::HWID, "a VLEK belongs to no chip"),
            Some(_) if report.is_chip_masked() => {
                Check::not_applicable(check::HWID, "the host masks the chip id")
            }
            Some(hwid) => {
                let hwid = ca2a_core::encoding::hex(hwid);
                Check::decided(check::HWID, true, &hwid, &hwid)
            }
        });
        checks.push(if self.revocation_lists == 0 {
            Check::not_checked(check::CRL, "there is no revocation list of an issuer of this chain")
        } else {
            Check::decided(
                check::CRL,
                true,
                "not revoked",
                format_args!("{} issuers consulted", self.revocation_lists),
            )
        });
        checks
    }
}
