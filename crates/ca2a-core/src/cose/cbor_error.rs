//! Why CBOR was not read.

use core::fmt;

/// Why the reader refused CBOR.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CborErrorKind {
    /// The input is larger than the limit.
    TooLarge,
    /// Arrays, maps and tags nest deeper than the limit.
    TooDeep,
    /// The bytes are not CBOR.
    Syntax,
    /// The input ends in the middle of an item.
    UnexpectedEnd,
    /// Something follows the item.
    TrailingData,
    /// A text string that is not UTF-8.
    Encoding,
    /// A length that is left open.
    IndefiniteLength,
    /// A number or length in more bytes than it needs, or a big number that fits a plain integer.
    NotShortest,
    /// A map whose keys do not ascend by their encoded bytes.
    KeyOrder,
    /// A map with one key twice.
    DuplicateKey,
    /// A simple value other than false, true and null.
    SimpleValue,
}

impl CborErrorKind {
    /// The rule that was broken, as a person would say it.
    #[must_use]
    pub fn rule(self) -> &'static str {
        match self {
            Self::TooLarge => "the input is larger than the limit",
            Self::TooDeep => "arrays, maps and tags nest deeper than the limit",
            Self::Syntax => "this is not CBOR",
            Self::UnexpectedEnd => "the input ends in the middle of an item",
            Self::TrailingData => "something follows the item",
            Self::Encoding => "a text string must be UTF-8",
            Self::IndefiniteLength => "lengths must be definite",
            Self::NotShortest => "a number or length must be in its shortest form",
            Self::KeyOrder => "the keys of a map must ascend by their encoded bytes",
            Self::DuplicateKey => "a map holds one key twice",
            Self::SimpleValue => "no simple value but false, true and null is allowed",
        }
    }
}

/// CBOR that was refused, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CborError {
    kind: CborErrorKind,
    offset: usize,
}

impl CborError {
    pub(super) const fn new(kind: CborErrorKind, offset: usize) -> Self {
        Self { kind, offset }
    }

    /// Which rule was broken.
    #[must_use]
    pub fn kind(&self) -> CborErrorKind {
        self.kind
    }

    /// Byte offset at which it showed.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }
}

impl fmt::Display for CborError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "byte {}: {}", self.offset, self.kind.rule())
    }
}

impl core::error::Error for CborError {}
