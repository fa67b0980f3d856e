//! Ed25519 (RFC 8032), strict.

use alloc::string::String;
use core::{
    fmt,
    hash::{Hash, Hasher},
};

use ed25519_dalek::{Signer as _, Verifier as _};

#[cfg(feature = "aws-lc")]
use super::assembly::Assembly;
use super::{KeyError, SignatureError};
use crate::{
    encoding::{EncodingError, base64url, from_base64url, from_hex, hex},
    requirement::holds,
};

/// Whoever demands a usable key.
const USABLE: &str = "CORE-14, DEL-12, DEL-29, REV-1";

/// An Ed25519 public key: canonical, not of small order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VerifyingKey(ed25519_dalek::VerifyingKey);

/// Whether y, the encoding without its sign bit, lies below p = 2^255 - 19.
fn is_canonical(bytes: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = bytes;
    last & 0x7f != 0x7f || middle.iter().any(|byte| *byte != 0xff) || *first < 0xed
}

/// The eight points whose order divides eight, in their canonical encodings without the sign bit: y = 1, -1 and 0, and
/// the two y of the points of order eight.
#[rustfmt::skip]
const SMALL_ORDER: [[u8; 32]; 5] = [
    [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
    ],
    [0; 32],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
        0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
        0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
];

/// Whether `encoding`, canonical, is a point of small order.
fn is_small_order(encoding: &[u8; 32]) -> bool {
    let mut y = *encoding;
    y[31] &= 0x7f;
    SMALL_ORDER.contains(&y)
}

impl VerifyingKey {
    /// Reads the 32 bytes of RFC 8032 section 5.1.2.
    ///
    /// # Errors
    /// Bytes that are no point, not canonical, or of small order.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        if !holds(USABLE, is_canonical(bytes)) {
            return Err(KeyError::NotCanonical);
        }
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NotAPoint)?;
        if holds(USABLE, !key.is_weak()) { Ok(Self(key)) } else { Err(KeyError::SmallOrder) }
    }

    /// Reads 64 lower-case hex characters.
    ///
    /// # Errors
    /// Other text, or bytes that [`Self::from_bytes`] refuses.
    pub fn from_hex(text: &str) -> Result<Self, KeyError> {
        Self::from_bytes(&from_hex(text).map_err(|_| KeyError::Encoding)?)
    }

    /// Reads the unpadded base64url of a JWK's `x` (RFC 8037).
    ///
    /// # Errors
    /// Other text, or bytes that [`Self::from_bytes`] refuses.
    pub fn from_base64url(text: &str) -> Result<Self, KeyError> {
        let bytes = from_base64url(text).map_err(|_| KeyError::Encoding)?;
        Self::from_bytes(&bytes.try_into().map_err(|_| KeyError::Encoding)?)
    }

    /// The 32 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// 64 lower-case hex characters.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex(self.as_bytes())
    }

    /// The `x` of a JWK.
    #[must_use]
    pub fn to_base64url(&self) -> String {
        base64url(self.as_bytes())
    }

    /// Verifies `signature` over `message`: S below L, R canonical, the cofactorless equation, no small-order point.
    ///
    /// # Errors
    /// When any of that does not hold.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> Result<(), SignatureError> {
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        // The library compares R with the encoding of the point that the equation gives, so an R that passes is canonical
        // and known by its bytes; `verify_strict` would decode it first, an eighth of all work.
        if is_small_order(signature.r_bytes()) {
            return Err(SignatureError);
        }
        self.0.verify(message, &signature).map_err(|_| SignatureError)
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "VerifyingKey({})", self.to_hex())
    }
}

impl fmt::Display for VerifyingKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.to_hex())
    }
}

impl Hash for VerifyingKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl PartialOrd for VerifyingKey {
    fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for VerifyingKey {
    fn cmp(&self, other: &Self) -> core::cmp::Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

/// An Ed25519 signature: R and S, 64 bytes. Having one says nothing about what it signs.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signature(pub [u8; 64]);

impl Signature {
    /// Reads 128 lower-case hex characters.
    ///
    /// # Errors
    /// Anything else.
    pub fn from_hex(text: &str) -> Result<Self, EncodingError> {
        from_hex(text).map(Self)
    }

    /// 128 lower-case hex characters.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex(&self.0)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Signature({})", self.to_hex())
    }
}

/// An Ed25519 private key. Wiped when dropped; its `Debug` shows the public half.
#[derive(Clone)]
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    #[cfg(feature = "aws-lc")]
    assembly: Assembly,
}

impl SigningKey {
    /// The key whose 32-byte seed (RFC 8032 section 5.1.5) is `seed`. The caller wipes its own copy.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self::of(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    pub(super) fn of(key: ed25519_dalek::SigningKey) -> Self {
        Self {
            #[cfg(feature = "aws-lc")]
            assembly: Assembly::of(key.as_bytes()),
            key,
        }
    }

    /// The seed, in a buffer that is wiped when dropped.
    #[must_use]
    pub fn seed(&self) -> zeroize::Zeroizing<[u8; 32]> {
        zeroize::Zeroizing::new(self.key.to_bytes())
    }

    /// The public half.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.key.verifying_key())
    }

    /// Signs `message`. The signature is a function of both (RFC 8032 section 5.1.6), whoever computes it.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Signature {
        #[cfg(feature = "aws-lc")]
        if let Some(signature) = self.assembly.sign(message) {
            return Signature(signature);
        }
        Signature(self.key.sign(message).to_bytes())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SigningKey(public {})", self.verifying_key())
    }
}
