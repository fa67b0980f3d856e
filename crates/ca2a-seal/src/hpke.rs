//! Sealed payloads, version 2: HPKE (RFC 9180, base mode), bound to the request that carries them.
//!
//! ```text
//! 0x02 ‖ suite (2, big-endian) ‖ enc ‖ ciphertext
//!
//! enc, ciphertext = SealBase(pkR: audience, info: "ca2a/seal/v2", aad: JCS(context), plaintext)
//! ```
//!
//! Suite 1, the only one so far, is DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305. Its `enc` has 32 bytes,
//! its ciphertext 16 more than the plaintext.
//!
//! Receiver and sender each build the [`Context`] from what they know, and none of it travels with the blob. So a blob
//! that was lifted into another request, or sealed to a machine that runs something else, does not open. As in version
//! 1 a blob names no sender, and has no forward secrecy towards the receiver's key.
//!
//! ```
//! use ca2a_core::{Capability, Challenge, RecordId, Sha256};
//! use ca2a_seal::{ChannelSecret, hpke::{self, Context, SealRandomness}};
//!
//! let callee = ChannelSecret::from_bytes([7; 32]);
//! let (challenge, capability) = (Challenge::new("v1.x"), Capability::new("docs:read")?);
//! let record_id = RecordId::new("rec-1")?;
//! let context = Context {
//!     measurement: "sha384:5ea1",
//!     challenge: &challenge,
//!     chain_sha256: Sha256::of(b"the digests of the credentials"),
//!     requested_capability: &capability,
//!     record_id: &record_id,
//!     parent_record_hash: None,
//! };
//! let randomness = SealRandomness { ikm: [1; 32] };
//! let blob = hpke::seal(&callee.public(), &context, b"summarise chapter 3", randomness)?;
//! assert_eq!(hpke::open(&callee, &context, &blob)?, b"summarise chapter 3");
//!
//! // The same blob in a request for something else is a blob for nobody.
//! let other = Capability::new("docs:write")?;
//! let context = Context { requested_capability: &other, ..context };
//! assert!(hpke::open(&callee, &context, &blob).is_err());
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod context;
mod suite;

use alloc::vec::Vec;

use ca2a_core::{ChannelKey, requirement::holds};
use zeroize::ZeroizeOnDrop;

pub use context::{Context, chain_sha256};

use crate::{ChannelSecret, SealError, SealVersion};

/// The suites that [`open`] knows, as a handshake offers them, the best first.
pub const SUITES: [u16; 1] = [suite::ID];

/// Bytes that a blob of suite 1 has more than its plaintext.
pub const OVERHEAD: usize = HEADER + suite::ENC + suite::TAG;

const HEADER: usize = 1 + 2;

/// What one blob needs of randomness. Each value seals once: it is moved into [`seal`] and wiped there.
#[derive(ZeroizeOnDrop)]
pub struct SealRandomness {
    /// The keying material of the ephemeral key (`ikmE` of RFC 9180 section 7.1.3).
    pub ikm: [u8; 32],
}

impl core::fmt::Debug for SealRandomness {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.write_str("SealRandomness(..)")
    }
}

/// Seals `plaintext` with suite 1 so that only the holder of `audience` opens it, and only in `context` (SEAL-24,
/// SEAL-26).
///
/// # Errors
/// [`SealError::BlobKey`] when `audience` is of low order, [`SealError::PlaintextTooLong`] at 256 GiB.
pub fn seal(
    audience: &ChannelKey,
    context: &Context<'_>,
    plaintext: &[u8],
    randomness: SealRandomness,
) -> Result<Vec<u8>, SealError> {
    seal_bound(audience, &context.to_bytes(audience), plaintext, randomness)
}

/// The same under associated data of another making. It must name its own domain and the receiver, as [`Context`] does, so
/// that no blob is taken for one of another kind.
///
/// # Errors
/// As [`seal`].
pub fn seal_bound(
    audience: &ChannelKey,
    associated: &[u8],
    plaintext: &[u8],
    randomness: SealRandomness,
) -> Result<Vec<u8>, SealError> {
    let mut blob = Vec::with_capacity(plaintext.len().saturating_add(OVERHEAD));
    blob.push(SealVersion::V2.number());
    blob.extend_from_slice(&suite::ID.to_be_bytes());
    suite::seal(audience, suite::INFO, associated, plaintext, &randomness.ikm, &mut blob)?;
    Ok(blob)
}

/// Opens `blob`, sealed to the public half of `secret` in the same `context` (SEAL-25, SEAL-26).
///
/// # Errors
/// A blob that is too short, of another version or of a suite that is not known, an encapsulated key of low order, or
/// a ciphertext that does not authenticate. All are `SEALED_CHANNEL_ERROR`.
pub fn open(secret: &ChannelSecret, context: &Context<'_>, blob: &[u8]) -> Result<Vec<u8>, SealError> {
    open_bound(secret, &context.to_bytes(&secret.public()), blob)
}

/// Opens what [`seal_bound`] sealed under the same associated data.
///
/// # Errors
/// As [`open`].
pub fn open_bound(secret: &ChannelSecret, associated: &[u8], blob: &[u8]) -> Result<Vec<u8>, SealError> {
    // An unknown version or suite is the better news than a length that belongs to it.
    if let Some(found) =
        blob.first().copied().filter(|first| !holds("SEAL-25", *first == SealVersion::V2.number()))
    {
        return Err(SealError::BlobVersion { found });
    }
    let too_short = SealError::BlobTooShort { found: blob.len(), minimum: OVERHEAD };
    let (header, sealed) = blob.split_first_chunk::<HEADER>().ok_or(too_short.clone())?;
    let [_, high, low] = *header;
    let found = u16::from_be_bytes([high, low]);
    if !holds("SEAL-25", found == suite::ID) {
        return Err(SealError::BlobSuite { found });
    }
    let sealed = suite::Sealed::split(sealed).ok_or(too_short)?;
    suite::open(secret, suite::INFO, associated, &sealed)
}
