//! A policy as text, and the digest that names it.

use ca2a_core::Sha256;

use crate::PolicyError;

/// The text of a policy as it was loaded. (POL-6)
///
/// The digest is SHA-256 over exactly the bytes given, so that `sha256sum` on the policy file says the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyBundle {
    text: Box<str>,
    digest: Sha256,
}

impl PolicyBundle {
    /// The most bytes that a policy may have: 1 MiB.
    pub const MAX_BYTES: usize = 1 << 20;

    /// Takes the bytes of a policy file.
    ///
    /// # Errors
    /// Bytes that are too many, no UTF-8, marked with a byte order mark, or nothing but blanks.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PolicyError> {
        if bytes.len() > Self::MAX_BYTES {
            return Err(PolicyError::TooLarge { found: bytes.len() });
        }
        let text = core::str::from_utf8(bytes)
            .map_err(|error| PolicyError::Encoding { offset: error.valid_up_to() })?;
        if text.starts_with('\u{feff}') {
            return Err(PolicyError::Encoding { offset: 0 });
        }
        if text.trim().is_empty() {
            return Err(PolicyError::Empty);
        }
        Ok(Self { text: text.into(), digest: Sha256::of(bytes) })
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// SHA-256 over the bytes.
    #[must_use]
    pub fn digest(&self) -> Sha256 {
        self.digest
    }
}
