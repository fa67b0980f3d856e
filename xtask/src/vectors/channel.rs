//! Channel keys, and what the profile derives from them, computed from X25519, HMAC and ChaCha20-Poly1305 alone: none of it
//! is what `ca2a-seal` computes it with.

use ca2a_core::{Sha256, encoding::hex};
use chacha20poly1305::{AeadInOut as _, ChaCha20Poly1305, KeyInit as _};
use x25519_dalek::{PublicKey, StaticSecret};

use super::core::hmac;

/// A channel key of a vector.
#[derive(Clone, Copy)]
pub(super) struct Channel([u8; 32]);

impl Channel {
    /// The key called `name`: SHA-256 over `ca2a vectors: NAME`, as for keys that sign.
    pub(super) fn named(name: &str) -> Self {
        Self(Sha256::of(format!("ca2a vectors: {name}").as_bytes()).0)
    }

    pub(super) fn of(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    pub(super) fn private_hex(self) -> String {
        hex(&self.0)
    }

    pub(super) fn public(self) -> [u8; 32] {
        PublicKey::from(&StaticSecret::from(self.0)).to_bytes()
    }

    pub(super) fn public_hex(self) -> String {
        hex(&self.public())
    }

    /// X25519 (RFC 7748 section 5).
    pub(super) fn shared(self, other: [u8; 32]) -> [u8; 32] {
        StaticSecret::from(self.0).diffie_hellman(&PublicKey::from(other)).to_bytes()
    }
}

/// HKDF-Extract over SHA-256 (RFC 5869 section 2.2); no salt is a salt of zeros.
pub(super) fn extract(salt: Option<[u8; 32]>, ikm: &[&[u8]]) -> [u8; 32] {
    hmac(&salt.unwrap_or_default(), &ikm.concat())
}

/// HKDF-Expand to `N` bytes, at most 32 (RFC 5869 section 2.3).
pub(super) fn expand<const N: usize>(key: [u8; 32], info: &[&[u8]]) -> [u8; N] {
    let block = hmac(&key, &[&info.concat()[..], &[1]].concat());
    std::array::from_fn(|at| block[at])
}

/// ChaCha20-Poly1305 (RFC 8439 section 2.8): the ciphertext and its tag.
pub(super) fn encrypt(key: [u8; 32], nonce: [u8; 12], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let mut text = plaintext.to_vec();
    let tag = ChaCha20Poly1305::new(&key.into()).encrypt_inout_detached(
        &nonce.into(),
        aad,
        text.as_mut_slice().into(),
    );
    // Only a text of 256 GiB has none, and no vector has that.
    tag.map_or_else(|_| Vec::new(), |tag| [&text[..], &tag].concat())
}

/// HMAC over `label ‖ 0x00 ‖ statement`, in hex.
pub(super) fn tag(key: [u8; 32], label: &str, statement: &str) -> String {
    hex(&hmac(&key, format!("{label}\0{statement}").as_bytes()))
}
