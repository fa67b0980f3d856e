//! What came of the lines.

use crate::error::TraceError;

/// Refusals that are told one by one; the others are counted.
const TOLD: usize = 16;

/// How many lines verified, how many did not, and why the first of them did not.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LinesReport {
    verified: u64,
    refused: u64,
    first: Vec<LineFault>,
}

/// A refused line.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("line {line}: {error}")]
pub struct LineFault {
    /// Its number, from 1.
    pub line: u64,
    /// Why.
    pub error: TraceError,
}

impl LinesReport {
    /// Records that verified.
    #[must_use]
    pub fn verified(&self) -> u64 {
        self.verified
    }

    /// Lines that are no record, or one that does not verify.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// The first refused lines in the order of the input, at most 16.
    #[must_use]
    pub fn first_faults(&self) -> &[LineFault] {
        &self.first
    }

    /// Enters a line. Whoever enters does so in the order of the input, so that the first faults stay.
    pub(super) fn enter(&mut self, line: u64, error: Option<TraceError>) {
        let Some(error) = error else {
            self.verified = self.verified.saturating_add(1);
            return;
        };
        self.refused = self.refused.saturating_add(1);
        if self.first.len() < TOLD {
            self.first.push(LineFault { line, error });
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.verified = self.verified.saturating_add(other.verified);
        self.refused = self.refused.saturating_add(other.refused);
        self.first.extend(other.first);
        self.first.sort_by_key(|fault| fault.line);
        self.first.truncate(TOLD);
    }
}
