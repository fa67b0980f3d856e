//! JSON as manifests have it: read strictly, numbers interpreted, and written in the form that is signed.

use std::borrow::Cow;

use ca2a_core::{
    canonical,
    json::{DEFAULT_LIMITS, Limits, Node, Number, NumberPolicy, Object, Reader, Value},
    requirement::is_off,
};

use crate::ManifestError;

/// Arrays and objects that may stand inside one another in a manifest. (MAN-2)
const MAX_NESTING: usize = 64;

/// Reads a document of at most 1 MiB. (MAN-1, MAN-2)
pub(crate) fn read(bytes: &[u8]) -> Result<Object<'static>, ManifestError> {
    let node = read_any(bytes, DEFAULT_LIMITS)?;
    if nesting(&node) > MAX_NESTING {
        return Err(ManifestError::TooDeep { allowed: MAX_NESTING });
    }
    match node.value {
        Value::Object(object) => Ok(object),
        _ => Err(ManifestError::NotAnObject { found: node.kind() }),
    }
}

/// The canonical form of JSON text as this format has it: RFC 8785 with numbers as doubles, `-0` read as 0, integers
/// within ±(2^53-1). Nothing is left out. (MAN-3)
///
/// # Errors
/// Text that the strict reader refuses, or that nests deeper than 65 arrays and objects.
pub fn canonicalize(text: &[u8]) -> Result<Vec<u8>, ManifestError> {
    Ok(canonical::to_vec(&read_any(text, DEFAULT_LIMITS)?)?)
}

pub(crate) fn read_any(bytes: &[u8], limits: Limits) -> Result<Node<'static>, ManifestError> {
    let mut node = Reader::new(NumberPolicy::Lexical).limits(limits).read(bytes)?.into_owned();
    interpret(&mut node)?;
    Ok(node)
}

/// Reads every number in `node`: an integer within ±(2^53-1) or a finite double.
fn interpret(node: &mut Node<'static>) -> Result<(), ManifestError> {
    match &mut node.value {
        Value::Number(Number::Text(text)) => node.value = Value::Number(number(text)?),
        Value::Array(items) => items.iter_mut().try_for_each(interpret)?,
        Value::Object(object) => object.values_mut().try_for_each(interpret)?,
        _ => {}
    }
    Ok(())
}

fn number(text: &str) -> Result<Number<'static>, ManifestError> {
    if text == "-0" {
        return Ok(Number::Int(0));
    }
    let range = || ManifestError::NumberRange { number: text.chars().take(40).collect() };
    if text.contains(['.', 'e', 'E']) {
        let float: f64 = text.parse().map_err(|_| range())?;
        return if float.is_finite() { Ok(Number::Float(float)) } else { Err(range()) };
    }
    match Number::Text(Cow::Borrowed(text)).as_int() {
        None if is_off("MAN-2") => Ok(Number::Int(0)),
        int => int.map(Number::Int).ok_or_else(range),
    }
}

/// How many arrays and objects stand inside one another in `node`, itself included.
fn nesting(node: &Node<'_>) -> usize {
    let deepest = match &node.value {
        Value::Array(items) => items.iter().map(nesting).max(),
        Value::Object(object) => object.iter().map(|(_, member)| nesting(member)).max(),
        _ => return 0,
    };
    deepest.unwrap_or_default().saturating_add(1)
}

/// Takes the members that are null out of every object in `node`, as they are in bytes that are signed. Null in an array
/// stays. (MAN-3)
fn lean(node: &mut Node<'_>) {
    match &mut node.value {
        Value::Array(items) => items.iter_mut().for_each(lean),
        Value::Object(object) => lean_object(object),
        _ => {}
    }
}

fn lean_object(object: &mut Object<'_>) {
    object.retain(|_, member| !member.is_null() || is_off("MAN-3"));
    object.values_mut().for_each(lean);
}

/// The canonical bytes of an object without null members.
pub(crate) fn lean_bytes(mut object: Object<'_>) -> Result<Vec<u8>, ManifestError> {
    lean_object(&mut object);
    Ok(canonical::object_to_vec(&object)?)
}

/// The non-negative integer that a number is, `3600.0` included: this format does not tell it from `3600`. (MAN-5)
pub(crate) fn whole(node: &Node<'_>) -> Option<u64> {
    match node.as_number()? {
        Number::Int(int) => u64::try_from(*int).ok(),
        // Exact: the condition leaves integers below 2^53 only.
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole double from 0 to 2^53"
        )]
        Number::Float(float) => {
            (float.fract() == 0.0 && (0.0..9_007_199_254_740_992.0).contains(float)).then_some(*float as u64)
        }
        Number::Text(_) => None,
    }
}

/// Whether a number is spelled as a fraction, however whole it is.
pub(crate) fn is_fractional(node: &Node<'_>) -> bool {
    matches!(node.as_number(), Some(Number::Float(_)))
}
