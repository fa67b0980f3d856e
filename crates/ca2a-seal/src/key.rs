//! The private half of a channel key.

use core::fmt;

use ca2a_core::{ChannelKey, requirement::holds};
use x25519_dalek::{PublicKey, SharedSecret, StaticSecret};
use zeroize::{Zeroize as _, ZeroizeOnDrop};

/// An X25519 private key (RFC 7748 section 5). Wiped when dropped; its `Debug` shows the public half.
#[derive(Clone, ZeroizeOnDrop)]
pub struct ChannelSecret {
    secret: StaticSecret,
    #[zeroize(skip)]
    public: ChannelKey,
}

/// The other key is of low order: the shared secret would be zero, whatever the own key is (RFC 7748 section 6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LowOrder;

impl ChannelSecret {
    /// The key of these 32 random bytes, which are wiped. The clamping of RFC 7748 happens when the key is used.
    #[must_use]
    pub fn from_bytes(mut bytes: [u8; 32]) -> Self {
        let secret = StaticSecret::from(bytes);
        bytes.zeroize();
        let public = ChannelKey(PublicKey::from(&secret).to_bytes());
        Self { secret, public }
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> ChannelKey {
        self.public
    }

    /// The private key as it was given.
    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        self.secret.as_bytes()
    }

    /// X25519 with `peer`, refused when `peer` contributes nothing (SEAL-3).
    pub(crate) fn agree(&self, peer: &ChannelKey) -> Result<SharedSecret, LowOrder> {
        let shared = self.secret.diffie_hellman(&PublicKey::from(peer.0));
        if holds("SEAL-3", shared.was_contributory()) { Ok(shared) } else { Err(LowOrder) }
    }
}

impl fmt::Debug for ChannelSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "ChannelSecret(public {})", self.public)
    }
}
