//! Verifying one record.

use ca2a_core::{
    EvaluationTime, Signature,
    requirement::{enforce, holds, is_off},
};
use subtle::ConstantTimeEq as _;

use super::{
    TrustRecord, TrustedKey, jwk,
    revocation::{self, RevocationBundle, RevocationCheck, RevocationStore},
};
use crate::error::{RecordFault, TraceError};

/// Oldest record that is accepted unless the verifier says otherwise: one day.
const DEFAULT_MAX_AGE: u64 = 86_400;
/// How far ahead of ours the issuer's clock may be: five minutes.
pub const CLOCK_SKEW: u64 = 300;

/// What a record's signature is held against (TRC-20).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustAnchor {
    /// A key that the verifier knows from elsewhere.
    Key(Box<TrustedKey>),
    /// The key inside the record. Shows that the record is intact and **not** who made it: anybody can make one.
    EmbeddedKey,
}

impl TrustAnchor {
    /// The anchor of a caller that may have a key and may have opted for the embedded one. A key wins.
    ///
    /// # Errors
    /// With neither: a record cannot vouch for itself.
    pub fn choose(key: Option<TrustedKey>, allow_embedded_key: bool) -> Result<Self, TraceError> {
        match key {
            Some(key) => Ok(key.into()),
            None if allow_embedded_key || is_off("TRC-20") => Ok(Self::EmbeddedKey),
            None => Err(RecordFault::NoTrustedKey.into()),
        }
    }
}

impl From<TrustedKey> for TrustAnchor {
    fn from(key: TrustedKey) -> Self {
        Self::Key(Box::new(key))
    }
}

/// Verifies TRACE records under one [`TrustAnchor`].
#[derive(Clone)]
pub struct RecordVerifier<'v> {
    anchor: TrustAnchor,
    max_age: Option<u64>,
    max_future_skew: u64,
    expected_nonce: Option<&'v str>,
    store: Option<&'v dyn RevocationStore>,
    bundle: Option<RevocationBundle<'v>>,
}

impl std::fmt::Debug for RecordVerifier<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("RecordVerifier")
            .field("anchor", &self.anchor)
            .field("max_age", &self.max_age)
            .field("max_future_skew", &self.max_future_skew)
            .finish_non_exhaustive()
    }
}

/// A record whose signature, key and time hold, and what was found out about its key's revocation. No public constructor.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedRecord<'a> {
    record: TrustRecord<'a>,
    key: TrustedKey,
    revocation: RevocationCheck,
}

impl<'a> SignedRecord<'a> {
    /// The record.
    #[must_use]
    pub fn record(&self) -> &TrustRecord<'a> {
        &self.record
    }

    /// The key that signed it.
    #[must_use]
    pub fn key(&self) -> &TrustedKey {
        &self.key
    }

    /// What is known about the key's revocation. A record can verify while this says that nobody could tell.
    #[must_use]
    pub fn revocation(&self) -> &RevocationCheck {
        &self.revocation
    }
}

impl<'v> RecordVerifier<'v> {
    /// A verifier that accepts records of the last day, five minutes of clock skew, any nonce, and asks about no
    /// revocation.
    #[must_use]
    pub fn new(anchor: TrustAnchor) -> Self {
        Self {
            anchor,
            max_age: Some(DEFAULT_MAX_AGE),
            max_future_skew: CLOCK_SKEW,
            expected_nonce: None,
            store: None,
            bundle: None,
        }
    }

    /// Seconds that a record may be old; `None` for an audit of history.
    #[must_use]
    pub fn max_age(mut self, seconds: Option<u64>) -> Self {
        self.max_age = seconds;
        self
    }

    /// Seconds that a record may be dated ahead of now.
    #[must_use]
    pub fn max_future_skew(mut self, seconds: u64) -> Self {
        self.max_future_skew = seconds;
        self
    }

    /// The nonce that `runtime.nonce` must echo.
    #[must_use]
    pub fn expected_nonce(mut self, nonce: &'v str) -> Self {
        self.expected_nonce = Some(nonce);
        self
    }

    /// Whom to ask whether the key is revoked.
    #[must_use]
    pub fn revocations(mut self, store: &'v dyn RevocationStore) -> Self {
        self.store = Some(store);
        self
    }

    /// A signed bundle of revocations to hold the key against.
    #[must_use]
    pub fn revocation_bundle(mut self, bundle: RevocationBundle<'v>) -> Self {
        self.bundle = Some(bundle);
        self
    }

    /// Verifies `record` (TRC-21), in this order: the anchor, revocation of its key, `cnf.jwk` against it, the record's
    /// age, its nonce, its signature. The signature comes last, so every cheaper refusal comes first.
    ///
    /// # Errors
    /// The first check that does not hold.
    pub fn verify<'a>(
        &self,
        record: TrustRecord<'a>,
        at: EvaluationTime,
    ) -> Result<SignedRecord<'a>, TraceError> {
        let now = at.seconds();
        let embedded = record.confirmation_key().ok_or(RecordFault::KeyType("cnf.jwk"))?;
        let key = match &self.anchor {
            TrustAnchor::Key(key) => (**key).clone(),
            TrustAnchor::EmbeddedKey => TrustedKey::read(embedded, "cnf.jwk")?,
        };
        let revocation =
            revocation::check(&key, self.store, self.bundle.as_ref(), now, self.max_future_skew)?;
        let is_own = jwk::ed25519_of(embedded, "cnf.jwk")? == key.key().as_bytes();
        if !holds("TRC-21", is_own) {
            return Err(RecordFault::KeyMismatch.into());
        }
        check_times(record.iat(), now, self.max_age, self.max_future_skew)?;
        if let Some(expected) = self.expected_nonce {
            let echoed =
                record.nonce().is_some_and(|nonce| nonce.as_bytes().ct_eq(expected.as_bytes()).into());
            if !holds("TRC-21", echoed) {
                return Err(RecordFault::Nonce.into());
            }
        }
        let signature =
            <[u8; 64]>::try_from(record.signature()).map_err(|_| RecordFault::SignatureInvalid)?;
        let verified = key.key().verify(&record.signing_input()?, &Signature(signature));
        enforce("TRC-15", verified.map_err(|_| RecordFault::SignatureInvalid))?;
        Ok(SignedRecord { record, key, revocation })
    }

    /// Reads and verifies a record from bytes.
    ///
    /// # Errors
    /// Whatever [`TrustRecord::from_json`] or [`Self::verify`] refuses.
    pub fn verify_json<'a>(
        &self,
        input: &'a [u8],
        at: EvaluationTime,
    ) -> Result<SignedRecord<'a>, TraceError> {
        self.verify(TrustRecord::from_json(input)?, at)
    }
}

/// Whether a record of `iat` is neither too far ahead of `now` nor too old (TRC-22). Both bounds are inclusive.
pub(crate) fn check_times(iat: u64, now: u64, max_age: Option<u64>, allowed: u64) -> Result<(), RecordFault> {
    let ahead = iat.saturating_sub(now);
    if !holds("TRC-22", ahead <= allowed) {
        return Err(RecordFault::Future { ahead, allowed });
    }
    let age = now.saturating_sub(iat);
    match max_age {
        Some(allowed) if !holds("TRC-22", age <= allowed) => Err(RecordFault::Stale { age, allowed }),
        _ => Ok(()),
    }
}

/// Verifies one record from bytes under `key`, no older than a day, with no revocation check: the short form of
/// [`RecordVerifier`].
///
/// # Errors
/// The first check that does not hold.
pub fn verify_record<'a>(
    input: &'a [u8],
    key: impl Into<TrustedKey>,
    at: EvaluationTime,
) -> Result<SignedRecord<'a>, TraceError> {
    RecordVerifier::new(key.into().into()).verify_json(input, at)
}
