//! The token.

use ca2a_core::cose::{CoseError, Draft, PublicKey, Reader, Sign1, Signer, VerifiedSign1, label, to_vec};

use super::{EatClaims, EatError};
use crate::trust_record::{SignedRecord, TrustRecord};

/// A token that parses: 61(18(…)) with claims of the right shape (LOG-20, LOG-21). Its signature is not verified.
#[derive(Debug, Clone, PartialEq)]
pub struct Eat {
    message: Sign1,
    claims: EatClaims,
}

/// A token that was signed by the key it confirms, which is the key that the verifier chose. No public constructor.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedEat {
    message: VerifiedSign1,
    claims: EatClaims,
}

const TYPE: &str = "application/eat+cwt";

impl Eat {
    /// Makes the token of `record` with the key that signed it.
    ///
    /// # Errors
    /// A record that another key signed.
    pub fn of(record: &TrustRecord<'_>, signer: &Signer<'_>) -> Result<Self, EatError> {
        let claims = EatClaims::of(record)?;
        if claims.key != PublicKey::from(signer.key().verifying_key()) {
            return Err(EatError::OtherSigner);
        }
        let payload = to_vec(&claims.to_value()).map_err(CoseError::from)?;
        let message = Draft::new().protect(label::TYPE, TYPE).payload(&payload).sign(signer)?;
        Ok(Self { message, claims })
    }

    /// Reads a token in deterministic CBOR. Its claims are a closed set, and nothing of it stands outside of the signature.
    ///
    /// # Errors
    /// Another encoding, type, profile or claim.
    pub fn read(input: &[u8]) -> Result<Self, EatError> {
        let message = Sign1::read_cwt(input)?;
        message.unprotected().only(&[])?;
        message.protected().only(&[label::ALGORITHM, label::CRITICAL, label::KEY_ID, label::TYPE])?;
        if message.protected().text(label::TYPE)? != Some(TYPE) {
            return Err(EatError::Type);
        }
        let payload = message.payload().ok_or(CoseError::NoPayload)?;
        let claims = EatClaims::read(&Reader::default().value(payload).map_err(CoseError::from)?)?;
        Ok(Self { message, claims })
    }

    /// What the token claims. Nobody has vouched for it yet.
    #[must_use]
    pub fn claims(&self) -> &EatClaims {
        &self.claims
    }

    /// The token's bytes.
    ///
    /// # Errors
    /// None for a token that was read or made; the writer's type has one.
    pub fn to_vec(&self) -> Result<Vec<u8>, EatError> {
        Ok(self.message.to_cwt_vec()?)
    }

    /// Verifies the token under `key`, which has to be the key that it confirms (LOG-22).
    ///
    /// # Errors
    /// A signature that does not hold, or another key in `cnf`.
    pub fn verify(self, key: &PublicKey) -> Result<VerifiedEat, EatError> {
        let message = self.message.verify(key)?;
        if self.claims.key != *key {
            return Err(EatError::OtherKey);
        }
        Ok(VerifiedEat { message, claims: self.claims })
    }
}

impl VerifiedEat {
    /// What the token claims.
    #[must_use]
    pub fn claims(&self) -> &EatClaims {
        &self.claims
    }

    /// The key that signed it.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        self.message.key()
    }

    /// Checks that this is the token of `record`: its digest and every claim are the record's (LOG-23).
    ///
    /// # Errors
    /// The first claim that differs.
    pub fn attests(&self, record: &SignedRecord<'_>) -> Result<(), EatError> {
        let expected = EatClaims::of(record.record())?;
        match expected.difference(&self.claims) {
            Some(claim) => Err(EatError::Differs(claim)),
            None => Ok(()),
        }
    }
}
