//! Reading and writing CBOR in one form.

use alloc::{boxed::Box, vec::Vec};

use super::{CborError, CborErrorKind, CoseError, Limits, Sign1, Signed, Value, scan::scan};

/// In which form CBOR is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// RFC 8949 section 4.2.1: shortest forms, definite lengths, keys ascending by their encoded bytes.
    #[default]
    Deterministic,
    /// The same, but keys in any order, none twice. For honest makers that sort their headers otherwise: `scitt-cose` 0.5.0,
    /// and the example receipts of RFC 9942. A signature covers the bytes as they came, so nothing is lost by it.
    AnyOrder,
    /// Whatever is well-formed (RFC 8949 section 5.3.1), with open lengths and long forms, no key twice. For formats whose
    /// makers are free in it, and only where the signed bytes are kept as they came.
    WellFormed,
}

/// Reads CBOR under [`Limits`], in one [`Encoding`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reader {
    encoding: Encoding,
    limits: Limits,
}

/// 1 MiB, depth 16.
pub const DEFAULT_LIMITS: Limits = Limits { max_bytes: 1 << 20, max_depth: 16 };

impl Default for Reader {
    fn default() -> Self {
        Self::new(Encoding::Deterministic)
    }
}

impl Reader {
    /// A reader with [`DEFAULT_LIMITS`].
    #[must_use]
    pub const fn new(encoding: Encoding) -> Self {
        Self { encoding, limits: DEFAULT_LIMITS }
    }

    /// The same reader with other limits. Depth is capped at 64, so that no input can exhaust the stack.
    #[must_use]
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        if self.limits.max_depth > 64 {
            self.limits.max_depth = 64;
        }
        self
    }

    /// Checks that `input` is one item of the right form, and builds nothing (LOG-1).
    ///
    /// # Errors
    /// Another form, or an exceeded limit; see [`CborErrorKind`].
    pub fn check(self, input: &[u8]) -> Result<(), CborError> {
        if input.len() > self.limits.max_bytes {
            return Err(CborError::new(CborErrorKind::TooLarge, self.limits.max_bytes));
        }
        scan(input, self.encoding, self.limits.max_depth)
    }

    /// Reads one item.
    ///
    /// # Errors
    /// What [`Self::check`] refuses.
    pub fn value(self, input: &[u8]) -> Result<Value, CborError> {
        self.check(input)?;
        let value = ciborium::from_reader(input).map_err(|_| CborError::new(CborErrorKind::Syntax, 0))?;
        if self.encoding == Encoding::WellFormed {
            // Two spellings of one key show only once they are written alike.
            sorted(&value)?;
        }
        Ok(value)
    }

    /// Reads one tagged COSE_Sign1 message.
    ///
    /// # Errors
    /// What [`Self::check`] refuses, in the message or in its protected header, and what is no COSE_Sign1 (LOG-2).
    pub fn sign1(self, input: &[u8]) -> Result<Sign1, CoseError> {
        Sign1::read_with(self, input)
    }

    /// Reads one tagged COSE_Sign1 or COSE_Sign message that holds its payload.
    ///
    /// # Errors
    /// What [`Self::check`] refuses, in the message or in a protected header, and what is neither of the two (LOG-2).
    pub fn signed(self, input: &[u8]) -> Result<Signed, CoseError> {
        Signed::read_with(self, input)
    }
}

/// Writes `value` as deterministic CBOR: the keys of its maps are sorted.
///
/// # Errors
/// A map with one key twice.
pub fn to_vec(value: &Value) -> Result<Vec<u8>, CborError> {
    write(&sorted(value)?)
}

fn write(value: &Value) -> Result<Vec<u8>, CborError> {
    let mut out = Vec::new();
    ciborium::into_writer(value, &mut out).map_err(|_| CborError::new(CborErrorKind::Syntax, 0))?;
    Ok(out)
}

fn sorted(value: &Value) -> Result<Value, CborError> {
    Ok(match value {
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect::<Result<_, _>>()?),
        Value::Tag(tag, inner) => Value::Tag(*tag, Box::new(sorted(inner)?)),
        Value::Map(pairs) => {
            let mut keyed = Vec::with_capacity(pairs.len());
            for (key, value) in pairs {
                let key = sorted(key)?;
                keyed.push((write(&key)?, (key, sorted(value)?)));
            }
            keyed.sort_by(|(one, _), (other, _)| one.cmp(other));
            if keyed.windows(2).any(|pair| matches!(pair, [(one, _), (other, _)] if one == other)) {
                return Err(CborError::new(CborErrorKind::DuplicateKey, 0));
            }
            Value::Map(keyed.into_iter().map(|(_, pair)| pair).collect())
        }
        scalar => scalar.clone(),
    })
}
