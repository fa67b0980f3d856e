//! The caller's half of a result.

use ca2a_seal::{ChannelSecret, SealError, SealVersion};

use super::Binding;

/// Opens the result of one call: the secret behind the offered key, and the call that the result must belong to.
#[derive(Debug)]
pub(crate) struct ResultOpener {
    pub(crate) secret: ChannelSecret,
    /// What the offer stated.
    pub(crate) measurement: Box<str>,
    pub(crate) binding: Binding,
    /// What was agreed on. A result below it was made by somebody who kept the agreement from one of the two.
    pub(crate) minimum: SealVersion,
}

impl ResultOpener {
    pub(crate) fn open(&self, blob: &[u8]) -> Result<Vec<u8>, SealError> {
        let version = SealVersion::of(blob, self.minimum)?;
        self.binding.open(version, &self.secret, &self.measurement, blob)
    }
}
