//! TRACE v0.2 records: a signed statement of what ran, under which policy, and on whose behalf.
//!
//! ```text
//! Object ──sign_record──▶ TrustRecord ──RecordVerifier──▶ SignedRecord
//!                  bytes ──from_json──▲
//! ```
//!
//! A [`TrustRecord`] has the right shape and says that it is signed. A [`SignedRecord`] was: under a key that the verifier
//! was given, within the time it was asked about, and not revoked as far as it could see.

mod citation;
mod draft;
mod jwk;
mod revocation;
mod sign;
mod verify;

pub use citation::{Citation, CitationResolver, NotAttempted, Unresolvable};
pub use draft::HopContext;
pub use jwk::{TrustedKey, did_jwk, jwk_thumbprint};
pub use revocation::{
    Bound, BundleProblem, BundleReport, RevocationBundle, RevocationCheck, RevocationStore,
    RevocationUnavailable, RevokedKeys,
};
pub use sign::{record_hash, record_hash_sha384, sign_object, sign_record, signing_input};
pub use verify::{CLOCK_SKEW, RecordVerifier, SignedRecord, TrustAnchor, verify_record};

pub(crate) use jwk::ed25519_of;
pub(crate) use verify::check_times;

use ca2a_core::{
    CredentialId, TraceLink, canonical,
    encoding::from_base64url,
    json::{Node, Object},
};

use crate::{
    error::{Document, RecordFault, TraceError},
    profile::{PROFILE, SUPERSEDED_PROFILE},
    schema,
};

/// A TRACE v0.2 record of the right shape, with a signature that nobody has verified yet (TRC-14).
#[derive(Debug, Clone, PartialEq)]
pub struct TrustRecord<'a> {
    object: Object<'a>,
    canonical: Vec<u8>,
    signature: Vec<u8>,
    iat: u64,
    delegation: Option<Delegation>,
}

/// What a record that is not the first says about its place (`delegation`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegation {
    /// Digest of the full signed record that this one continues.
    pub parent: TraceLink,
    /// The credential that the hop acted under.
    pub credential_id: CredentialId,
}

impl<'a> TrustRecord<'a> {
    /// Reads a signed record. The order of checks is the order in which other implementations refuse (TRC-14):
    /// an object, its profile, its signature's presence and encoding, then the schema.
    ///
    /// # Errors
    /// Bytes that are no strict JSON, and whatever [`Self::from_object`] refuses.
    pub fn from_json(input: &'a [u8]) -> Result<Self, TraceError> {
        let node = ca2a_core::json::read(input)
            .map_err(|error| TraceError::Unreadable { document: Document::TrustRecord, error })?;
        match node.value {
            ca2a_core::json::Value::Object(object) => Self::from_object(object),
            _ => Err(RecordFault::NotAnObject.into()),
        }
    }

    /// Takes an object as a signed record, by the same checks.
    ///
    /// # Errors
    /// Another profile, no signature or none in its one spelling, or another shape.
    pub fn from_object(object: Object<'a>) -> Result<Self, TraceError> {
        check_profile(&object)?;
        let signature = decode_signature(&object)?;
        if let Some(violation) = schema::first_violation(&object) {
            return Err(RecordFault::Schema(violation).into());
        }
        Self::of_right_shape(object, signature)
    }

    /// Takes an object that is known to fit the schema.
    pub(crate) fn of_right_shape(object: Object<'a>, signature: Vec<u8>) -> Result<Self, TraceError> {
        let canonical = canonical_bytes(&object)?;
        let iat = object.uint("iat").unwrap_or_default();
        let delegation = match object.object("delegation") {
            Ok(block) => Some(Delegation::of_right_shape(block)?),
            Err(_) => None,
        };
        Ok(Self { object, canonical, signature, iat, delegation })
    }

    /// The record, member by member.
    #[must_use]
    pub fn object(&self) -> &Object<'a> {
        &self.object
    }

    /// The canonical bytes of the full record, signature included (RFC 8785).
    #[must_use]
    pub fn canonical(&self) -> &[u8] {
        &self.canonical
    }

    /// What the signature covers: the canonical bytes without the member `signature` (TRC-15).
    ///
    /// # Errors
    /// None for a record that was read; the type of the canonical writer has one.
    pub fn signing_input(&self) -> Result<Vec<u8>, TraceError> {
        signing_input(&self.object)
    }

    /// The signature's bytes. How many they are shows only when it is verified.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// SHA-256 of the full signed record: how a child names it (TRC-16).
    #[must_use]
    pub fn hash(&self) -> TraceLink {
        TraceLink::sha256_of(&self.canonical)
    }

    /// The same under SHA-384.
    #[must_use]
    pub fn hash_sha384(&self) -> TraceLink {
        TraceLink::sha384_of(&self.canonical)
    }

    /// When the record was issued, in Unix seconds.
    #[must_use]
    pub fn iat(&self) -> u64 {
        self.iat
    }

    /// Who ran: a SPIFFE id or a DID.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.text("subject")
    }

    /// Which record this one continues, and under which credential; `None` for the first.
    #[must_use]
    pub fn delegation(&self) -> Option<&Delegation> {
        self.delegation.as_ref()
    }

    /// `runtime.nonce`.
    #[must_use]
    pub fn nonce(&self) -> Option<&str> {
        self.object.object("runtime").ok()?.get("nonce")?.as_str()
    }

    /// The key that the record says it is signed with, as a JWK. Attacker's text until the signature is verified.
    #[must_use]
    pub fn confirmation_key(&self) -> Option<&Object<'a>> {
        self.object.object("cnf").ok()?.object("jwk").ok()
    }

    /// A copy that borrows nothing.
    #[must_use]
    pub fn into_owned(self) -> TrustRecord<'static> {
        let Self { object, canonical, signature, iat, delegation } = self;
        TrustRecord { object: object.into_owned(), canonical, signature, iat, delegation }
    }

    fn text(&self, name: &str) -> &str {
        self.object.text(name).unwrap_or_default()
    }
}

impl Delegation {
    fn of_right_shape(block: &Object<'_>) -> Result<Self, TraceError> {
        let link = block.text("parent_record_hash").unwrap_or_default();
        let id = block.text("credential_id").unwrap_or_default();
        Ok(Self {
            parent: TraceLink::parse(link).map_err(|_| RecordFault::BlockDigest)?,
            credential_id: CredentialId::new(id).map_err(|_| RecordFault::BlockCredentialId)?,
        })
    }
}

pub(crate) fn canonical_bytes(object: &Object<'_>) -> Result<Vec<u8>, TraceError> {
    canonical::object_to_vec(object).map_err(|_| RecordFault::NotCanonical.into())
}

fn check_profile(object: &Object<'_>) -> Result<(), RecordFault> {
    match object.get("eat_profile").and_then(Node::as_str) {
        None | Some("") => Err(RecordFault::ProfileMissing),
        Some(PROFILE) => Ok(()),
        Some(SUPERSEDED_PROFILE) => Err(RecordFault::ProfileSuperseded(SUPERSEDED_PROFILE.into())),
        Some(other) => Err(RecordFault::ProfileNotAccepted(other.chars().take(100).collect())),
    }
}

pub(crate) fn decode_signature(object: &Object<'_>) -> Result<Vec<u8>, RecordFault> {
    let signature = object.get("signature").ok_or(RecordFault::SignatureMissing)?;
    let text = signature.as_str().ok_or(RecordFault::Encoding("signature"))?;
    from_base64url(text).map_err(|_| RecordFault::Encoding("signature"))
}
