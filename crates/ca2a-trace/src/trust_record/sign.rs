//! Signing, and the two byte forms that signatures and links cover.

use ca2a_core::{
    SigningKey, TraceLink, canonical,
    encoding::base64url,
    json::{Node, Object},
};

use super::{TrustRecord, canonical_bytes, jwk};
use crate::{
    error::{RecordFault, TraceError},
    schema,
};

/// Signs `draft` as a TRACE record (TRC-17): puts the signer's key into `cnf`, in place of whatever stood there, drops an
/// older signature, checks the shape, and signs. Nothing that a verifier refuses for its shape gets a signature.
///
/// # Errors
/// A draft that is no TRACE v0.2 record; nothing is signed then.
pub fn sign_record(draft: &Object<'_>, key: &SigningKey) -> Result<TrustRecord<'static>, TraceError> {
    let ready = confirm(draft, key);
    if let Some(violation) = schema::first_violation(&ready) {
        return Err(RecordFault::Schema(violation).into());
    }
    let (signed, signature) = seal(ready, key)?;
    TrustRecord::of_right_shape(signed, signature)
}

/// Signs any object the way a TRACE record is signed, and checks **nothing** about it. For documents that are built on the
/// signature of TRACE and not on its schema; for a record use [`sign_record`].
///
/// # Errors
/// A number in it that has no canonical form.
pub fn sign_object(object: &Object<'_>, key: &SigningKey) -> Result<Object<'static>, TraceError> {
    seal(confirm(object, key), key).map(|(signed, _)| signed)
}

/// What a signature inside `object` covers: its canonical bytes without the member `signature` (TRC-15).
///
/// # Errors
/// A number in it that has no canonical form.
pub fn signing_input(object: &Object<'_>) -> Result<Vec<u8>, TraceError> {
    canonical::to_vec_without(object, SIGNATURE).map_err(|_| RecordFault::NotCanonical.into())
}

/// SHA-256 over the canonical bytes of `object`, its signature included (TRC-16).
///
/// # Errors
/// A number in it that has no canonical form.
pub fn record_hash(object: &Object<'_>) -> Result<TraceLink, TraceError> {
    canonical_bytes(object).map(|bytes| TraceLink::sha256_of(&bytes))
}

/// The same under SHA-384.
///
/// # Errors
/// A number in it that has no canonical form.
pub fn record_hash_sha384(object: &Object<'_>) -> Result<TraceLink, TraceError> {
    canonical_bytes(object).map(|bytes| TraceLink::sha384_of(&bytes))
}

const SIGNATURE: &str = "signature";

/// `object` with the signer's key in `cnf` and without a signature.
fn confirm(object: &Object<'_>, key: &SigningKey) -> Object<'static> {
    let kept = object.iter().filter(|(name, _)| *name != SIGNATURE);
    let mut ready: Object<'static> =
        kept.map(|(name, node)| (name.to_owned(), node.clone().into_owned())).collect();
    let jwk = jwk::to_jwk(&key.verifying_key());
    ready.insert("cnf", Object::from([("jwk", Node::from(jwk))]));
    ready
}

fn seal(mut ready: Object<'static>, key: &SigningKey) -> Result<(Object<'static>, Vec<u8>), TraceError> {
    let signature = key.sign(&canonical_bytes(&ready)?);
    ready.insert(SIGNATURE, base64url(&signature.0));
    Ok((ready, signature.0.to_vec()))
}
