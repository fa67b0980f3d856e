//! Numbers: what a reader lets in, and what it makes of them.

use alloc::borrow::Cow;

/// 2^53 - 1, the largest integer that every JSON reader holds exactly (RFC 7493 section 2.2).
pub const MAX_SAFE_INTEGER: i64 = 9_007_199_254_740_991;

/// Which numbers a document may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberPolicy {
    /// Integers within ±(2^53-1) only: no fraction, no exponent, no `-0`. For everything that cA2A owns. (CORE-5)
    Integer53,
    /// Finite doubles (RFC 8785 section 3.2.2.3); an integer spelling must lie within ±(2^53-1), `-0` is refused.
    /// (CORE-6)
    Ieee754,
    /// Any JSON number, kept as its text. For what passes through and is not ours to interpret.
    /// (CORE-7)
    Lexical,
}

/// A number, interpreted as far as the policy allows.
#[derive(Debug, Clone, PartialEq)]
pub enum Number<'a> {
    /// An integer within ±(2^53-1).
    Int(i64),
    /// A finite double that was not spelled as an integer.
    Float(f64),
    /// The text of a number that nobody interpreted.
    Text(Cow<'a, str>),
}

impl<'a> Number<'a> {
    /// An integer; one above 2^53-1 has no canonical form and the canonical writer refuses it.
    #[must_use]
    pub fn from_u64(int: u64) -> Self {
        Self::Int(i64::try_from(int).unwrap_or(i64::MAX))
    }

    /// The integer, under the rules of [`NumberPolicy::Integer53`], whatever policy read it.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(int) if is_safe(*int) => Some(*int),
            Self::Int(_) | Self::Float(_) => None,
            Self::Text(text) => parse_int53(text),
        }
    }

    pub(super) fn into_owned(self) -> Number<'static> {
        match self {
            Self::Int(int) => Number::Int(int),
            Self::Float(float) => Number::Float(float),
            Self::Text(text) => Number::Text(Cow::Owned(text.into_owned())),
        }
    }
}

/// Whether `int` lies within ±(2^53-1).
pub(crate) fn is_safe(int: i64) -> bool {
    (-MAX_SAFE_INTEGER..=MAX_SAFE_INTEGER).contains(&int)
}

/// Reads a JSON number's text as an integer: no `-0`, no fraction, no exponent, within ±(2^53-1).
fn parse_int53(text: &str) -> Option<i64> {
    if text == "-0" || text.len() > 17 {
        return None;
    }
    let int = text.parse::<i64>().ok().filter(|int| is_safe(*int))?;
    // `parse` also takes `+1` and `01`, which a number read from JSON cannot be but one built in memory can.
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical = !digits.starts_with('+') && (digits == "0" || !digits.starts_with('0'));
    canonical.then_some(int)
}
