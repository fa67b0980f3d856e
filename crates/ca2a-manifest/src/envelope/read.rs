//! Reading the envelope: structure and headers, which say how to read the signatures and prove nothing. (MAN-20 to MAN-23)

use ca2a_core::{
    cose::{CoseError, Encoding, Header, Limits, Reader, Signed, label},
    json::Object,
    requirement::{holds, is_off},
};

use super::{Attached, CONTENT_TYPE, TYPE};
use crate::{ManifestError, document};

/// An envelope whose headers are in order, and the document in it.
#[derive(Debug, Clone)]
pub(crate) struct Envelope {
    /// The payload as it was signed.
    pub(crate) payload: Vec<u8>,
    /// Every signature; at least one, and none of one algorithm with another.
    pub(crate) entries: Vec<Entry>,
    /// What anybody may have added.
    pub(crate) attached: Attached,
    /// Whether it is in deterministic CBOR, as its makers write it.
    pub(crate) deterministic: bool,
    /// Whether the payload is canonical JSON, as its makers write it.
    pub(crate) canonical: bool,
}

/// One signature.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) algorithm: EntryAlgorithm,
    /// The id of the key, in lower-case hex.
    pub(crate) key_id: String,
    pub(crate) covered: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

/// Which algorithm an envelope names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryAlgorithm {
    /// -19, or -8 where it is the deprecated number.
    Ed25519 { deprecated: bool },
    /// -49.
    MlDsa65,
    /// A number that this format does not have.
    Unknown,
}

const READER: Reader = Reader::new(Encoding::WellFormed).limits(Limits { max_bytes: 1 << 20, max_depth: 40 });

impl Envelope {
    /// Reads the envelope and the document in it.
    pub(crate) fn read(bytes: &[u8]) -> Result<(Self, Object<'static>), ManifestError> {
        let message = READER.signed(bytes)?;
        check_body(message.header())?;
        let payload = message.payload().to_vec();
        let object = document::read(&payload)?;
        check_version(&object)?;
        let entries = entries(&message)?;
        let strict = Reader::default().limits(Limits { max_bytes: 1 << 20, max_depth: 40 });
        let deterministic = strict.check(bytes).is_ok()
            && strict.check(message.header().protected_bytes()).is_ok()
            && message.signatures().all(|entry| strict.check(entry.header().protected_bytes()).is_ok());
        let canonical = document::lean_bytes(object.clone()).is_ok_and(|canonical| canonical == payload);
        let attached = Attached::read(message.header().unprotected());
        Ok((Self { payload, entries, attached, deterministic, canonical }, object))
    }
}

fn check_body(header: &Header) -> Result<(), ManifestError> {
    check_critical(header)?;
    let protected = header.protected();
    let named = protected.get(label::TYPE).and_then(|value| value.as_text()) == Some(TYPE);
    if !holds("MAN-21", named) {
        return Err(ManifestError::Header("`typ` must be `application/agent-manifest+cose`, protected"));
    }
    match protected.get(label::CONTENT_TYPE).and_then(|value| value.as_text()) {
        Some(CONTENT_TYPE) => Ok(()),
        _ => Err(ManifestError::Header(
            "the content type must be `application/agent-manifest+json`, protected",
        )),
    }
}

/// This format has no critical parameters, so that whatever is one is not understood.
fn check_critical(header: &Header) -> Result<(), ManifestError> {
    match header.protected().get(label::CRITICAL) {
        Some(_) if !is_off("MAN-21") => {
            Err(ManifestError::Header("`crit` demands what nobody here understands"))
        }
        _ => Ok(()),
    }
}

fn check_version(document: &Object<'_>) -> Result<(), ManifestError> {
    let version = document.get("version").and_then(|version| version.as_str()).unwrap_or_default();
    if holds("MAN-23", version == "0.2") {
        return Ok(());
    }
    Err(ManifestError::Version { version: version.chars().take(40).collect(), place: "in an envelope" })
}

fn entries(message: &Signed) -> Result<Vec<Entry>, ManifestError> {
    let mut entries: Vec<Entry> = Vec::new();
    for signed in message.signatures() {
        check_critical(signed.header())?;
        let protected = signed.header().protected();
        let number =
            protected.int(label::ALGORITHM)?.ok_or(CoseError::Missing { label: label::ALGORITHM })?;
        let algorithm = match number {
            -19 => EntryAlgorithm::Ed25519 { deprecated: false },
            -8 => EntryAlgorithm::Ed25519 { deprecated: true },
            -49 => EntryAlgorithm::MlDsa65,
            _ => EntryAlgorithm::Unknown,
        };
        let key_id = protected.bytes(label::KEY_ID)?.ok_or(CoseError::Missing { label: label::KEY_ID })?;
        if entries.iter().any(|other| other.algorithm.is_family_of(algorithm)) {
            return Err(ManifestError::Header("two signatures of one algorithm stand in it"));
        }
        entries.push(Entry {
            algorithm,
            key_id: ca2a_core::encoding::hex(key_id),
            covered: signed.covered()?,
            signature: signed.signature().to_vec(),
        });
    }
    Ok(entries)
}

impl EntryAlgorithm {
    /// Whether both numbers are of one algorithm.
    fn is_family_of(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Ed25519 { .. }, Self::Ed25519 { .. })
                | (Self::MlDsa65, Self::MlDsa65)
                | (Self::Unknown, Self::Unknown)
        )
    }
}
