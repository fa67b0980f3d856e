//! One pass over CBOR that says whether it is the form that we take, before anything is built from it.

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::{CborError, CborErrorKind as Kind, Encoding, float};
use crate::requirement::is_off;

type Scanned<T> = Result<T, Kind>;

/// Checks that `input` is one item in the form of `encoding`, nested at most `max_depth` deep (LOG-1).
pub(super) fn scan(input: &[u8], encoding: Encoding, max_depth: usize) -> Result<(), CborError> {
    let mut scanner = Scanner { input, at: 0, encoding, max_depth };
    let scanned = match scanner.item(0) {
        Ok(()) if scanner.at != input.len() => Err(Kind::TrailingData),
        scanned => scanned,
    };
    scanned.map_err(|kind| CborError::new(kind, scanner.at))
}

struct Scanner<'a> {
    input: &'a [u8],
    at: usize,
    encoding: Encoding,
    max_depth: usize,
}

/// What an item says instead of its length.
const OPEN: u8 = 31;
/// The end of an item whose length is left open.
const BREAK: u8 = 0xff;

/// Tags of big numbers (RFC 8949 section 3.4.3).
const BIG_NUMBERS: [u64; 2] = [2, 3];

impl<'a> Scanner<'a> {
    fn item(&mut self, depth: usize) -> Scanned<()> {
        if depth > self.max_depth {
            return Err(Kind::TooDeep);
        }
        let inner = depth.saturating_add(1);
        let first = self.byte()?;
        let (major, info) = (first >> 5, first & 0x1f);
        if major == 7 {
            return self.simple_or_float(info);
        }
        if info == OPEN && self.encoding == Encoding::WellFormed {
            return self.open(major, inner);
        }
        let argument = self.argument(info)?;
        match major {
            0 | 1 => Ok(()),
            2 => self.take(argument).map(|_| ()),
            3 => {
                let text = self.take(argument)?;
                core::str::from_utf8(text).map(|_| ()).map_err(|_| Kind::Encoding)
            }
            4 => (0..argument).try_for_each(|_| self.item(inner)),
            5 => self.map(argument, inner),
            _ if BIG_NUMBERS.contains(&argument) => self.big_number(),
            _ => self.item(inner),
        }
    }

    fn byte(&mut self) -> Scanned<u8> {
        let byte = self.input.get(self.at).copied().ok_or(Kind::UnexpectedEnd)?;
        self.at = self.at.saturating_add(1);
        Ok(byte)
    }

    fn take(&mut self, length: u64) -> Scanned<&'a [u8]> {
        let length = usize::try_from(length).map_err(|_| Kind::UnexpectedEnd)?;
        let end = self.at.checked_add(length).ok_or(Kind::UnexpectedEnd)?;
        let bytes = self.input.get(self.at..end).ok_or(Kind::UnexpectedEnd)?;
        self.at = end;
        Ok(bytes)
    }

    fn big_endian(&mut self, length: u64) -> Scanned<u64> {
        Ok(self.take(length)?.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// The argument of an item's head: below 24 in the first byte, otherwise in the least number of bytes that holds it.
    fn argument(&mut self, info: u8) -> Scanned<u64> {
        let (length, least) = match info {
            0..=23 => return Ok(info.into()),
            24 => (1, 24),
            25 => (2, 1 << 8),
            26 => (4, 1 << 16),
            27 => (8, 1 << 32),
            31 => return Err(Kind::IndefiniteLength),
            _ => return Err(Kind::Syntax),
        };
        let argument = self.big_endian(length)?;
        if argument < least && self.shortest() { Err(Kind::NotShortest) } else { Ok(argument) }
    }

    /// Whether a number must be in its shortest form.
    fn shortest(&self) -> bool {
        self.encoding != Encoding::WellFormed
    }

    /// An item whose length is left open: what follows, up to the break (RFC 8949 section 3.2).
    fn open(&mut self, major: u8, inner: usize) -> Scanned<()> {
        let mut keys = Keys::new(self.encoding);
        while self.input.get(self.at) != Some(&BREAK) {
            let start = self.at;
            match major {
                2 | 3 => self.chunk(major)?,
                4 => self.item(inner)?,
                5 => {
                    self.item(inner)?;
                    keys.take(self.input.get(start..self.at).unwrap_or_default())?;
                    self.item(inner)?;
                }
                _ => return Err(Kind::Syntax),
            }
        }
        self.byte()?;
        keys.finish()
    }

    /// A piece of a string whose length is left open: a string of the same kind whose length is not.
    fn chunk(&mut self, major: u8) -> Scanned<()> {
        let first = self.byte()?;
        if first >> 5 != major {
            return Err(Kind::Syntax);
        }
        let length = self.argument(first & 0x1f)?;
        let piece = self.take(length)?;
        if major == 3 && core::str::from_utf8(piece).is_err() { Err(Kind::Encoding) } else { Ok(()) }
    }

    fn simple_or_float(&mut self, info: u8) -> Scanned<()> {
        let shortest = match info {
            20..=22 => true,
            25 => {
                let &[high, low] = self.take(2)? else { return Err(Kind::UnexpectedEnd) };
                float::half_is_shortest(u16::from_be_bytes([high, low]))
            }
            26 => {
                let bytes = self.take(4)?.try_into().map_err(|_| Kind::UnexpectedEnd)?;
                float::single_is_shortest(f32::from_be_bytes(bytes))
            }
            27 => float::double_is_shortest(f64::from_bits(self.big_endian(8)?)),
            28..=31 => return Err(Kind::Syntax),
            _ => return Err(Kind::SimpleValue),
        };
        if shortest || !self.shortest() { Ok(()) } else { Err(Kind::NotShortest) }
    }

    fn big_number(&mut self) -> Scanned<()> {
        let first = self.byte()?;
        if first >> 5 != 2 {
            return Err(Kind::Syntax);
        }
        let length = self.argument(first & 0x1f)?;
        let digits = self.take(length)?;
        let needed = digits.len() > 8 && digits.first() != Some(&0);
        if needed || !self.shortest() { Ok(()) } else { Err(Kind::NotShortest) }
    }

    fn map(&mut self, pairs: u64, inner: usize) -> Scanned<()> {
        let mut keys = Keys::new(self.encoding);
        for _ in 0..pairs {
            let start = self.at;
            self.item(inner)?;
            keys.take(self.input.get(start..self.at).unwrap_or_default())?;
            self.item(inner)?;
        }
        keys.finish()
    }
}

/// The keys of one map as encoded. Where each has one encoding, bytes are equal exactly when keys are.
struct Keys<'a> {
    encoding: Encoding,
    seen: Vec<&'a [u8]>,
}

impl<'a> Keys<'a> {
    fn new(encoding: Encoding) -> Self {
        Self { encoding, seen: Vec::new() }
    }

    fn take(&mut self, key: &'a [u8]) -> Scanned<()> {
        if self.encoding == Encoding::Deterministic {
            let order = self.seen.pop().map_or(Ordering::Less, |previous| previous.cmp(key));
            match order {
                Ordering::Less => {}
                Ordering::Equal => return Err(Kind::DuplicateKey),
                Ordering::Greater if is_off("LOG-1") => {}
                Ordering::Greater => return Err(Kind::KeyOrder),
            }
        }
        self.seen.push(key);
        Ok(())
    }

    fn finish(mut self) -> Scanned<()> {
        self.seen.sort_unstable();
        let twice = self.seen.windows(2).any(|pair| matches!(pair, [one, other] if one == other));
        if twice { Err(Kind::DuplicateKey) } else { Ok(()) }
    }
}
