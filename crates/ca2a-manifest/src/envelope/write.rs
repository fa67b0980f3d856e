//! Writing the envelope, byte for byte as the package does. (MAN-19)

#[cfg(feature = "pq")]
use ca2a_core::cose::{Value, to_vec};
use ca2a_core::{
    SigningKey,
    cose::{Draft, Signer, label},
};

use super::{CONTENT_TYPE, TYPE};
use crate::{ManifestError, ManifestKey};

/// The envelope under one Ed25519 key: COSE_Sign1.
pub(crate) fn sign_one(payload: &[u8], key: &SigningKey) -> Result<Vec<u8>, ManifestError> {
    let kid = ManifestKey::from(key.verifying_key()).id();
    let draft = Draft::new()
        .protect(label::CONTENT_TYPE, CONTENT_TYPE)
        .protect(label::KEY_ID, kid.0.to_vec())
        .protect(label::TYPE, TYPE)
        .payload(payload);
    Ok(draft.sign(&Signer::ed25519(key))?.to_vec()?)
}

/// The envelope under several keys, or under ML-DSA-65 alone.
#[cfg(feature = "pq")]
pub(crate) fn sign_hybrid(
    payload: &[u8],
    classical: Option<&SigningKey>,
    pq: &crate::pq::SigningKey,
) -> Result<Vec<u8>, ManifestError> {
    let pq_id = ManifestKey::MlDsa65(pq.verifying_key()).id();
    let Some(classical) = classical else {
        let protected = header(&[
            (1, Value::from(-49)),
            (3, CONTENT_TYPE.into()),
            (4, bytes(&pq_id.0)),
            (16, TYPE.into()),
        ])?;
        let covered = covered(&["Signature1".into(), bytes(&protected), bytes(&[]), bytes(payload)])?;
        let body = [bytes(&protected), Value::Map(Vec::new()), bytes(payload), bytes(&pq.sign(&covered))];
        return tagged(label::TAG_SIGN1, body);
    };
    let body = header(&[(3, CONTENT_TYPE.into()), (16, TYPE.into())])?;
    let entry = |algorithm: i64, id: &[u8], sign: &dyn Fn(&[u8]) -> Vec<u8>| {
        let protected = header(&[(1, Value::from(algorithm)), (4, bytes(id))])?;
        let covered =
            covered(&["Signature".into(), bytes(&body), bytes(&protected), bytes(&[]), bytes(payload)])?;
        Ok::<_, ManifestError>(Value::Array(vec![
            bytes(&protected),
            Value::Map(Vec::new()),
            bytes(&sign(&covered)),
        ]))
    };
    let classical_id = ManifestKey::from(classical.verifying_key()).id();
    let entries = vec![
        entry(-19, &classical_id.0, &|message| classical.sign(message).0.to_vec())?,
        entry(-49, &pq_id.0, &|message| pq.sign(message))?,
    ];
    tagged(label::TAG_SIGN, [bytes(&body), Value::Map(Vec::new()), bytes(payload), Value::Array(entries)])
}

#[cfg(feature = "pq")]
fn bytes(bytes: &[u8]) -> Value {
    Value::Bytes(bytes.to_vec())
}

#[cfg(feature = "pq")]
fn header(parameters: &[(i64, Value)]) -> Result<Vec<u8>, ManifestError> {
    let pairs = parameters.iter().map(|(label, value)| (Value::from(*label), value.clone())).collect();
    Ok(to_vec(&Value::Map(pairs)).map_err(ca2a_core::cose::CoseError::from)?)
}

#[cfg(feature = "pq")]
fn covered(parts: &[Value]) -> Result<Vec<u8>, ManifestError> {
    Ok(to_vec(&Value::Array(parts.to_vec())).map_err(ca2a_core::cose::CoseError::from)?)
}

#[cfg(feature = "pq")]
fn tagged(tag: u64, body: [Value; 4]) -> Result<Vec<u8>, ManifestError> {
    let message = Value::Tag(tag, Box::new(Value::Array(body.into())));
    Ok(to_vec(&message).map_err(ca2a_core::cose::CoseError::from)?)
}
