//! Randomness that was drawn elsewhere, where a generator is asked for.

use core::convert::Infallible;

use ::hpke::rand_core::{TryCryptoRng, TryRng};

/// Gives its 32 bytes to one draw. `GenerateKeyPair` of DHKEM(X25519, HKDF-SHA256) makes exactly one, of as many bytes
/// as a private key has, and derives the key from them (RFC 9180 section 7.1.3).
pub(super) struct Once<'r> {
    bytes: Option<&'r [u8; 32]>,
}

impl<'r> Once<'r> {
    pub(super) fn new(bytes: &'r [u8; 32]) -> Self {
        Self { bytes: Some(bytes) }
    }
}

impl TryRng for Once<'_> {
    type Error = Infallible;

    #[allow(
        clippy::expect_used,
        reason = "a second draw, or another size, would mean sealing under a known key"
    )]
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        let bytes = self.bytes.take().filter(|bytes| bytes.len() == out.len());
        out.copy_from_slice(bytes.expect("the KEM draws 32 bytes once"));
        Ok(())
    }

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes).map(|()| u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes).map(|()| u64::from_le_bytes(bytes))
    }
}

impl TryCryptoRng for Once<'_> {}
