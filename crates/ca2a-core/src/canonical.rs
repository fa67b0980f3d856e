//! RFC 8785 (JCS): the one byte form of a value, which signatures and digests cover. (CORE-9, CORE-11)
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

mod body;
mod print;
mod tree;

use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::json::{Node, Object};
pub use body::ObjectWriter;
pub(crate) use print::{write_float, write_int, write_string};
use tree::TreeWriter;

/// What is signed for each call fits in, so that no buffer for it grows.
pub(crate) const USUAL_LENGTH: usize = 1536;

/// A value that has no canonical form. (CORE-10)
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
    let mut out = Vec::with_capacity(USUAL_LENGTH);
    TreeWriter::new(&mut out).node(node)?;
    Ok(out)
}

/// The canonical bytes of `object` (RFC 8785).
///
/// # Errors
/// Where a number in it has no canonical form; see [`CanonicalError`].
pub fn object_to_vec(object: &Object<'_>) -> Result<Vec<u8>, CanonicalError> {
    let mut out = Vec::with_capacity(USUAL_LENGTH);
    TreeWriter::new(&mut out).object(object, None)?;
    Ok(out)
}

/// The canonical bytes of `object` without its member `left_out`: the form a signature inside an object covers.
///
/// # Errors
/// Where a number in it has no canonical form; see [`CanonicalError`].
pub fn to_vec_without(object: &Object<'_>, left_out: &str) -> Result<Vec<u8>, CanonicalError> {
    let mut out = Vec::with_capacity(USUAL_LENGTH);
    TreeWriter::new(&mut out).object(object, Some(left_out))?;
    Ok(out)
}

/// Orders member names by UTF-16 code unit (RFC 8785 section 3.2.3).
#[must_use]
pub fn compare_names(left: &str, right: &str) -> Ordering {
    // UTF-16 spells the characters of lead bytes F0.. with surrogates, which sort before those of EE and EF. In all
    // else it sorts as UTF-8 does.
    let surrogates_first = |low: u8, high: u8| matches!(low, 0xee | 0xef) && high >= 0xf0;
    match left.bytes().zip(right.bytes()).find(|(left, right)| left != right) {
        Some((left, right)) if surrogates_first(left.min(right), left.max(right)) => right.cmp(&left),
        Some((left, right)) => left.cmp(&right),
        None => left.len().cmp(&right.len()),
    }
}
