//! Cutting an input into lines, many at a time, without ever holding more than a bounded part of it.

use std::io::{self, BufRead};

use ca2a_core::json::DEFAULT_LIMITS;

/// The longest line that is read, in bytes: what the JSON reader takes at most. A longer one is refused.
pub const MAX_LINE: usize = DEFAULT_LIMITS.max_bytes;

/// A batch is handed out once it holds this many bytes.
const ENOUGH: usize = 64 << 10;

/// Whole lines, one after the other.
pub(super) struct Batch {
    bytes: Vec<u8>,
    /// Where each line ends in `bytes`.
    ends: Vec<usize>,
    /// Number of the first line.
    first: u64,
}

impl Batch {
    /// The lines and their numbers, from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let lines =
            starts.zip(&self.ends).map(|(start, end)| self.bytes.get(start..*end).unwrap_or_default());
        (self.first..).zip(lines)
    }
}

pub(super) struct Cutter<R> {
    input: R,
    next: u64,
}

impl<R: BufRead> Cutter<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, next: 1 }
    }

    /// The next lines, and `None` at the end of the input.
    pub(super) fn next_batch(&mut self) -> io::Result<Option<Batch>> {
        let mut batch = Batch { bytes: Vec::new(), ends: Vec::new(), first: self.next };
        while batch.bytes.len() < ENOUGH && self.line(&mut batch.bytes)? {
            batch.ends.push(batch.bytes.len());
            self.next = self.next.saturating_add(1);
        }
        Ok((!batch.ends.is_empty()).then_some(batch))
    }

    /// Appends a line without its end; of one that is too long as much as shows that. `false` at the end of the input.
    fn line(&mut self, into: &mut Vec<u8>) -> io::Result<bool> {
        let most = into.len().saturating_add(MAX_LINE).saturating_add(1);
        let mut found = false;
        loop {
            let seen = match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                seen => seen?,
            };
            if seen.is_empty() {
                return Ok(found);
            }
            found = true;
            let end = seen.iter().position(|byte| *byte == b'\n');
            let part = seen.get(..end.unwrap_or(seen.len())).unwrap_or_default();
            let room = most.saturating_sub(into.len());
            into.extend_from_slice(part.get(..room).unwrap_or(part));
            let used = part.len().saturating_add(usize::from(end.is_some()));
            self.input.consume(used);
            if end.is_some() {
                return Ok(true);
            }
        }
    }
}
