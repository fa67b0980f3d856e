//! The one front of the crypto backend: digests, and signatures of the kinds that certificates and evidence carry.
//!
//! Whoever calls it cannot pick a weak primitive: signatures over SHA-1, RSA below 2048 bits and curves other than P-256
//! and P-384 do not exist here (ATT-100).

#[cfg(test)]
mod wycheproof_tests;

use alloc::vec::Vec;
use core::fmt;

use aws_lc_rs::{
    digest,
    signature::{self, ParsedPublicKey, RsaParameters, RsaPssSaltLength, VerificationAlgorithm},
};

/// A hash function that a signature may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    fn algorithm(self) -> &'static digest::Algorithm {
        match self {
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        }
    }

    /// Length of a digest in bytes.
    pub(crate) fn len(self) -> usize {
        self.algorithm().output_len()
    }

    /// The digest of `message`.
    pub(crate) fn digest(self, message: &[u8]) -> Vec<u8> {
        digest::digest(self.algorithm(), message).as_ref().into()
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
        })
    }
}

/// SHA-256 of `message`, as the name of a certificate or a list.
pub(crate) fn sha256(message: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(digest::digest(&digest::SHA256, message).as_ref()) {
        *to = *from;
    }
    out
}

/// How long the salt of an RSA-PSS signature is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Salt {
    /// As long as the digest: every certificate, and TPMs that follow FIPS 186.
    Digest,
    /// As long as fits: the other length that TPMs sign with.
    Max,
}

/// How a signature was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Scheme {
    /// ECDSA; the signature is the DER of r and s ([`ecdsa_der`]).
    Ecdsa(Hash),
    /// RSASSA-PKCS1-v1_5.
    RsaPkcs1(Hash),
    /// RSASSA-PSS, MGF1 over the same hash.
    RsaPss(Hash, Salt),
}

/// What kind a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum KeyKind {
    P256,
    P384,
    Rsa,
}

/// A public key whose point or modulus has not been looked at yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PublicKey<'a> {
    pub(crate) kind: KeyKind,
    /// The uncompressed point of an elliptic curve, or the DER of an `RSAPublicKey` (RFC 8017 A.1.1).
    pub(crate) bytes: &'a [u8],
}

/// The signature does not verify, or the key cannot make one of that kind. Which it was tells an attacker's peer
/// nothing that a person could mend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadSignature;

impl PublicKey<'_> {
    /// Checks `signature` over `message`.
    pub(crate) fn verify(self, scheme: Scheme, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        let algorithm = algorithm(self.kind, scheme).ok_or(BadSignature)?;
        algorithm.verify_sig(self.bytes, message, signature).map_err(|_| BadSignature)
    }

    /// The key, read once for many signatures of one scheme.
    pub(crate) fn prepare(self, scheme: Scheme) -> Result<PreparedKey, BadSignature> {
        let algorithm = algorithm(self.kind, scheme).ok_or(BadSignature)?;
        ParsedPublicKey::new(algorithm, self.bytes).map(PreparedKey).map_err(|_| BadSignature)
    }
}

/// A public key that is ready to verify signatures of one scheme.
#[derive(Debug)]
pub(crate) struct PreparedKey(ParsedPublicKey);

impl PreparedKey {
    /// Checks `signature` over `message`.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        self.0.verify_sig(message, signature).map_err(|_| BadSignature)
    }
}

fn algorithm(kind: KeyKind, scheme: Scheme) -> Option<&'static dyn VerificationAlgorithm> {
    const PSS_MAX_SHA256: RsaParameters =
        signature::RSA_PSS_2048_8192_SHA256.with_pss_salt_length(RsaPssSaltLength::Max);
    const PSS_MAX_SHA384: RsaParameters =
        signature::RSA_PSS_2048_8192_SHA384.with_pss_salt_length(RsaPssSaltLength::Max);
    const PSS_MAX_SHA512: RsaParameters =
        signature::RSA_PSS_2048_8192_SHA512.with_pss_salt_length(RsaPssSaltLength::Max);
    Some(match (kind, scheme) {
        (KeyKind::P256, Scheme::Ecdsa(Hash::Sha256)) => &signature::ECDSA_P256_SHA256_ASN1,
        (KeyKind::P256, Scheme::Ecdsa(Hash::Sha384)) => &signature::ECDSA_P256_SHA384_ASN1,
        (KeyKind::P256, Scheme::Ecdsa(Hash::Sha512)) => &signature::ECDSA_P256_SHA512_ASN1,
        (KeyKind::P384, Scheme::Ecdsa(Hash::Sha256)) => &signature::ECDSA_P384_SHA256_ASN1,
        (KeyKind::P384, Scheme::Ecdsa(Hash::Sha384)) => &signature::ECDSA_P384_SHA384_ASN1,
        (KeyKind::P384, Scheme::Ecdsa(Hash::Sha512)) => &signature::ECDSA_P384_SHA512_ASN1,
        (KeyKind::Rsa, Scheme::RsaPkcs1(Hash::Sha256)) => &signature::RSA_PKCS1_2048_8192_SHA256,
        (KeyKind::Rsa, Scheme::RsaPkcs1(Hash::Sha384)) => &signature::RSA_PKCS1_2048_8192_SHA384,
        (KeyKind::Rsa, Scheme::RsaPkcs1(Hash::Sha512)) => &signature::RSA_PKCS1_2048_8192_SHA512,
        (KeyKind::Rsa, Scheme::RsaPss(Hash::Sha256, Salt::Digest)) => &signature::RSA_PSS_2048_8192_SHA256,
        (KeyKind::Rsa, Scheme::RsaPss(Hash::Sha384, Salt::Digest)) => &signature::RSA_PSS_2048_8192_SHA384,
        (KeyKind::Rsa, Scheme::RsaPss(Hash::Sha512, Salt::Digest)) => &signature::RSA_PSS_2048_8192_SHA512,
        (KeyKind::Rsa, Scheme::RsaPss(Hash::Sha256, Salt::Max)) => &PSS_MAX_SHA256,
        (KeyKind::Rsa, Scheme::RsaPss(Hash::Sha384, Salt::Max)) => &PSS_MAX_SHA384,
        (KeyKind::Rsa, Scheme::RsaPss(Hash::Sha512, Salt::Max)) => &PSS_MAX_SHA512,
        _ => return None,
    })
}

/// The DER of an ECDSA signature whose `r` and `s` are big-endian, as [`Scheme::Ecdsa`] wants it; `None` for numbers
/// of no length that such a signature has (1 to 66 bytes once leading zeros are gone).
pub(crate) fn ecdsa_der(r: &[u8], s: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::with_capacity(r.len().saturating_add(s.len()).saturating_add(8));
    for number in [r, s] {
        let start = number.iter().position(|byte| *byte != 0)?;
        let digits = number.get(start..)?;
        let sign = usize::from(digits.first().is_some_and(|byte| byte & 0x80 != 0));
        let length = digits.len().checked_add(sign).filter(|length| *length <= 66)?;
        body.extend([0x02, u8::try_from(length).ok()?]);
        body.extend(core::iter::repeat_n(0, sign));
        body.extend_from_slice(digits);
    }
    let length = u8::try_from(body.len()).ok()?;
    let mut out = Vec::with_capacity(body.len().saturating_add(3));
    out.push(0x30);
    if length >= 0x80 {
        out.push(0x81);
    }
    out.push(length);
    out.append(&mut body);
    Some(out)
}
