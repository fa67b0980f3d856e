//! Looking things up in a CBOR map whose keys are integers or, where they are private, text.

use super::{CoseError, Value};

/// The entries of a map: header parameters, claims, or the parameters of a key.
#[derive(Debug, Clone, Copy)]
pub struct MapRef<'a>(&'a [(Value, Value)]);

impl<'a> MapRef<'a> {
    pub(super) fn new(entries: &'a [(Value, Value)]) -> Self {
        Self(entries)
    }

    /// The map that `value` is; `label` is where it stood.
    ///
    /// # Errors
    /// Anything but a map.
    pub fn of(value: &'a Value, label: i64) -> Result<Self, CoseError> {
        value.as_map().map(|pairs| Self(pairs)).ok_or(CoseError::WrongType { label, expected: "a map" })
    }

    /// The value under `label`.
    #[must_use]
    pub fn get(&self, label: i64) -> Option<&'a Value> {
        self.0.iter().find(|(key, _)| is_label(key, label)).map(|(_, value)| value)
    }

    /// The value under the text `label`, as private parameters have it.
    #[must_use]
    pub fn named(&self, label: &str) -> Option<&'a Value> {
        self.0.iter().find(|(key, _)| key.as_text() == Some(label)).map(|(_, value)| value)
    }

    /// The text under `label`, if anything is.
    ///
    /// # Errors
    /// Anything but text.
    pub fn text(&self, label: i64) -> Result<Option<&'a str>, CoseError> {
        typed(self.get(label), label, "text", |value| value.as_text())
    }

    /// The byte string under `label`, if anything is.
    ///
    /// # Errors
    /// Anything but a byte string.
    pub fn bytes(&self, label: i64) -> Result<Option<&'a [u8]>, CoseError> {
        typed(self.get(label), label, "a byte string", |value| value.as_bytes().map(|bytes| &bytes[..]))
    }

    /// The unsigned integer under `label`, if anything is.
    ///
    /// # Errors
    /// Anything but an integer of 0 to 2^64-1.
    pub fn uint(&self, label: i64) -> Result<Option<u64>, CoseError> {
        typed(self.get(label), label, "an unsigned integer", |value| value.as_integer()?.try_into().ok())
    }

    /// The integer under `label`, if anything is.
    ///
    /// # Errors
    /// Anything but an integer of 64 bits with a sign.
    pub fn int(&self, label: i64) -> Result<Option<i64>, CoseError> {
        typed(self.get(label), label, "an integer", |value| value.as_integer()?.try_into().ok())
    }

    /// The map under `label`, if anything is.
    ///
    /// # Errors
    /// Anything but a map.
    pub fn map(&self, label: i64) -> Result<Option<Self>, CoseError> {
        self.get(label).map(|value| Self::of(value, label)).transpose()
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Demands that every key is one of `known`.
    ///
    /// # Errors
    /// The first key that is not.
    pub fn only(&self, known: &[i64]) -> Result<(), CoseError> {
        match self.0.iter().find(|(key, _)| !known.iter().any(|label| is_label(key, *label))) {
            Some((key, _)) => Err(CoseError::UnknownMember { label: CoseError::name(key) }),
            None => Ok(()),
        }
    }
}

pub(super) fn is_label(key: &Value, label: i64) -> bool {
    key.as_integer().is_some_and(|integer| i128::from(integer) == i128::from(label))
}

fn typed<'a, T>(
    value: Option<&'a Value>,
    label: i64,
    expected: &'static str,
    read: impl FnOnce(&'a Value) -> Option<T>,
) -> Result<Option<T>, CoseError> {
    value.map(|value| read(value).ok_or(CoseError::WrongType { label, expected })).transpose()
}
