//! What is hashed: sorted, compact UTF-8 JSON, integers only. (HAND-51)

use ca2a_core::{
    Sha256,
    json::{Node, Number, Value},
    requirement::holds,
};

use super::AttestationError;
use crate::text::{Style, Writer};

const RESERVED: [&str; 3] = ["packet_id", "attestation", "__control__"];
const MAX_BYTES: usize = 262_144;

/// The hash of a result.
///
/// # Errors
/// What is not an object, holds a float or a reserved member, or is too large.
pub fn outcome_hash(result: &Node<'_>) -> Result<Sha256, AttestationError> {
    let object = result.as_object().ok_or(AttestationError::NotAnObject)?;
    if let Some(member) = RESERVED.into_iter().find(|name| !holds("HAND-51", !object.contains(name))) {
        return Err(AttestationError::Reserved { member });
    }
    hash(result)
}

/// The hash of a reason.
///
/// # Errors
/// What holds a float or is too large.
pub fn reason_hash(reason: &Node<'_>) -> Result<Sha256, AttestationError> {
    hash(reason)
}

fn hash(payload: &Node<'_>) -> Result<Sha256, AttestationError> {
    if !holds("HAND-51", !has_float(payload)) {
        return Err(AttestationError::Float);
    }
    let mut writer = Writer::new(Style::UTF8);
    writer.node(payload);
    let bytes = writer.finish();
    if bytes.len() > MAX_BYTES { Err(AttestationError::TooLarge) } else { Ok(Sha256::of(&bytes)) }
}

fn has_float(node: &Node<'_>) -> bool {
    match &node.value {
        Value::Number(Number::Float(_)) => true,
        Value::Number(Number::Text(text)) => text.contains(['.', 'e', 'E']),
        Value::Array(items) => items.iter().any(has_float),
        Value::Object(object) => object.iter().any(|(_, member)| has_float(member)),
        _ => false,
    }
}
