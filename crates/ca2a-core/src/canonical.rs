//! RFC 8785 (JCS): the one byte form of a value, which signatures and digests cover.
//!
//! Two ways in: [`to_vec`] for a value tree, and [`ObjectWriter`] for a body whose members are known beforehand,
//! which signs on the hot path and builds no tree.
//!
//! ```
//! use ca2a_core::{canonical, json};
//!
//! let value = json::read(r#"{"b": 1, "a": ["x", null]}"#.as_bytes())?;
//! assert_eq!(canonical::to_vec(&value)?, br#"{"a":["x",null],"b":1}"#);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::json::{Node, Number, Object, Value};

/// A value that has no canonical form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CanonicalError {
    /// An integer beyond ±(2^53-1).
    #[error("an integer beyond ±(2^53-1) has no canonical form")]
    IntegerRange,
    /// NaN or an infinity.
    #[error("a number that is not finite has no canonical form")]
    NotFinite,
    /// A number that was kept as text and never interpreted.
    #[error("a number kept as its text has no canonical form")]
    Uninterpreted,
}

/// The canonical bytes of `node` (RFC 8785).
///
/// # Errors
/// Where a number in it has no canonical form; see [`CanonicalError`].
pub fn to_vec(node: &Node<'_>) -> Result<Vec<u8>, CanonicalError> {
    let mut out = Vec::with_capacity(256);
    write_node(&mut out, node)?;
    Ok(out)
}

/// The canonical bytes of `object` (RFC 8785).
///
/// # Errors
/// Where a number in it has no canonical form; see [`CanonicalError`].
pub fn object_to_vec(object: &Object<'_>) -> Result<Vec<u8>, CanonicalError> {
    let mut out = Vec::with_capacity(256);
    write_object(&mut out, object, None)?;
    Ok(out)
}

/// The canonical bytes of `object` without its member `left_out`: the form a signature inside an object covers.
///
/// # Errors
/// Where a number in it has no canonical form; see [`CanonicalError`].
pub fn to_vec_without(object: &Object<'_>, left_out: &str) -> Result<Vec<u8>, CanonicalError> {
    let mut out = Vec::with_capacity(256);
    write_object(&mut out, object, Some(left_out))?;
    Ok(out)
}

/// Orders member names by UTF-16 code unit (RFC 8785 section 3.2.3).
#[must_use]
pub fn compare_names(left: &str, right: &str) -> Ordering {
    // Without a surrogate on either side, UTF-8 order is UTF-16 order. Lead bytes F0.. are what UTF-16 spells with
    // surrogates, and EE/EF are the only characters that sort after those.
    let plain = |text: &str| text.bytes().all(|byte| byte < 0xee);
    if plain(left) || plain(right) { left.cmp(right) } else { left.encode_utf16().cmp(right.encode_utf16()) }
}

fn write_node(out: &mut Vec<u8>, node: &Node<'_>) -> Result<(), CanonicalError> {
    match &node.value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(Number::Int(int)) if !crate::json::is_safe_integer(*int) => {
            return Err(CanonicalError::IntegerRange);
        }
        Value::Number(Number::Int(int)) => write_int(out, *int),
        Value::Number(Number::Float(float)) if !float.is_finite() => return Err(CanonicalError::NotFinite),
        Value::Number(Number::Float(float)) => write_float(out, *float),
        Value::Number(Number::Text(_)) => match node.as_int() {
            Some(int) => write_int(out, int),
            None => return Err(CanonicalError::Uninterpreted),
        },
        Value::String(text) => write_string(out, text),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_node(out, item)?;
            }
            out.push(b']');
        }
        Value::Object(object) => write_object(out, object, None)?,
    }
    Ok(())
}

fn write_object(
    out: &mut Vec<u8>,
    object: &Object<'_>,
    left_out: Option<&str>,
) -> Result<(), CanonicalError> {
    let mut members: Vec<_> = object.iter().filter(|(name, _)| Some(*name) != left_out).collect();
    members.sort_by(|(left, _), (right, _)| compare_names(left, right));
    out.push(b'{');
    for (index, (name, member)) in members.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_string(out, name);
        out.push(b':');
        write_node(out, member)?;
    }
    out.push(b'}');
    Ok(())
}

/// Writes the canonical form of an object whose members come in canonical order.
///
/// Debug builds assert the order, so that a test finds a body whose members were written out of it.
#[derive(Debug)]
pub struct ObjectWriter {
    out: Vec<u8>,
    #[cfg(debug_assertions)]
    last: alloc::string::String,
}

impl Default for ObjectWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl ObjectWriter {
    /// An object without members yet.
    #[must_use]
    pub fn new() -> Self {
        let mut out = Vec::with_capacity(512);
        out.push(b'{');
        Self {
            out,
            #[cfg(debug_assertions)]
            last: alloc::string::String::new(),
        }
    }

    fn name(&mut self, name: &str) {
        #[cfg(debug_assertions)]
        {
            debug_assert!(
                self.out.len() == 1 || compare_names(&self.last, name) == Ordering::Less,
                "`{name}` is written after `{}`",
                self.last
            );
            self.last = name.into();
        }
        if self.out.len() > 1 {
            self.out.push(b',');
        }
        write_string(&mut self.out, name);
        self.out.push(b':');
    }

    /// A string member.
    #[must_use]
    pub fn text(mut self, name: &str, value: &str) -> Self {
        self.name(name);
        write_string(&mut self.out, value);
        self
    }

    /// A string member, or `null`.
    #[must_use]
    pub fn text_or_null(mut self, name: &str, value: Option<&str>) -> Self {
        self.name(name);
        match value {
            Some(value) => write_string(&mut self.out, value),
            None => self.out.extend_from_slice(b"null"),
        }
        self
    }

    /// An integer member. The caller keeps it within 2^53-1, as every reader in this workspace does.
    #[must_use]
    pub fn uint(mut self, name: &str, value: u64) -> Self {
        self.name(name);
        write_int(&mut self.out, i64::try_from(value).unwrap_or(i64::MAX));
        self
    }

    /// An array of strings, in the order given.
    #[must_use]
    pub fn texts<'t>(mut self, name: &str, values: impl IntoIterator<Item = &'t str>) -> Self {
        self.name(name);
        self.out.push(b'[');
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            write_string(&mut self.out, value);
        }
        self.out.push(b']');
        self
    }

    /// A member of any kind.
    ///
    /// # Errors
    /// Where a number in it has no canonical form.
    pub fn node(mut self, name: &str, value: &Node<'_>) -> Result<Self, CanonicalError> {
        self.name(name);
        write_node(&mut self.out, value)?;
        Ok(self)
    }

    /// The bytes.
    #[must_use]
    pub fn finish(mut self) -> Vec<u8> {
        self.out.push(b'}');
        self.out
    }
}

/// RFC 8785 section 3.2.2.2: the short escapes, `\u00xx` for other controls, everything else as it is.
pub(crate) fn write_string(out: &mut Vec<u8>, text: &str) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(plain) = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f)) {
        let (before, after) = rest.split_at(plain);
        out.extend_from_slice(before);
        let Some((special, tail)) = after.split_first() else { break };
        match special {
            b'"' => out.extend_from_slice(br#"\""#),
            b'\\' => out.extend_from_slice(br"\\"),
            0x08 => out.extend_from_slice(br"\b"),
            b'\t' => out.extend_from_slice(br"\t"),
            b'\n' => out.extend_from_slice(br"\n"),
            0x0c => out.extend_from_slice(br"\f"),
            b'\r' => out.extend_from_slice(br"\r"),
            control => {
                out.extend_from_slice(br"\u00");
                let nibble =
                    |shift: u8| HEX.get(usize::from((control >> shift) & 0xf)).copied().unwrap_or(b'0');
                out.extend_from_slice(&[nibble(4), nibble(0)]);
            }
        }
        rest = tail;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

pub(crate) fn write_int(out: &mut Vec<u8>, int: i64) {
    let mut digits = [0_u8; 20];
    let mut magnitude = int.unsigned_abs();
    let mut first = digits.len();
    for (at, slot) in digits.iter_mut().enumerate().rev() {
        *slot = b'0'.saturating_add(u8::try_from(magnitude % 10).unwrap_or_default());
        magnitude /= 10;
        first = at;
        if magnitude == 0 {
            break;
        }
    }
    if int < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(digits.get(first..).unwrap_or_default());
}

/// ECMA-262 `Number::toString` (RFC 8785 section 3.2.2.3). `float` is finite.
pub(crate) fn write_float(out: &mut Vec<u8>, float: f64) {
    out.extend_from_slice(ryu_js::Buffer::new().format_finite(float).as_bytes());
}
