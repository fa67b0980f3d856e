//! HMAC-SHA256 (RFC 2104) over a labelled statement.

use alloc::string::String;

use ca2a_core::encoding::{from_hex, hex};
use hmac::{Hmac, KeyInit as _, Mac as _};
use zeroize::Zeroizing;

use crate::kdf::DerivedKey;

/// Says what its statements are about, so that no MAC of one use is one of another.
pub(crate) struct MacKey {
    key: DerivedKey,
    label: &'static str,
}

impl MacKey {
    pub(crate) fn new(key: DerivedKey, label: &'static str) -> Self {
        Self { key, label }
    }

    /// HMAC(key, label ‖ 0x00 ‖ statement).
    fn over(&self, statement: &[u8]) -> Hmac<sha2::Sha256> {
        // A key of 32 bytes is padded with zeros to the block of 64 (RFC 2104 section 2).
        let mut block = Zeroizing::new([0; 64]);
        block.iter_mut().zip(self.key.iter()).for_each(|(slot, byte)| *slot = *byte);
        let mut hmac = Hmac::new((&*block).into());
        hmac.update(self.label.as_bytes());
        hmac.update(&[0]);
        hmac.update(statement);
        hmac
    }

    /// The MAC as 64 lower-case hex characters.
    pub(crate) fn tag(&self, statement: &[u8]) -> String {
        let bytes: [u8; 32] = self.over(statement).finalize().into_bytes().into();
        hex(&bytes)
    }

    /// Whether `tag` is the MAC, in its one spelling. The comparison takes constant time.
    pub(crate) fn matches(&self, statement: &[u8], tag: &str) -> bool {
        from_hex::<32>(tag).is_ok_and(|bytes| self.over(statement).verify_slice(&bytes).is_ok())
    }
}
