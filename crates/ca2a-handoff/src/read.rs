//! Reading documents of the format: closed objects, no coercion, and every number that a peer could read otherwise
//! refused. (HAND-1, HAND-2)

use alloc::{borrow::ToOwned as _, string::String, vec::Vec};

use ca2a_core::{
    json::{Limits, Node, Number, NumberPolicy, Object, Reader, ShapeError, Value},
    requirement::enforce,
};

use crate::{AgentId, HandoffError, Timestamp};

/// The most digits that Python reads as an integer.
const MAX_DIGITS: usize = 4_300;

/// Reads a document whose numbers are not ours: their text is kept.
pub(crate) fn document(input: &[u8], max_bytes: usize) -> Result<Node<'_>, HandoffError> {
    let limits = Limits { max_bytes, ..ca2a_core::json::DEFAULT_LIMITS };
    Ok(Reader::new(NumberPolicy::Lexical).limits(limits).read(input)?)
}

pub(crate) fn texts(name: &str, node: &Node<'_>) -> Result<Vec<String>, ShapeError> {
    let items = node.expect_array(name)?;
    items.iter().map(|item| item.expect_str(name).map(str::to_owned)).collect()
}

pub(crate) fn text(object: &Object<'_>, name: &str) -> Result<String, ShapeError> {
    object.text(name).map(str::to_owned)
}

pub(crate) fn agent(object: &Object<'_>, name: &str) -> Result<AgentId, ShapeError> {
    object.text(name).map(AgentId::from)
}

pub(crate) fn optional_text(object: &Object<'_>, name: &str) -> Result<Option<String>, ShapeError> {
    object.optional(name).map(|node| node.expect_str(name).map(str::to_owned)).transpose()
}

pub(crate) fn optional_int(object: &Object<'_>, name: &str) -> Result<Option<i64>, ShapeError> {
    let int = |node: &Node<'_>| {
        node.as_int().ok_or_else(|| ShapeError::expected(name, "an integer within ±(2^53-1) or null", node))
    };
    object.optional(name).map(int).transpose()
}

pub(crate) fn time(object: &Object<'_>, name: &str) -> Result<Timestamp, ShapeError> {
    let node = object.required(name)?;
    let expected =
        || ShapeError::expected(name, "an RFC 3339 time with an offset, to the microsecond at most", node);
    node.as_str().and_then(|text| Timestamp::parse(text).ok()).ok_or_else(expected)
}

/// A free-form object, its order and the text of its numbers kept.
pub(crate) fn free_form(name: &str, node: &Node<'_>) -> Result<Object<'static>, ShapeError> {
    let object = node.expect_object(name)?;
    enforce("HAND-2", object.iter().try_for_each(|(_, member)| check_numbers(name, member)))?;
    Ok(object.clone().into_owned())
}

/// What Python reads as infinity would be signed as `null`, and an integer of too many digits it does not read at all.
fn check_numbers(name: &str, node: &Node<'_>) -> Result<(), ShapeError> {
    let fault = |expected| Err(ShapeError::expected(name, expected, node));
    match &node.value {
        Value::Number(Number::Text(text)) if text.contains(['.', 'e', 'E']) => match text.parse::<f64>() {
            Ok(float) if float.is_finite() => Ok(()),
            _ => fault("free of numbers beyond the range of a double"),
        },
        Value::Number(Number::Text(text)) if text.len() > MAX_DIGITS => {
            fault("free of integers beyond 4300 digits")
        }
        Value::Number(Number::Float(float)) if !float.is_finite() => {
            fault("free of numbers beyond the range of a double")
        }
        Value::Array(items) => items.iter().try_for_each(|item| check_numbers(name, item)),
        Value::Object(object) => object.iter().try_for_each(|(_, member)| check_numbers(name, member)),
        _ => Ok(()),
    }
}
