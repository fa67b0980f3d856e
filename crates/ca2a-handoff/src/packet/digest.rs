//! The name of a packet: what an approval and a hop commit to. (HAND-13)

use core::fmt;

use ca2a_core::Sha256;

use super::SignatureMatch;

/// SHA-256 over `ca2a-handoff-packet-v1` ‖ 00 ‖ profile ‖ 00 ‖ u64be length ‖ signing input ‖ signature ‖ key. The format
/// itself has no name for a packet: its ids are the sender's word, and its signatures say nothing of the profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PacketDigest(pub Sha256);

impl PacketDigest {
    pub(crate) fn of(signed: &SignatureMatch) -> Self {
        let length = u64::try_from(signed.signing_input.len()).unwrap_or(u64::MAX).to_be_bytes();
        Self(Sha256::of_parts(&[
            b"ca2a-handoff-packet-v1\0",
            signed.profile.name().as_bytes(),
            b"\0",
            &length,
            &signed.signing_input,
            &signed.signature.0,
            signed.key.as_bytes(),
        ]))
    }

    /// 64 lower-case hex characters.
    #[must_use]
    pub fn to_hex(self) -> alloc::string::String {
        self.0.to_hex()
    }
}

impl fmt::Display for PacketDigest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.to_hex())
    }
}
