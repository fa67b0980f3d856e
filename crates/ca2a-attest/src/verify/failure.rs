//! Why evidence is not genuine.

use alloc::{boxed::Box, string::ToString as _};
use core::fmt;

use crate::appraisal::CheckId;

/// Evidence that does not verify: the check that it fails, and what was found. Nothing of it is believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{check}: {detail}")]
pub struct EvidenceError {
    /// The check.
    pub check: CheckId,
    /// What was found, for a person.
    pub detail: Box<str>,
}

impl EvidenceError {
    /// A failure of `check`.
    #[must_use]
    pub fn new(check: CheckId, detail: impl fmt::Display) -> Self {
        Self { check, detail: detail.to_string().into() }
    }
}
