//! What a statement is about: its payload, or what the payload is the digest of (RFC 9995).

use ca2a_core::{
    TraceLink,
    cose::{CoseError, Draft, MapRef, Sign1, Value, label},
    requirement::holds,
};

use super::StatementFault;

/// What the payload of a statement is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// The thing itself.
    Payload(MediaType),
    /// The digest of it.
    Digest(HashEnvelope),
}

/// A payload that stands for something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashEnvelope {
    /// The digest.
    pub digest: TraceLink,
    /// What was hashed.
    pub preimage_type: Option<MediaType>,
    /// Where it can be had.
    pub location: Option<String>,
}

/// A media type by its name or by its CoAP number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaType {
    /// Such as `application/json`.
    Name(String),
    /// A content format of the CoAP registry.
    Number(u64),
}

/// SHA-256 as a COSE algorithm (RFC 9054).
const SHA256: i64 = -16;
/// SHA-384 as a COSE algorithm.
const SHA384: i64 = -43;

/// Headers of a hash envelope. Outside of the signature they would let anybody say what was hashed.
pub(super) const ENVELOPE: [i64; 3] = [label::PAYLOAD_HASH, label::PREIMAGE_TYPE, label::PAYLOAD_LOCATION];

impl Content {
    pub(super) fn read(message: &Sign1) -> Result<Self, StatementFault> {
        let headers = message.protected();
        let payload = message.payload().ok_or(CoseError::NoPayload)?;
        let content_type = MediaType::read(&headers, label::CONTENT_TYPE)?;
        let Some(algorithm) = headers.int(label::PAYLOAD_HASH)? else {
            let label = ENVELOPE.into_iter().find(|label| headers.get(*label).is_some());
            if label.is_some() {
                return Err(CoseError::Missing { label: label::PAYLOAD_HASH }.into());
            }
            let missing = CoseError::Missing { label: label::CONTENT_TYPE };
            return Ok(Self::Payload(content_type.ok_or(missing)?));
        };
        if !holds("LOG-31", content_type.is_none()) {
            return Err(StatementFault::TypeOfDigest);
        }
        Ok(Self::Digest(HashEnvelope {
            digest: read_digest(algorithm, payload)?,
            preimage_type: MediaType::read(&headers, label::PREIMAGE_TYPE)?,
            location: headers.text(label::PAYLOAD_LOCATION)?.map(str::to_owned),
        }))
    }
}

fn read_digest(algorithm: i64, payload: &[u8]) -> Result<TraceLink, StatementFault> {
    let found = payload.len();
    let length = |expected| StatementFault::DigestLength { algorithm, expected, found };
    match algorithm {
        SHA256 => payload.try_into().map(TraceLink::Sha256).map_err(|_| length(32)),
        SHA384 => payload.try_into().map(TraceLink::Sha384).map_err(|_| length(48)),
        other => Err(StatementFault::HashAlgorithm(other)),
    }
}

impl HashEnvelope {
    /// Puts the digest and what is said about it into a draft.
    pub(super) fn write(&self, draft: Draft) -> Draft {
        let draft = match &self.digest {
            TraceLink::Sha256(digest) => draft.protect(label::PAYLOAD_HASH, SHA256).payload(digest),
            TraceLink::Sha384(digest) => draft.protect(label::PAYLOAD_HASH, SHA384).payload(digest),
        };
        let draft = match &self.preimage_type {
            Some(media_type) => draft.protect(label::PREIMAGE_TYPE, media_type.to_value()),
            None => draft,
        };
        match &self.location {
            Some(location) => draft.protect(label::PAYLOAD_LOCATION, location.as_str()),
            None => draft,
        }
    }
}

impl MediaType {
    fn read(headers: &MapRef<'_>, label: i64) -> Result<Option<Self>, CoseError> {
        match headers.get(label) {
            Some(Value::Integer(_)) => Ok(headers.uint(label)?.map(Self::Number)),
            _ => Ok(headers.text(label)?.map(|name| Self::Name(name.to_owned()))),
        }
    }

    pub(super) fn to_value(&self) -> Value {
        match self {
            Self::Name(name) => name.as_str().into(),
            Self::Number(number) => (*number).into(),
        }
    }

    /// Whether this is the media type called `name`.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        matches!(self, Self::Name(own) if own == name)
    }
}
