//! Which format a blob has.

use ca2a_core::requirement::{holds, is_off};

use crate::SealError;

/// A format of sealed payloads. The first byte of a blob names it; the order is from weaker to stronger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum SealVersion {
    /// [`crate::v1`]: what `ca2a-runtime` 0.4 speaks. Bound to its receiver alone.
    #[default]
    V1,
    /// [`crate::hpke`]: RFC 9180, bound to the request as well.
    V2,
}

impl SealVersion {
    /// The version byte.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::V1 => 1,
            Self::V2 => 2,
        }
    }

    /// The version with this number, if there is one.
    #[must_use]
    pub const fn from_number(number: u64) -> Option<Self> {
        match number {
            1 => Some(Self::V1),
            2 => Some(Self::V2),
            _ => None,
        }
    }

    /// The version that `blob` names, if it is `minimum` or a later one (SEAL-23).
    ///
    /// # Errors
    /// [`SealError::BlobTooShort`] for no bytes, [`SealError::BlobVersion`] for a version that is not known,
    /// [`SealError::BlobBelowMinimum`] for one that is too weak.
    pub fn of(blob: &[u8], minimum: Self) -> Result<Self, SealError> {
        let first =
            *blob.first().ok_or(SealError::BlobTooShort { found: 0, minimum: crate::hpke::OVERHEAD })?;
        let found = match Self::from_number(first.into()) {
            Some(found) => found,
            None if is_off("SEAL-22") => Self::V2,
            None => return Err(SealError::BlobVersion { found: first }),
        };
        if holds("SEAL-23", found >= minimum) {
            Ok(found)
        } else {
            Err(SealError::BlobBelowMinimum { found, minimum })
        }
    }
}

impl core::fmt::Display for SealVersion {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.number().fmt(out)
    }
}
