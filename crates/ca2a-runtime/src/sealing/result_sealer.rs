//! The callee's half of a result.

use ca2a_core::ChannelKey;
use ca2a_seal::SealVersion;

use super::Binding;
use crate::{peer::PeerError, system::Random};

/// Seals the result of one call to the caller's proven channel key, and to the call.
#[derive(Debug)]
pub(crate) struct ResultSealer {
    pub(crate) version: SealVersion,
    pub(crate) audience: ChannelKey,
    /// What runs at the caller, as its appraised offer states it.
    pub(crate) measurement: Box<str>,
    pub(crate) binding: Binding,
}

impl ResultSealer {
    pub(crate) fn seal(&self, plaintext: &[u8], random: &dyn Random) -> Result<Vec<u8>, PeerError> {
        self.binding.seal(self.version, &self.audience, &self.measurement, plaintext, random)
    }
}
