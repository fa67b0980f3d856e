//! The public part of a key of a TPM, whatever it was read from, and the signatures that it verifies.

use alloc::{boxed::Box, vec::Vec};
use core::fmt;

use der::{
    Encode as _, Tag,
    asn1::{AnyRef, BitStringRef, UintRef},
};

use super::signature::{Scheme, SignatureValue, TpmSignature};
use crate::verify::{
    crypto::{self, BadSignature, Hash, KeyKind, PublicKey, Salt, ecdsa_der},
    hash::HashAlgorithm,
    x509,
};

/// A curve of a TPM key (TPM_ECC_CURVE).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
}

impl Curve {
    pub(super) fn from_tcg(id: u16) -> Option<Self> {
        match id {
            0x0003 => Some(Self::P256),
            0x0004 => Some(Self::P384),
            _ => None,
        }
    }

    const fn size(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
        }
    }
}

/// An RSA key of 2048 to 4096 bits, or a key on P-256 or P-384. Two are equal when they are the same key.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyMaterial {
    kind: KeyKind,
    /// The uncompressed point, or the DER of an RSAPublicKey.
    bytes: Box<[u8]>,
}

impl KeyMaterial {
    /// The key of a SubjectPublicKeyInfo in DER, of a kind that is accepted.
    #[must_use]
    pub fn from_spki(der: &[u8]) -> Option<Self> {
        x509::public_key(der).ok().and_then(Self::from_public)
    }

    pub(super) fn from_public(key: PublicKey<'_>) -> Option<Self> {
        let uncompressed = key.kind == KeyKind::Rsa || key.bytes.first() == Some(&0x04);
        uncompressed.then(|| Self { kind: key.kind, bytes: key.bytes.into() })
    }

    /// The RSA key of `modulus` and `exponent`, both big-endian, if it is one of 2048 to 4096 bits.
    #[must_use]
    pub fn rsa(modulus: &[u8], exponent: &[u8]) -> Option<Self> {
        let start = modulus.iter().position(|byte| *byte != 0)?;
        let modulus = modulus.get(start..).filter(|modulus| (256..=512).contains(&modulus.len()))?;
        let mut body = UintRef::new(modulus).and_then(|number| number.to_der()).ok()?;
        body.extend(UintRef::new(exponent).and_then(|number| number.to_der()).ok()?);
        let bytes = AnyRef::new(Tag::Sequence, &body).and_then(|sequence| sequence.to_der()).ok()?;
        Some(Self { kind: KeyKind::Rsa, bytes: bytes.into() })
    }

    /// The key at `x` and `y`, big-endian, whose leading zeros a TPM may leave out.
    pub(super) fn ecc(curve: Curve, x: &[u8], y: &[u8]) -> Option<Self> {
        let mut bytes = Vec::from([0x04]);
        for coordinate in [x, y] {
            bytes.extend(core::iter::repeat_n(0, curve.size().checked_sub(coordinate.len())?));
            bytes.extend_from_slice(coordinate);
        }
        let kind = match curve {
            Curve::P256 => KeyKind::P256,
            Curve::P384 => KeyKind::P384,
        };
        Some(Self { kind, bytes: bytes.into() })
    }

    /// The key on P-256 at `x` and `y`, 32 bytes each.
    #[cfg(feature = "provision")]
    pub(crate) fn p256(x: &[u8], y: &[u8]) -> Self {
        Self { kind: KeyKind::P256, bytes: [&[0x04], x, y].concat().into() }
    }

    /// The SubjectPublicKeyInfo in DER (RFC 5280; RFC 3279 section 2.3): the inverse of [`from_spki`](Self::from_spki).
    #[must_use]
    pub fn to_spki(&self) -> Vec<u8> {
        // AlgorithmIdentifiers: rsaEncryption with NULL; id-ecPublicKey with the curve.
        const RSA: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
        const P256: &[u8] =
            b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
        const P384: &[u8] = b"\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22";
        let algorithm = match self.kind {
            KeyKind::P256 => P256,
            KeyKind::P384 => P384,
            _ => RSA,
        };
        let mut body = Vec::from(algorithm);
        let bits = BitStringRef::from_bytes(&self.bytes).and_then(|bits| bits.to_der());
        // Only more bytes than DER can count would fail, and a key has few.
        body.extend(bits.unwrap_or_default());
        AnyRef::new(Tag::Sequence, &body).and_then(|whole| whole.to_der()).unwrap_or_default()
    }

    pub(super) fn is_rsa(&self) -> bool {
        self.kind == KeyKind::Rsa
    }

    /// SHA-256 of the key, under which what is known of it is kept.
    #[must_use]
    pub fn id(&self) -> [u8; 32] {
        crypto::sha256(&self.bytes)
    }

    pub(super) fn verify(&self, message: &[u8], signature: &TpmSignature) -> Result<(), BadSignature> {
        let key = PublicKey { kind: self.kind, bytes: &self.bytes };
        let hash = match signature.hash {
            HashAlgorithm::Sha1 => return Err(BadSignature),
            HashAlgorithm::Sha256 => Hash::Sha256,
            HashAlgorithm::Sha384 => Hash::Sha384,
            HashAlgorithm::Sha512 => Hash::Sha512,
        };
        match (&signature.value, signature.scheme) {
            (SignatureValue::Ecdsa { r, s }, Scheme::Ecdsa) => {
                let der = ecdsa_der(r, s).ok_or(BadSignature)?;
                key.verify(crypto::Scheme::Ecdsa(hash), message, &der)
            }
            (SignatureValue::Rsa(bytes), Scheme::RsaSsa) => {
                key.verify(crypto::Scheme::RsaPkcs1(hash), message, bytes)
            }
            (SignatureValue::Rsa(bytes), Scheme::RsaPss) => {
                let verify = |salt| key.verify(crypto::Scheme::RsaPss(hash, salt), message, bytes);
                verify(Salt::Digest).or_else(|_| verify(Salt::Max))
            }
            _ => Err(BadSignature),
        }
    }
}

impl fmt::Debug for KeyMaterial {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "KeyMaterial({:?}, {})", self.kind, ca2a_core::encoding::hex(&self.id()))
    }
}
