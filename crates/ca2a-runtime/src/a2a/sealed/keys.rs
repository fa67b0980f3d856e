//! What answers are sealed by: a key that everybody sees, and a secret that only caller and callee know (A2A-62, A2A-70).

use std::fmt;

use ca2a_core::{
    Sha256,
    encoding::{from_hex, hex},
};
use ca2a_seal::ChannelSecret;
use zeroize::Zeroizing;

/// 32 random bytes from inside a sealed message. The reply key stands outside as well, so anybody can seal to it; only
/// who opened the message can bind to this.
#[derive(Clone)]
pub(in crate::a2a) struct ReplySecret(Zeroizing<[u8; 32]>);

impl ReplySecret {
    /// Reads 64 lower-case hex characters.
    pub(in crate::a2a) fn from_hex(text: &str) -> Option<Self> {
        from_hex(text).ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// 64 lower-case hex characters.
    pub(in crate::a2a) fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(hex(&*self.0))
    }
}

impl fmt::Debug for ReplySecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("ReplySecret(..)")
    }
}

/// A caller's half.
#[derive(Debug)]
pub(in crate::a2a) struct ReplyKeys {
    /// Opens what is sealed to its public half.
    pub(in crate::a2a) channel: ChannelSecret,
    /// Shows that the callee sealed it.
    pub(in crate::a2a) secret: ReplySecret,
}

impl ReplyKeys {
    /// The keys of these 32 random bytes. The callee is told the secret, which says nothing of the key.
    pub(in crate::a2a) fn from_seed(seed: &[u8; 32]) -> Self {
        let derived = |label: &[u8]| Sha256::of_parts(&[label, seed]).0;
        Self {
            channel: ChannelSecret::from_bytes(derived(b"ca2a-a2a-reply-key-v1\0")),
            secret: ReplySecret(Zeroizing::new(derived(b"ca2a-a2a-reply-secret-v1\0"))),
        }
    }
}
