//! COSE_Sign1 and COSE_Sign (RFC 9052 section 4) under one reader: a payload, and everybody who signed it.
//!
//! Which keys and algorithms count is the caller's to say; what it needs is each signature and the bytes that it covers.

use alloc::{boxed::Box, vec::Vec};

use super::{CoseError, MapRef, Reader, Value, label, sign1, to_vec};

/// A message that parses and holds its payload. Nothing in it is proven.
#[derive(Debug, Clone, PartialEq)]
pub struct Signed {
    header: Header,
    payload: Vec<u8>,
    signers: Signers,
}

#[derive(Debug, Clone, PartialEq)]
enum Signers {
    /// COSE_Sign1: the body's header is the signer's.
    One(Vec<u8>),
    /// COSE_Sign: each signer has a header of its own.
    Many(Vec<(Header, Vec<u8>)>),
}

/// The two maps of a header, and the protected one as it was encoded.
#[derive(Debug, Clone, PartialEq)]
pub struct Header {
    encoded: Vec<u8>,
    protected: Vec<(Value, Value)>,
    unprotected: Vec<(Value, Value)>,
}

/// One signature of a message.
#[derive(Debug, Clone, Copy)]
pub struct SignedBy<'a> {
    message: &'a Signed,
    header: &'a Header,
    signature: &'a [u8],
}

/// More signatures than any message has a use for.
const MAX_SIGNERS: usize = 16;

impl Signed {
    pub(super) fn read_with(reader: Reader, input: &[u8]) -> Result<Self, CoseError> {
        let Value::Tag(tag, body) = reader.value(input)? else {
            return Err(CoseError::NotSigned("it must stand under tag 18 or 98"));
        };
        let (header, payload, last) = match body.into_array().map(<[Value; 4]>::try_from) {
            Ok(Ok([protected, unprotected, Value::Bytes(payload), last])) => {
                (Header::read(reader, protected, unprotected)?, payload, last)
            }
            Ok(Ok([_, _, Value::Null, _])) => return Err(CoseError::NoPayload),
            _ => return Err(CoseError::NotSigned("it must be an array of four, the third a byte string")),
        };
        let signers = match (tag, last) {
            (label::TAG_SIGN1, Value::Bytes(signature)) => Signers::One(signature),
            (label::TAG_SIGN, Value::Array(signers)) if (1..=MAX_SIGNERS).contains(&signers.len()) => {
                Signers::Many(
                    signers
                        .into_iter()
                        .map(|signer| Header::of_signer(reader, signer))
                        .collect::<Result<_, _>>()?,
                )
            }
            (label::TAG_SIGN1, _) => return Err(CoseError::NotSigned("its signature must be a byte string")),
            (label::TAG_SIGN, _) => return Err(CoseError::NotSigned("it must hold 1 to 16 signatures")),
            _ => return Err(CoseError::NotSigned("it must stand under tag 18 or 98")),
        };
        Ok(Self { header, payload, signers })
    }

    /// The header of the body.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The payload.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// Whether this is a COSE_Sign1.
    #[must_use]
    pub fn is_sign1(&self) -> bool {
        matches!(self.signers, Signers::One(_))
    }

    /// Every signature, in the order of the message; at least one.
    pub fn signatures(&self) -> impl Iterator<Item = SignedBy<'_>> {
        let (one, many) = match &self.signers {
            Signers::One(signature) => (Some((&self.header, signature)), &[][..]),
            Signers::Many(signers) => (None, &signers[..]),
        };
        let many = many.iter().map(|(header, signature)| (header, signature));
        one.into_iter().chain(many).map(|(header, signature)| SignedBy { message: self, header, signature })
    }

    /// The same message with `value` under `label` of the body's unprotected parameters, in place of what stood there, in
    /// deterministic CBOR but for what the signatures cover.
    ///
    /// # Errors
    /// A label that must be protected.
    pub fn with_unprotected(mut self, label: Value, value: Value) -> Result<Self, CoseError> {
        self.header.unprotected.retain(|(key, _)| *key != label);
        self.header.unprotected.push((label, value));
        self.header.check()?;
        Ok(self)
    }

    /// The message under its tag.
    ///
    /// # Errors
    /// None for a message that was read; the writer's type has one.
    pub fn to_vec(&self) -> Result<Vec<u8>, CoseError> {
        let (tag, last) = match &self.signers {
            Signers::One(signature) => (label::TAG_SIGN1, Value::Bytes(signature.clone())),
            Signers::Many(signers) => {
                let signer = |(header, signature): &(Header, Vec<u8>)| {
                    let [protected, unprotected] = header.to_values();
                    Value::Array([protected, unprotected, Value::Bytes(signature.clone())].into())
                };
                (label::TAG_SIGN, Value::Array(signers.iter().map(signer).collect()))
            }
        };
        let [protected, unprotected] = self.header.to_values();
        let body = [protected, unprotected, Value::Bytes(self.payload.clone()), last];
        Ok(to_vec(&Value::Tag(tag, Box::new(Value::Array(body.into()))))?)
    }
}

impl Header {
    fn read(reader: Reader, protected: Value, unprotected: Value) -> Result<Self, CoseError> {
        let Value::Bytes(encoded) = protected else {
            return Err(CoseError::NotSigned("a protected header must be a byte string"));
        };
        let protected = match &encoded[..] {
            [] => Vec::new(),
            bytes => sign1::entries(reader.value(bytes).map_err(CoseError::ProtectedCbor)?)?,
        };
        let header = Self { encoded, protected, unprotected: sign1::entries(unprotected)? };
        header.check()?;
        Ok(header)
    }

    fn of_signer(reader: Reader, signer: Value) -> Result<(Self, Vec<u8>), CoseError> {
        match signer.into_array().map(<[Value; 3]>::try_from) {
            Ok(Ok([protected, unprotected, Value::Bytes(signature)])) => {
                Ok((Self::read(reader, protected, unprotected)?, signature))
            }
            _ => Err(CoseError::NotSigned("a signer must be an array of three, the third a byte string")),
        }
    }

    fn check(&self) -> Result<(), CoseError> {
        let outside = self.unprotected();
        match sign1::PROTECTED_ONLY.into_iter().find(|label| outside.get(*label).is_some()) {
            Some(label) => Err(CoseError::Unprotected { label }),
            None => Ok(()),
        }
    }

    fn to_values(&self) -> [Value; 2] {
        [Value::Bytes(self.encoded.clone()), Value::Map(self.unprotected.clone())]
    }

    /// The parameters that signatures cover.
    #[must_use]
    pub fn protected(&self) -> MapRef<'_> {
        MapRef::new(&self.protected)
    }

    /// The parameters that none covers.
    #[must_use]
    pub fn unprotected(&self) -> MapRef<'_> {
        MapRef::new(&self.unprotected)
    }

    /// The protected parameters as they were encoded.
    #[must_use]
    pub fn protected_bytes(&self) -> &[u8] {
        &self.encoded
    }
}

impl<'a> SignedBy<'a> {
    /// The header that says who signed: of the body in a COSE_Sign1, of the signer in a COSE_Sign.
    #[must_use]
    pub fn header(&self) -> &'a Header {
        self.header
    }

    /// The bytes of the signature.
    #[must_use]
    pub fn signature(&self) -> &'a [u8] {
        self.signature
    }

    /// What the signature covers: `Sig_structure` (RFC 9052 section 4.4), without external data.
    ///
    /// # Errors
    /// None in practice; the writer's signature has one.
    pub fn covered(&self) -> Result<Vec<u8>, CoseError> {
        let bytes = |bytes: &[u8]| Value::Bytes(bytes.to_vec());
        let body = bytes(&self.message.header.encoded);
        let mut parts = Vec::with_capacity(5);
        if self.message.is_sign1() {
            parts.extend([Value::from("Signature1"), body]);
        } else {
            parts.extend([Value::from("Signature"), body, bytes(&self.header.encoded)]);
        }
        parts.extend([bytes(&[]), bytes(&self.message.payload)]);
        Ok(to_vec(&Value::Array(parts))?)
    }
}
