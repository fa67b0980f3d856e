//! The claims of a token.

use ca2a_core::{
    Sha256, VerifyingKey,
    cose::{CoseError, MapRef, PublicKey, Value, label::claim},
    encoding::from_base64url,
};

use super::EatError;
use crate::{
    error::RecordFault,
    profile::PROFILE,
    trust_record::{TrustRecord, ed25519_of},
};

/// What a token claims (LOG-21).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EatClaims {
    /// `sub`: the record's subject.
    pub subject: String,
    /// `iat`: when the record was issued, in Unix seconds.
    pub issued_at: u64,
    /// `cnf`: the key that signed the record, and that signs the token.
    pub key: PublicKey,
    /// `eat_nonce`: the bytes of the record's `runtime.nonce`, where it is base64url of 8 to 64 of them.
    pub nonce: Option<Vec<u8>>,
    /// SHA-256 over the canonical bytes of the full signed record.
    pub record: Sha256,
}

/// The private claim of the record's digest. Names below -65536 are anybody's.
const RECORD: i64 = -65_600;
/// The member of `cnf` that holds a COSE_Key (RFC 8747).
const COSE_KEY: i64 = 1;
/// Lengths that a nonce may have (RFC 9711 section 4.1).
const NONCE_LENGTHS: std::ops::RangeInclusive<usize> = 8..=64;

impl EatClaims {
    /// The claims of `record`.
    ///
    /// # Errors
    /// A record whose `cnf` holds no usable Ed25519 key.
    pub fn of(record: &TrustRecord<'_>) -> Result<Self, EatError> {
        let fault = |fault: RecordFault| EatError::Record(fault.into());
        let jwk = record.confirmation_key().ok_or_else(|| fault(RecordFault::KeyType("cnf.jwk")))?;
        let bytes = ed25519_of(jwk, "cnf.jwk").map_err(fault)?;
        let bytes = <[u8; 32]>::try_from(bytes).map_err(|_| fault(RecordFault::KeyType("cnf.jwk")))?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(CoseError::from)?;
        let nonce = record.nonce().and_then(|nonce| from_base64url(nonce).ok());
        Ok(Self {
            subject: record.subject().to_owned(),
            issued_at: record.iat(),
            key: key.into(),
            nonce: nonce.filter(|nonce| NONCE_LENGTHS.contains(&nonce.len())),
            record: Sha256::of(record.canonical()),
        })
    }

    /// Reads a closed set of claims.
    pub(super) fn read(claims: &Value) -> Result<Self, EatError> {
        let claims = MapRef::of(claims, claim::SUBJECT)?;
        claims.only(&[
            claim::SUBJECT,
            claim::ISSUED_AT,
            claim::CONFIRMATION,
            claim::NONCE,
            claim::PROFILE,
            RECORD,
        ])?;
        let missing = |label| CoseError::Missing { label };
        let profile = claims.text(claim::PROFILE)?.ok_or(missing(claim::PROFILE))?;
        if profile != PROFILE {
            return Err(EatError::Profile(profile.chars().take(100).collect()));
        }
        let confirmation = claims.map(claim::CONFIRMATION)?.ok_or(missing(claim::CONFIRMATION))?;
        confirmation.only(&[COSE_KEY])?;
        let key = confirmation.get(COSE_KEY).ok_or(missing(COSE_KEY))?;
        let nonce = claims.bytes(claim::NONCE)?;
        if let Some(nonce) = nonce.filter(|nonce| !NONCE_LENGTHS.contains(&nonce.len())) {
            return Err(EatError::NonceLength(nonce.len()));
        }
        let record = claims.bytes(RECORD)?.ok_or(missing(RECORD))?;
        let digest = CoseError::WrongType { label: RECORD, expected: "a SHA-256 digest" };
        Ok(Self {
            subject: claims.text(claim::SUBJECT)?.ok_or(missing(claim::SUBJECT))?.to_owned(),
            issued_at: claims.uint(claim::ISSUED_AT)?.ok_or(missing(claim::ISSUED_AT))?,
            key: PublicKey::from_value(key)?,
            nonce: nonce.map(<[u8]>::to_vec),
            record: Sha256(record.try_into().map_err(|_| digest)?),
        })
    }

    pub(super) fn to_value(&self) -> Value {
        let mut pairs: Vec<(Value, Value)> = vec![
            (claim::SUBJECT.into(), self.subject.as_str().into()),
            (claim::ISSUED_AT.into(), self.issued_at.into()),
            (claim::CONFIRMATION.into(), Value::Map(vec![(COSE_KEY.into(), self.key.to_value())])),
            (claim::PROFILE.into(), PROFILE.into()),
            (RECORD.into(), Value::Bytes(self.record.0.to_vec())),
        ];
        pairs.extend(self.nonce.clone().map(|nonce| (claim::NONCE.into(), Value::Bytes(nonce))));
        Value::Map(pairs)
    }

    /// The first claim in which two sets differ.
    pub(super) fn difference(&self, other: &Self) -> Option<&'static str> {
        let differing = [
            (self.record != other.record, "digest"),
            (self.subject != other.subject, "subject"),
            (self.issued_at != other.issued_at, "time"),
            (self.key != other.key, "key"),
            (self.nonce != other.nonce, "nonce"),
        ];
        differing.into_iter().find_map(|(differs, name)| differs.then_some(name))
    }
}
