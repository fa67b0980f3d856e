//! Why a document could not even be appraised.

use ca2a_core::{ErrorCode, canonical::CanonicalError, cose::CoseError, json::ReadError};

use crate::Outcome;

/// A document, key, list or context that is none.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// Not the JSON that we take.
    #[error("the document cannot be read: {0}")]
    Json(#[from] ReadError),
    /// JSON that nests too deep.
    #[error("more than {allowed} arrays and objects stand inside one another")]
    TooDeep {
        /// How many may.
        allowed: usize,
    },
    /// A number that two readers would take for different ones.
    #[error("the number `{number}` is beyond ±(2^53-1) or not finite")]
    NumberRange {
        /// The number, cut to a bearable length.
        number: String,
    },
    /// JSON that is no object.
    #[error("a manifest is an object, and this is {found}")]
    NotAnObject {
        /// What it is.
        found: &'static str,
    },
    /// Not the envelope that manifests of version 0.2 come in.
    #[error("the envelope cannot be read: {0}")]
    Envelope(#[from] CoseError),
    /// An envelope whose header says that it is something else.
    #[error("the envelope is none of a manifest: {0}")]
    Header(&'static str),
    /// A version of the format that nobody here knows, or that belongs into another envelope.
    #[error(
        "manifest version `{version}` is not read {place}; known are `0.1` as JSON and `0.2` in an envelope"
    )]
    Version {
        /// The version, cut to a bearable length; empty where there is none.
        version: String,
        /// Where it was found.
        place: &'static str,
    },
    /// A document without a canonical form.
    #[error("the document cannot be signed: {0}")]
    Canonical(#[from] CanonicalError),
    /// A document that would be refused as soon as it is signed.
    #[error("the document is no manifest: `{field}` {problem}")]
    Schema {
        /// Where.
        field: String,
        /// What is wrong there.
        problem: String,
    },
    /// A file of keys, a context or a list of revocations of another shape.
    #[error("{what}: {problem}")]
    Shape {
        /// Which file.
        what: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// A key for an algorithm that this build does not know.
    #[error("{0} needs the feature `pq`, which this build does not have")]
    AlgorithmUnavailable(&'static str),
}

impl ManifestError {
    pub(crate) fn shape(what: &'static str, problem: impl Into<String>) -> Self {
        Self::Shape { what, problem: problem.into() }
    }

    /// The code on the wire and in exits.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Version { .. } => ErrorCode::ManifestVersionUnsupported,
            Self::AlgorithmUnavailable(_) => ErrorCode::ManifestUnverifiable,
            Self::Shape { .. } => ErrorCode::ConfigError,
            _ => ErrorCode::ManifestInvalid,
        }
    }

    /// The result that the format has for a document that does not get as far as being appraised.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Version { .. } => Outcome::IncompatibleVersion,
            Self::AlgorithmUnavailable(_) => Outcome::Unverifiable,
            _ => Outcome::Mismatch,
        }
    }
}
