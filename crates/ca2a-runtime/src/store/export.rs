//! What a node keeps, written out as JSON Lines (RUN-44).

use std::io::Write;

use super::StoreError;

/// What to write out of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Export {
    /// The delegation records, in the order in which they were kept.
    Records,
    /// The callee's signed statements, in the same order.
    Statements,
    /// The TRACE records of what this agent did itself, in the order in which they were kept.
    TraceRecords,
}

/// Records that can be written out, wherever they are kept.
pub trait ExportRecords: Send + Sync {
    /// Writes what was asked for as JSON Lines, one a line, and says how many there were. It blocks.
    ///
    /// # Errors
    /// When the store cannot be read or `out` not written.
    fn export(&self, what: Export, out: &mut dyn Write) -> Result<u64, StoreError>;
}

/// JSON Lines on their way out.
pub(crate) struct Lines<'o> {
    out: &'o mut dyn Write,
    count: u64,
}

impl<'o> Lines<'o> {
    pub(crate) fn to(out: &'o mut dyn Write) -> Self {
        Self { out, count: 0 }
    }

    pub(crate) fn write(&mut self, json: &str) -> Result<(), StoreError> {
        self.count = self.count.saturating_add(1);
        // Between tokens a line break is a blank, and inside a string JSON escapes it.
        writeln!(self.out, "{}", json.replace(['\n', '\r'], " ")).map_err(StoreError::write)
    }

    /// Ends them, and says how many there were.
    pub(crate) fn end(self) -> Result<u64, StoreError> {
        self.out.flush().map_err(StoreError::write)?;
        Ok(self.count)
    }
}
