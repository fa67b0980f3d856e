//! Suite 1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305 (RFC 9180 section 7), one message a context.

mod once;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use ::hpke::{
    Deserializable as _, HpkeError, Kem, OpModeR, OpModeS, Serializable as _,
    aead::{AeadTag, ChaCha20Poly1305},
    kdf::HkdfSha256,
    kem::X25519HkdfSha256,
    setup_receiver, setup_sender_with_rng,
};
use ca2a_core::{ChannelKey, requirement::enforce};

use self::once::Once;
use crate::{ChannelSecret, SealError};

/// The suite's number in a blob and in a handshake. Numbers of this project, not of RFC 9180.
pub(super) const ID: u16 = 1;
pub(super) const INFO: &[u8] = b"ca2a/seal/v2";
/// Bytes of an encapsulated key (`Nenc`).
pub(super) const ENC: usize = 32;
/// Bytes of a tag (`Nt`).
pub(super) const TAG: usize = 16;

type PublicKey = <X25519HkdfSha256 as Kem>::PublicKey;
type PrivateKey = <X25519HkdfSha256 as Kem>::PrivateKey;
type EncappedKey = <X25519HkdfSha256 as Kem>::EncappedKey;
type Tag = AeadTag<ChaCha20Poly1305>;

/// Appends the encapsulated key and the ciphertext of `plaintext` to `out`.
pub(super) fn seal(
    receiver: &ChannelKey,
    info: &[u8],
    aad: &[u8],
    plaintext: &[u8],
    ikm: &[u8; 32],
    out: &mut Vec<u8>,
) -> Result<(), SealError> {
    let receiver = PublicKey::from_bytes(&receiver.0).map_err(|_| SealError::BlobKey)?;
    let mut randomness = Once::new(ikm);
    let (enc, mut sender) = setup_sender_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &receiver,
        info,
        &mut randomness,
    )
    .map_err(|_| SealError::BlobKey)?;
    out.extend_from_slice(&enc.to_bytes());
    let body = out.len();
    out.extend_from_slice(plaintext);
    let tag = out
        .get_mut(body..)
        .and_then(|body| sender.seal_inout_detached(body.into(), aad).ok())
        .ok_or(SealError::PlaintextTooLong)?;
    out.extend_from_slice(&tag.to_bytes());
    Ok(())
}

/// The parts of a blob after its header.
pub(super) struct Sealed<'a> {
    enc: &'a [u8; ENC],
    ciphertext: &'a [u8],
    tag: &'a [u8; TAG],
}

impl<'a> Sealed<'a> {
    pub(super) fn split(sealed: &'a [u8]) -> Option<Self> {
        let (enc, rest) = sealed.split_first_chunk()?;
        let (ciphertext, tag) = rest.split_last_chunk()?;
        Some(Self { enc, ciphertext, tag })
    }
}

/// The plaintext of `sealed`.
pub(super) fn open(
    receiver: &ChannelSecret,
    info: &[u8],
    aad: &[u8],
    sealed: &Sealed<'_>,
) -> Result<Vec<u8>, SealError> {
    let open = || -> Result<Vec<u8>, HpkeError> {
        let receiver = PrivateKey::from_bytes(receiver.as_bytes())?;
        let enc = EncappedKey::from_bytes(sealed.enc)?;
        let tag = Tag::from_bytes(sealed.tag)?;
        let mut receiver = setup_receiver::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
            &OpModeR::Base,
            &receiver,
            &enc,
            info,
        )?;
        let mut plaintext = Vec::from(sealed.ciphertext);
        // How it was sealed, to whom and for which request: one tag answers all of it.
        let opened = receiver.open_inout_detached(plaintext.as_mut_slice().into(), aad, &tag);
        enforce("SEAL-24, SEAL-26, SEAL-27", opened)?;
        Ok(plaintext)
    };
    open().map_err(|error| match error {
        // All that decapsulation over X25519 refuses is a shared secret of zero (RFC 9180 section 7.1.4).
        HpkeError::DecapError => SealError::BlobKey,
        _ => SealError::BlobNotOpened,
    })
}
