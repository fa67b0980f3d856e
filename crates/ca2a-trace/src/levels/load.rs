//! Reading what is to be checked, and telling a record from an envelope.

use ca2a_core::{
    ErrorCode,
    json::{Node, NumberPolicy, Object, ReadError, ReadErrorKind, Reader, Value},
    requirement::is_off,
};

use super::Mode;

/// What a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// A TRACE record.
    Trace,
    /// An envelope of a cMCP runtime around a TRACE record.
    CmcpRuntime,
}

impl Format {
    /// Its name in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::CmcpRuntime => "cmcp-runtime",
        }
    }
}

/// A document that no check can be run on (TRC-121).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// No strict JSON.
    #[error("the record cannot be read: {0}")]
    Unreadable(#[from] ReadError),
    /// JSON, and no object.
    #[error("a record is a JSON object")]
    NotAnObject,
    /// Some members of an envelope without the one that says that it is one.
    #[error("`{0}` belongs to a cMCP envelope, and `cmcp_version` is missing: half an envelope is no record")]
    PartialEnvelope(&'static str),
    /// An envelope around nothing.
    #[error("a cMCP envelope holds its record as the object `trace`")]
    EmptyEnvelope,
}

impl LoadError {
    /// Always `TRACE_RECORD_INVALID`.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        ErrorCode::TraceRecordInvalid
    }

    /// The stable name of the cause.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Unreadable(error) if error.kind() == ReadErrorKind::DuplicateMember => "duplicate-member",
            Self::Unreadable(_) => "not-json",
            Self::NotAnObject => "not-an-object",
            Self::PartialEnvelope(_) | Self::EmptyEnvelope => "partial-envelope",
        }
    }
}

/// A document, read.
pub(super) struct Document<'d> {
    /// The whole of it, which its signature covers.
    pub(super) whole: Object<'d>,
    pub(super) format: Format,
}

impl<'d> Document<'d> {
    /// The record in it.
    pub(super) fn trace(&self) -> &Object<'d> {
        match self.format {
            Format::Trace => &self.whole,
            // `load` saw that it is there.
            Format::CmcpRuntime => self.whole.object("trace").unwrap_or(&self.whole),
        }
    }
}

pub(super) fn load(input: &[u8], mode: Mode) -> Result<Document<'_>, LoadError> {
    let Value::Object(whole) = read(input, mode)?.value else { return Err(LoadError::NotAnObject) };
    if whole.contains("cmcp_version") {
        return match whole.object("trace") {
            Ok(_) => Ok(Document { whole, format: Format::CmcpRuntime }),
            Err(_) if is_off("TRC-121") => Ok(Document { whole, format: Format::Trace }),
            Err(_) => Err(LoadError::EmptyEnvelope),
        };
    }
    match ["gateway", "trace"].into_iter().find(|name| whole.contains(name)) {
        Some(name) if !is_off("TRC-121") => Err(LoadError::PartialEnvelope(name)),
        _ => Ok(Document { whole, format: Format::Trace }),
    }
}

/// Strict mode knows one spelling of a number. The suite takes them all, and finds out at the signature that one has
/// no canonical form; such a document is read with its numbers as text.
fn read(input: &[u8], mode: Mode) -> Result<Node<'_>, ReadError> {
    match mode {
        Mode::Strict => Reader::new(NumberPolicy::Integer53).read(input),
        Mode::Package => Reader::new(NumberPolicy::Ieee754).read(input).or_else(|error| match error.kind() {
            ReadErrorKind::NumberRange | ReadErrorKind::NegativeZero => {
                Reader::new(NumberPolicy::Lexical).read(input)
            }
            _ => Err(error),
        }),
    }
}
