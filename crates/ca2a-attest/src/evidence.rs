//! Evidence that is genuine: what a verifier gives, and nothing else can make.

use alloc::{boxed::Box, vec::Vec};

use ca2a_core::Sha256;

use crate::appraisal::Check;

/// A trust anchor that a verification rested on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// What it is called: `AMD ARK-Milan`, or the subject of a root of the operator's own.
    pub name: Box<str>,
    /// SHA-256 over its certificate, DER.
    pub fingerprint: Sha256,
}

/// Claims whose signature, chain, dates and revocation a verifier found good. Only the verifiers of this crate make one
/// (ATT-401): there is no public constructor and no way to read one from bytes.
///
/// ```compile_fail,E0451
/// use ca2a_attest::Verified;
///
/// let forged = Verified { claims: (), checks: vec![], anchors: vec![], verified_at: 0, not_after: u64::MAX };
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified<C> {
    claims: C,
    checks: Vec<Check>,
    anchors: Vec<Anchor>,
    verified_at: u64,
    not_after: u64,
}

impl<C> Verified<C> {
    /// Claims that a verifier vouches for at `verified_at`, in Unix seconds. `checks` are what it checked, with
    /// [`crate::appraisal::Outcome::NotChecked`] for what it had nothing to check against; `not_after` is the earliest
    /// expiry of everything that it used.
    #[cfg_attr(
        not(any(feature = "snp", feature = "tdx", feature = "tpm")),
        allow(dead_code, reason = "verifiers are features")
    )]
    pub(crate) fn new(
        claims: C,
        checks: Vec<Check>,
        anchors: Vec<Anchor>,
        verified_at: u64,
        not_after: u64,
    ) -> Self {
        Self { claims, checks, anchors, verified_at, not_after }
    }

    /// The signed claims.
    #[must_use]
    pub fn claims(&self) -> &C {
        &self.claims
    }

    /// What the verifier checked, in its order.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// The anchors that the verification rested on.
    #[must_use]
    pub fn anchors(&self) -> &[Anchor] {
        &self.anchors
    }

    /// When it was verified, in Unix seconds.
    #[must_use]
    pub fn verified_at(&self) -> u64 {
        self.verified_at
    }

    /// The earliest expiry of everything that was used, in Unix seconds.
    #[must_use]
    pub fn not_after(&self) -> u64 {
        self.not_after
    }
}

/// Genuine evidence of any platform.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum VerifiedEvidence {
    /// Of SEV-SNP.
    #[cfg(feature = "snp")]
    Snp(Verified<crate::verify::snp::SnpClaims>),
    /// Of TDX.
    #[cfg(feature = "tdx")]
    Tdx(Verified<crate::verify::tdx::TdxClaims>),
    /// Of a TPM.
    #[cfg(feature = "tpm")]
    Tpm(Verified<crate::verify::tpm::TpmClaims>),
    /// Of a confidential VM on Azure.
    #[cfg(all(feature = "tpm", any(feature = "snp", feature = "tdx")))]
    Azure(Verified<crate::verify::azure::AzureClaims>),
}
