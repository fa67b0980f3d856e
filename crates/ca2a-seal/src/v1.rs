//! Sealed payloads, version 1: the blob that `ca2a-runtime` 0.4 speaks.
//!
//! ```text
//! 0x01 ‖ ephemeral public key (32) ‖ nonce (12) ‖ ChaCha20-Poly1305 ciphertext ‖ tag (16)
//!
//! shared = X25519(ephemeral, peer)
//! key    = HKDF-SHA256(no salt, ephemeral public ‖ peer public ‖ shared, "ca2a/sealed-channel/v1", 32)
//! ```
//!
//! The form resembles HPKE and is not RFC 9180. A blob names no sender, is bound to no request unless `aad` says so,
//! and has no forward secrecy towards the receiver's key: on the live path the holder proof binds its digest.

use alloc::vec::Vec;

use ca2a_core::{
    ChannelKey,
    requirement::{enforce, holds},
};
use chacha20poly1305::{AeadInOut as _, ChaCha20Poly1305, KeyInit as _, Tag};
use zeroize::ZeroizeOnDrop;

use crate::{
    ChannelSecret, SealError,
    kdf::{self, DerivedKey},
    key::LowOrder,
};

/// The version byte.
const VERSION: u8 = 1;
const INFO: &[u8] = b"ca2a/sealed-channel/v1";
const HEADER: usize = 1 + 32 + 12;
const TAG: usize = 16;

/// Bytes that a blob has more than its plaintext.
pub const OVERHEAD: usize = HEADER + TAG;

/// What one blob needs of randomness. Each value seals once: it is moved into [`seal`] and wiped there.
#[derive(ZeroizeOnDrop)]
pub struct SealRandomness {
    /// The private half of the ephemeral X25519 key.
    pub ephemeral: [u8; 32],
    /// The nonce of ChaCha20-Poly1305 (RFC 8439 section 2.8).
    #[zeroize(skip)]
    pub nonce: [u8; 12],
}

impl core::fmt::Debug for SealRandomness {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.write_str("SealRandomness(..)")
    }
}

/// Seals `plaintext` so that only the holder of `peer` opens it, and only under the same `aad` (SEAL-4). On the live
/// path `aad` is empty.
///
/// # Errors
/// [`SealError::BlobKey`] when `peer` is of low order, [`SealError::PlaintextTooLong`] at 256 GiB.
pub fn seal(
    peer: &ChannelKey,
    plaintext: &[u8],
    aad: &[u8],
    randomness: SealRandomness,
) -> Result<Vec<u8>, SealError> {
    let ephemeral = ChannelSecret::from_bytes(randomness.ephemeral);
    let cipher = cipher(&ephemeral, peer, &ephemeral.public(), peer)?;

    let mut blob = Vec::with_capacity(plaintext.len().saturating_add(OVERHEAD));
    blob.push(VERSION);
    blob.extend_from_slice(&ephemeral.public().0);
    blob.extend_from_slice(&randomness.nonce);
    blob.extend_from_slice(plaintext);
    let tag = blob
        .get_mut(HEADER..)
        .and_then(|body| cipher.encrypt_inout_detached(&randomness.nonce.into(), aad, body.into()).ok())
        .ok_or(SealError::PlaintextTooLong)?;
    blob.extend_from_slice(&tag);
    Ok(blob)
}

/// Opens `blob`, sealed to the public half of `secret` under the same `aad` (SEAL-5, SEAL-6). On the live path `aad`
/// is empty.
///
/// # Errors
/// A blob that is too short or of another version, an ephemeral key of low order, or a tag that does not hold.
pub fn open(secret: &ChannelSecret, blob: &[u8], aad: &[u8]) -> Result<Vec<u8>, SealError> {
    // An unknown version is the better news than a length that belongs to it.
    if let Some(found) = blob.first().copied().filter(|version| !holds("SEAL-5", *version == VERSION)) {
        return Err(SealError::BlobVersion { found });
    }
    let blob = Blob::split(blob).ok_or(SealError::BlobTooShort { found: blob.len(), minimum: OVERHEAD })?;
    let cipher = cipher(secret, &blob.ephemeral, &blob.ephemeral, &secret.public())?;
    let mut plaintext = Vec::from(blob.ciphertext);
    let opened = cipher
        .decrypt_inout_detached(&blob.nonce.into(), aad, plaintext.as_mut_slice().into(), &blob.tag)
        .map_err(|_| SealError::BlobNotOpened);
    enforce("SEAL-4, SEAL-6", opened)?;
    Ok(plaintext)
}

/// The parts of a blob, its version read.
struct Blob<'a> {
    ephemeral: ChannelKey,
    nonce: [u8; 12],
    ciphertext: &'a [u8],
    tag: Tag,
}

impl<'a> Blob<'a> {
    fn split(blob: &'a [u8]) -> Option<Self> {
        let (_, rest) = blob.split_first()?;
        let (ephemeral, rest) = rest.split_first_chunk()?;
        let (nonce, rest) = rest.split_first_chunk()?;
        let (ciphertext, tag) = rest.split_last_chunk::<TAG>()?;
        Some(Self { ephemeral: ChannelKey(*ephemeral), nonce: *nonce, ciphertext, tag: Tag::from(*tag) })
    }
}

/// The cipher of one blob. The KDF takes the public keys as they are written, so a second spelling of the ephemeral
/// key (RFC 7748 ignores the highest bit) gives another key.
fn cipher(
    own: &ChannelSecret,
    other: &ChannelKey,
    ephemeral: &ChannelKey,
    receiver: &ChannelKey,
) -> Result<ChaCha20Poly1305, SealError> {
    let shared = own.agree(other).map_err(|LowOrder| SealError::BlobKey)?;
    let key: DerivedKey = kdf::derive(None, &[&ephemeral.0, &receiver.0, shared.as_bytes()], INFO);
    Ok(ChaCha20Poly1305::new((&*key).into()))
}
