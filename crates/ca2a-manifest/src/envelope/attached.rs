//! What is attached to an envelope after it was signed. No signature covers it. (MAN-24)

use ca2a_core::{
    cose::{Encoding, Limits, MapRef, Reader, Value, label},
    json::{self, MAX_SAFE_INTEGER, Node, Number, Object},
};

use super::{APPROVALS, ATTESTATION};
use crate::ManifestError;

/// The attached parts, as JSON where they can be.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attached {
    /// SCITT receipts, as bytes.
    pub(crate) receipts: Vec<Vec<u8>>,
    /// The attestation block.
    pub(crate) attestation: Option<Object<'static>>,
    /// The approvals; an entry that is no JSON is null, which is no approval.
    pub(crate) approvals: Option<Vec<Node<'static>>>,
}

impl Attached {
    pub(super) fn read(unprotected: MapRef<'_>) -> Self {
        let receipts = unprotected.get(label::RECEIPTS).and_then(Value::as_array);
        let attestation =
            unprotected.named(ATTESTATION).and_then(|value| match json(value).map(|node| node.value) {
                Some(json::Value::Object(object)) => Some(object),
                _ => None,
            });
        let approvals = unprotected.named(APPROVALS).and_then(Value::as_array);
        Self {
            receipts: receipts
                .into_iter()
                .flatten()
                .filter_map(|receipt| receipt.as_bytes().cloned())
                .collect(),
            attestation,
            approvals: approvals
                .map(|items| items.iter().map(|item| json(item).unwrap_or(Node::NULL)).collect()),
        }
    }
}

/// The JSON that a CBOR value is; `None` for byte strings, tags, odd keys and numbers that JSON does not have.
fn json(value: &Value) -> Option<Node<'static>> {
    Some(match value {
        Value::Null => Node::NULL,
        Value::Bool(truth) => (*truth).into(),
        Value::Integer(integer) => {
            let int = i64::try_from(i128::from(*integer)).ok()?;
            let safe = (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).contains(&int);
            safe.then_some(int)?.into()
        }
        Value::Float(float) if float.is_finite() => json::Value::Number(Number::Float(*float)).into(),
        Value::Text(text) => text.clone().into(),
        Value::Array(items) => json::Value::Array(items.iter().map(json).collect::<Option<_>>()?).into(),
        Value::Map(pairs) if pairs.len() <= MAX_MEMBERS => {
            let pair = |(key, value): &(Value, Value)| Some((key.as_text()?.to_owned(), json(value)?));
            pairs.iter().map(pair).collect::<Option<Object<'static>>>()?.into()
        }
        _ => return None,
    })
}

/// Members that an attached object may have.
const MAX_MEMBERS: usize = 256;

/// Something to attach to a signed envelope.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Attachment<'a> {
    /// A SCITT receipt (RFC 9942), beside those that are there.
    Receipt(&'a [u8]),
    /// The attestation block, in place of what was there.
    Attestation(&'a Object<'a>),
    /// A human approval, beside those that are there.
    Approval(&'a Object<'a>),
}

impl Attachment<'_> {
    /// The envelope with this attached. Its signatures stay what they were. (MAN-24)
    ///
    /// # Errors
    /// Bytes that are no envelope, or something in the place that is no array.
    pub fn attach(&self, envelope: &[u8]) -> Result<Vec<u8>, ManifestError> {
        let reader = Reader::new(Encoding::WellFormed).limits(Limits { max_bytes: 1 << 20, max_depth: 40 });
        let message = reader.signed(envelope)?;
        let unprotected = message.header().unprotected();
        let beside = |there: Option<&Value>, item: Value| {
            let mut items = match there {
                None => Vec::new(),
                Some(there) => there
                    .as_array()
                    .cloned()
                    .ok_or(ManifestError::Header("no array stands where this is attached"))?,
            };
            items.push(item);
            Ok::<_, ManifestError>(Value::Array(items))
        };
        let (key, value) = match self {
            Self::Receipt(receipt) => {
                let there = unprotected.get(label::RECEIPTS);
                (Value::from(label::RECEIPTS), beside(there, Value::Bytes(receipt.to_vec()))?)
            }
            Self::Attestation(block) => (Value::from(ATTESTATION), object_cbor(block)),
            Self::Approval(approval) => {
                (Value::from(APPROVALS), beside(unprotected.named(APPROVALS), object_cbor(approval))?)
            }
        };
        Ok(message.with_unprotected(key, value)?.to_vec()?)
    }
}

fn object_cbor(object: &Object<'_>) -> Value {
    Value::Map(object.iter().map(|(name, member)| (Value::from(name), cbor(member))).collect())
}

fn cbor(node: &Node<'_>) -> Value {
    match &node.value {
        json::Value::Null => Value::Null,
        json::Value::Bool(truth) => Value::Bool(*truth),
        json::Value::Number(number) => match (number, number.as_int()) {
            (_, Some(int)) => Value::from(int),
            (Number::Float(float), None) => Value::Float(*float),
            (number, None) => Value::Text(json::to_text(&json::Value::Number(number.clone()).into())),
        },
        json::Value::String(text) => Value::from(text.as_ref()),
        json::Value::Array(items) => Value::Array(items.iter().map(cbor).collect()),
        json::Value::Object(object) => object_cbor(object),
    }
}
