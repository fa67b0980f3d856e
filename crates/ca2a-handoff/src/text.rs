//! Printing as the Python package prints: the byte forms that its signatures cover.
//!
//! One writer, and a [`Style`] for each form: they differ in separators, in escapes, in the order of members and in
//! how a float is spelled, and in nothing else. (HAND-4)

mod float;
mod writer;

pub use float::FloatSpelling;
pub(crate) use writer::Writer;

/// How values are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// Between two members or items.
    pub(crate) comma: &'static str,
    /// Between a name and its value.
    pub(crate) colon: &'static str,
    /// Whether everything from U+007F up is escaped.
    pub(crate) ascii: bool,
    /// Whether the members of free-form objects are sorted by code point, or stand as they came.
    pub(crate) sorted: bool,
    /// How floats are spelled.
    pub(crate) floats: FloatSpelling,
}

impl Style {
    /// What P3 signs, and what a capability token holds: sorted, compact, ASCII.
    pub(crate) const COMPACT: Self =
        Self { comma: ",", colon: ":", ascii: true, sorted: true, floats: FloatSpelling::Python };
    /// What travels, and what a capability signs: sorted, with blanks, ASCII.
    pub(crate) const SPACED: Self = Self { comma: ", ", colon: ": ", ..Self::COMPACT };
    /// What an attestation hashes: sorted, compact, UTF-8.
    pub(crate) const UTF8: Self = Self { ascii: false, ..Self::COMPACT };

    /// What P1 and P2 sign: in the order given, compact, UTF-8.
    pub(crate) const fn declared(floats: FloatSpelling) -> Self {
        Self { comma: ",", colon: ":", ascii: false, sorted: false, floats }
    }
}
