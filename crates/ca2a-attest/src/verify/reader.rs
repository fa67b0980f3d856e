//! Reading binary structures: nothing beyond the end, nothing left over.

use core::fmt;

/// Bytes that are not the structure they should be: where, and what is wrong there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed {
    /// The part of the structure, in the words of its specification.
    pub(crate) part: &'static str,
    /// What is wrong with it.
    pub(crate) problem: &'static str,
}

impl Malformed {
    pub(crate) const fn new(part: &'static str, problem: &'static str) -> Self {
        Self { part, problem }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}` {}", self.part, self.problem)
    }
}

/// What is still to be read. Each `part` names what is being read, for the error.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn take(&mut self, length: usize, part: &'static str) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Malformed::new(part, "ends early"))?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self, part: &'static str) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(Malformed::new(part, "ends early"))?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(crate) fn u8(&mut self, part: &'static str) -> Result<u8, Malformed> {
        self.array(part).map(u8::from_be_bytes)
    }

    pub(crate) fn u16_le(&mut self, part: &'static str) -> Result<u16, Malformed> {
        self.array(part).map(u16::from_le_bytes)
    }

    pub(crate) fn u32_le(&mut self, part: &'static str) -> Result<u32, Malformed> {
        self.array(part).map(u32::from_le_bytes)
    }

    /// The end of `part`.
    pub(crate) fn finish(self, part: &'static str) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed::new(part, "has bytes after its end")) }
    }
}

/// As a TPM writes them.
#[cfg(any(feature = "tpm", feature = "collect-tpm"))]
impl<'a> Reader<'a> {
    pub(crate) fn u16_be(&mut self, part: &'static str) -> Result<u16, Malformed> {
        self.array(part).map(u16::from_be_bytes)
    }

    pub(crate) fn u32_be(&mut self, part: &'static str) -> Result<u32, Malformed> {
        self.array(part).map(u32::from_be_bytes)
    }

    pub(crate) fn u64_be(&mut self, part: &'static str) -> Result<u64, Malformed> {
        self.array(part).map(u64::from_be_bytes)
    }

    /// The bytes behind a big-endian u16 length of at most `limit`: a TPM2B.
    pub(crate) fn sized(&mut self, limit: usize, part: &'static str) -> Result<&'a [u8], Malformed> {
        let length = usize::from(self.u16_be(part)?);
        if length > limit {
            return Err(Malformed::new(part, "is longer than a TPM makes it"));
        }
        self.take(length, part)
    }
}
