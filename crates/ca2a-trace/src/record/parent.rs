//! What a delegation record links to.

use core::fmt;
use std::str::FromStr;

use ca2a_core::{RecordHash, TraceLink};

use crate::error::ProvenanceFault;

/// What a delegation record continues: nothing, another delegation record, or a TRACE record (TRC-3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ParentLink {
    /// `null`: the first hop.
    #[default]
    Root,
    /// 64 hex characters: the hash of a delegation record.
    Record(RecordHash),
    /// `sha256:` or `sha384:` and hex: a signed TRACE record.
    Trace(TraceLink),
}

impl ParentLink {
    /// Reads what stands on the wire, `None` for `null` or absence.
    ///
    /// # Errors
    /// Text in any other spelling.
    pub fn from_text(text: Option<&str>) -> Result<Self, ProvenanceFault> {
        text.map_or(Ok(Self::Root), str::parse)
    }

    /// The text on the wire, `None` for `null`.
    #[must_use]
    pub fn to_text(&self) -> Option<String> {
        match self {
            Self::Root => None,
            Self::Record(hash) => Some(hash.to_string()),
            Self::Trace(link) => Some(link.to_string()),
        }
    }
}

impl FromStr for ParentLink {
    type Err = ProvenanceFault;

    fn from_str(text: &str) -> Result<Self, ProvenanceFault> {
        let record = text.parse().map(Self::Record);
        record
            .or_else(|_| TraceLink::parse(text).map(Self::Trace))
            .map_err(|_| ProvenanceFault::ParentLink(text.chars().take(100).collect()))
    }
}

impl fmt::Display for ParentLink {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => out.write_str("null"),
            Self::Record(hash) => hash.fmt(out),
            Self::Trace(link) => link.fmt(out),
        }
    }
}

impl From<RecordHash> for ParentLink {
    fn from(hash: RecordHash) -> Self {
        Self::Record(hash)
    }
}

impl From<TraceLink> for ParentLink {
    fn from(link: TraceLink) -> Self {
        Self::Trace(link)
    }
}
