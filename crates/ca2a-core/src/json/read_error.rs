//! Why a document was not read.

use core::fmt;

/// Why the reader refused a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// The document is larger than the limit.
    TooLarge,
    /// Arrays and objects nest deeper than the limit.
    TooDeep,
    /// The bytes are not UTF-8, or start with a byte order mark.
    Encoding,
    /// The text is not JSON.
    Syntax,
    /// The document ends in the middle of a value.
    UnexpectedEnd,
    /// Something follows the value.
    TrailingData,
    /// An object has two members with one name.
    DuplicateMember,
    /// A `\u` escape names half of a surrogate pair.
    LoneSurrogate,
    /// A control character stands in a string without its escape.
    ControlCharacter,
    /// The number is `-0`, a second spelling of `0`.
    NegativeZero,
    /// A fraction or an exponent where only integers are allowed.
    NotAnInteger,
    /// An integer beyond ±(2^53-1), or a double that is not finite.
    NumberRange,
}

impl ReadErrorKind {
    /// The rule that was broken, as a person would say it.
    #[must_use]
    pub fn rule(self) -> &'static str {
        match self {
            Self::TooLarge => "the document is larger than the limit",
            Self::TooDeep => "arrays and objects nest deeper than the limit",
            Self::Encoding => "JSON must be UTF-8 without a byte order mark",
            Self::Syntax => "this is not JSON",
            Self::UnexpectedEnd => "the document ends in the middle of a value",
            Self::TrailingData => "something follows the value",
            Self::DuplicateMember => "an object holds two members of one name",
            Self::LoneSurrogate => "a `\\u` escape names half of a surrogate pair",
            Self::ControlCharacter => "a control character in a string must be escaped",
            Self::NegativeZero => "`-0` is a second spelling of `0`",
            Self::NotAnInteger => "only integers are allowed here, without fraction or exponent",
            Self::NumberRange => "the number is beyond ±(2^53-1)",
        }
    }
}

/// A document that was refused, and where. (CORE-8)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReadError {
    kind: ReadErrorKind,
    offset: usize,
    line: usize,
    column: usize,
}

impl ReadError {
    pub(super) fn new(kind: ReadErrorKind, input: &[u8], offset: usize) -> Self {
        let before = input.get(..offset).unwrap_or(input);
        let newlines = before.iter().filter(|byte| **byte == b'\n').count();
        let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at.saturating_add(1));
        Self {
            kind,
            offset,
            line: newlines.saturating_add(1),
            column: before.len().saturating_sub(line_start).saturating_add(1),
        }
    }

    /// Which rule was broken.
    #[must_use]
    pub fn kind(&self) -> ReadErrorKind {
        self.kind
    }

    /// Byte offset of the first byte that broke it.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}, column {}: {}", self.line, self.column, self.kind.rule())
    }
}

impl core::error::Error for ReadError {}
