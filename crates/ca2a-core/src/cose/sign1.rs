//! COSE_Sign1 (RFC 9052 section 4.2): one payload, one signature.

use alloc::{boxed::Box, vec, vec::Vec};

use coset::{
    AsCborValue as _, CoseSign1, Header, ProtectedHeader, SignatureContext, TaggedCborSerializable as _,
};

use super::{Algorithm, CoseError, MapRef, PublicKey, Reader, Value, label, to_vec};
use crate::requirement::{enforce, holds, is_off};

/// A message that parses. Its headers and payload are whatever its sender liked, until [`Self::verify`].
#[derive(Debug, Clone, PartialEq)]
pub struct Sign1 {
    message: CoseSign1,
    protected: Vec<(Value, Value)>,
    unprotected: Vec<(Value, Value)>,
}

/// A message whose signature holds under a key that the verifier chose. No public constructor.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedSign1 {
    message: Sign1,
    key: PublicKey,
}

/// What a signature covers beside the message, and what the verifier understands.
#[derive(Debug, Clone, Copy, Default)]
pub struct SignatureInput<'a> {
    /// The payload, where the message does not hold it. A message that does is refused then.
    pub detached: Option<&'a [u8]>,
    /// Data that both sides know and that is in no message (RFC 9052 section 4.3).
    pub external_aad: &'a [u8],
    /// Labels that the caller interprets, beside those of this module, so that `crit` may name them.
    pub understood: &'a [i64],
}

/// More parameters than any header has a use for (LOG-3).
const MAX_HEADERS: usize = 64;
/// Parameters that say how to read the signature: outside of what it covers they say nothing.
pub(super) const PROTECTED_ONLY: [i64; 2] = [label::ALGORITHM, label::CRITICAL];
/// Parameters that this module interprets.
const UNDERSTOOD: [i64; 5] =
    [label::ALGORITHM, label::CONTENT_TYPE, label::KEY_ID, label::CLAIMS, label::TYPE];
/// The two bytes of tag 61 in its only form.
const CWT: [u8; 2] = [0xd8, 61];

/// Whether the library stumbled over a number that was registered after it was written.
fn is_unheard_of(error: &coset::CoseError) -> bool {
    use coset::CoseError::{UnregisteredIanaNonPrivateValue, UnregisteredIanaValue};

    matches!(error, UnregisteredIanaValue | UnregisteredIanaNonPrivateValue)
}

/// The message in `parts`, which the library reads without `crit`: which parameters are understood is ours to say (LOG-4).
fn without_critical(reader: Reader, parts: Value) -> Result<CoseSign1, CoseError> {
    let Value::Array(mut parts) = parts else { return Err(CoseError::Unregistered) };
    let Some(Value::Bytes(protected)) = parts.first_mut() else { return Err(CoseError::Unregistered) };
    let original = core::mem::take(protected);
    let mut parameters = entries(reader.value(&original).map_err(CoseError::ProtectedCbor)?)?;
    parameters.retain(|(name, _)| *name != Value::from(label::CRITICAL));
    *protected = to_vec(&Value::Map(parameters))?;
    let mut message = CoseSign1::from_cbor_value(Value::Array(parts))?;
    message.protected.original_data = Some(original);
    Ok(message)
}

impl Sign1 {
    /// Reads a tagged message (tag 18) in deterministic CBOR (LOG-2).
    ///
    /// # Errors
    /// See [`Reader::sign1`].
    pub fn read(input: &[u8]) -> Result<Self, CoseError> {
        Reader::default().sign1(input)
    }

    /// Reads a message under the tag of a CBOR Web Token: 61(18(…)) (RFC 8392 section 6).
    ///
    /// # Errors
    /// Another tag in front, and what [`Self::read`] refuses.
    pub fn read_cwt(input: &[u8]) -> Result<Self, CoseError> {
        let message = input.strip_prefix(&CWT).ok_or(CoseError::NotSign1("it must stand under tag 61"))?;
        Self::read(message)
    }

    pub(super) fn read_with(reader: Reader, input: &[u8]) -> Result<Self, CoseError> {
        reader.check(input)?;
        let message = match CoseSign1::from_tagged_slice(input) {
            Err(error) if is_unheard_of(&error) => match reader.value(input)? {
                Value::Tag(_, parts) => without_critical(reader, *parts)?,
                _ => return Err(error.into()),
            },
            read => read?,
        };
        Self::of(reader, message)
    }

    pub(super) fn assemble(
        reader: Reader,
        protected: Vec<u8>,
        unprotected: Vec<(Value, Value)>,
        payload: Option<Vec<u8>>,
    ) -> Result<Self, CoseError> {
        let parts = Value::Array(vec![
            Value::Bytes(protected),
            Value::Map(unprotected),
            payload.map_or(Value::Null, Value::Bytes),
            Value::Bytes(Vec::new()),
        ]);
        let message = match CoseSign1::from_cbor_value(parts.clone()) {
            Err(error) if is_unheard_of(&error) => without_critical(reader, parts)?,
            read => read?,
        };
        Self::of(reader, message)
    }

    fn of(reader: Reader, message: CoseSign1) -> Result<Self, CoseError> {
        let protected = match message.protected.original_data.as_deref() {
            None | Some([]) => Vec::new(),
            Some(bytes) => entries(reader.value(bytes).map_err(CoseError::ProtectedCbor)?)?,
        };
        Self::with_protected(protected, message)
    }

    /// `protected` is what the protected header of `message` holds.
    fn with_protected(protected: Vec<(Value, Value)>, message: CoseSign1) -> Result<Self, CoseError> {
        let unprotected = entries(message.unprotected.clone().to_cbor_value()?)?;
        let outside = MapRef::new(&unprotected);
        if let Some(label) = PROTECTED_ONLY.into_iter().find(|label| outside.get(*label).is_some()) {
            return Err(CoseError::Unprotected { label });
        }
        let twice = protected.iter().find(|(key, _)| unprotected.iter().any(|(other, _)| key == other));
        match twice {
            Some((key, _)) if !is_off("LOG-3") => Err(CoseError::HeaderTwice { label: CoseError::name(key) }),
            _ => Ok(Self { message, protected, unprotected }),
        }
    }

    /// The parameters that the signature covers.
    #[must_use]
    pub fn protected(&self) -> MapRef<'_> {
        MapRef::new(&self.protected)
    }

    /// The parameters that it does not cover.
    #[must_use]
    pub fn unprotected(&self) -> MapRef<'_> {
        MapRef::new(&self.unprotected)
    }

    /// The protected header as it was encoded.
    #[must_use]
    pub fn protected_bytes(&self) -> &[u8] {
        self.message.protected.original_data.as_deref().unwrap_or_default()
    }

    /// The payload, unless it is detached.
    #[must_use]
    pub fn payload(&self) -> Option<&[u8]> {
        self.message.payload.as_deref()
    }

    /// The signature's bytes.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.message.signature
    }

    /// The algorithm that the protected header names.
    ///
    /// # Errors
    /// None, or one that is not verified here.
    pub fn algorithm(&self) -> Result<Algorithm, CoseError> {
        let value = self.protected().get(label::ALGORITHM);
        Algorithm::read(value.ok_or(CoseError::Missing { label: label::ALGORITHM })?)
    }

    /// `kid`, from the protected header or else from the other. It is a hint for finding a key and proves nothing.
    #[must_use]
    pub fn key_id(&self) -> Option<&[u8]> {
        let find = |map: MapRef<'_>| map.get(label::KEY_ID).is_some();
        let map = if find(self.protected()) { &self.protected } else { &self.unprotected };
        MapRef::new(map).bytes(label::KEY_ID).ok().flatten()
    }

    /// The same message with `unprotected` as its only unprotected parameters. The signature does not cover them.
    ///
    /// # Errors
    /// Parameters that must be protected, or already are.
    pub fn with_unprotected(&self, unprotected: Vec<(Value, Value)>) -> Result<Self, CoseError> {
        let mut message = self.message.clone();
        message.unprotected = Header::from_cbor_value(Value::Map(unprotected))?;
        Self::with_protected(self.protected.clone(), message)
    }

    /// The message under tag 18, its unprotected parameters in deterministic order.
    ///
    /// # Errors
    /// None for a message that was read or signed; the writer's type has one.
    pub fn to_vec(&self) -> Result<Vec<u8>, CoseError> {
        let message = self.message.clone().to_cbor_value()?;
        Ok(to_vec(&Value::Tag(label::TAG_SIGN1, Box::new(message)))?)
    }

    /// The message under tags 61 and 18, as a CBOR Web Token.
    ///
    /// # Errors
    /// None for a message that was read or signed; the writer's type has one.
    pub fn to_cwt_vec(&self) -> Result<Vec<u8>, CoseError> {
        Ok([&CWT, &self.to_vec()?[..]].concat())
    }

    /// Verifies the signature over the payload that the message holds (LOG-5).
    ///
    /// # Errors
    /// See [`Self::verify_with`].
    pub fn verify(self, key: &PublicKey) -> Result<VerifiedSign1, CoseError> {
        self.verify_with(key, SignatureInput::default())
    }

    /// Verifies the signature over a payload that the message does not hold.
    ///
    /// # Errors
    /// See [`Self::verify_with`].
    pub fn verify_detached(self, key: &PublicKey, payload: &[u8]) -> Result<VerifiedSign1, CoseError> {
        self.verify_with(key, SignatureInput { detached: Some(payload), ..SignatureInput::default() })
    }

    /// Verifies the signature over the protected header and `input`.
    ///
    /// # Errors
    /// A critical parameter that nobody understands, an algorithm that is not known or not the key's, a payload that is
    /// nowhere or twice, or a signature that does not verify.
    pub fn verify_with(self, key: &PublicKey, input: SignatureInput<'_>) -> Result<VerifiedSign1, CoseError> {
        self.check_critical(input.understood)?;
        let algorithm = self.algorithm()?;
        let payload = match (self.payload(), input.detached) {
            (Some(_), Some(_)) => return Err(CoseError::PayloadAttached),
            (None, None) => return Err(CoseError::NoPayload),
            (Some(payload), None) | (None, Some(payload)) => payload,
        };
        let covered = self.signature_input(input.external_aad, payload);
        enforce("LOG-5", key.verify(algorithm, &covered, self.signature()))?;
        Ok(VerifiedSign1 { message: self, key: key.clone() })
    }

    /// LOG-4.
    fn check_critical(&self, understood: &[i64]) -> Result<(), CoseError> {
        let Some(critical) = self.protected().get(label::CRITICAL) else { return Ok(()) };
        let critical = critical.as_array().filter(|labels| !labels.is_empty()).ok_or(CoseError::Critical)?;
        for label in critical {
            if !self.protected.iter().any(|(key, _)| key == label) {
                return Err(CoseError::Critical);
            }
            let mut known = UNDERSTOOD.iter().chain(understood);
            if !holds("LOG-4", known.any(|known| super::map::is_label(label, *known))) {
                return Err(CoseError::NotUnderstood { label: CoseError::name(label) });
            }
        }
        Ok(())
    }

    /// `Sig_structure` (RFC 9052 section 4.4).
    pub(super) fn signature_input(&self, external_aad: &[u8], payload: &[u8]) -> Vec<u8> {
        let protected: ProtectedHeader = self.message.protected.clone();
        coset::sig_structure_data(SignatureContext::CoseSign1, protected, None, external_aad, payload)
    }

    pub(super) fn set_signature(&mut self, signature: Vec<u8>) {
        self.message.signature = signature;
    }
}

impl VerifiedSign1 {
    /// The message.
    #[must_use]
    pub fn message(&self) -> &Sign1 {
        &self.message
    }

    /// The key under which the signature holds.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.key
    }
}

pub(super) fn entries(map: Value) -> Result<Vec<(Value, Value)>, CoseError> {
    let entries = map.into_map().map_err(|_| CoseError::NotSign1("a header must be a map"))?;
    if entries.len() > MAX_HEADERS {
        return Err(CoseError::TooManyHeaders { found: entries.len(), allowed: MAX_HEADERS });
    }
    Ok(entries)
}
