//! Algorithm identifiers: signature schemes (RFC 4055, RFC 5758) and keys (RFC 3279, RFC 5480).

use ::der::{Decode as _, Tag, asn1::AnyRef, asn1::ObjectIdentifier};

use super::{
    der::{Pieces, context},
    error::Malformed,
};
use crate::verify::crypto::{Hash, KeyKind, PublicKey, Salt, Scheme};

const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const ECDSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const RSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const RSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");

const WHAT: &str = "an algorithm identifier";
const UNSUPPORTED: Malformed = Malformed("a signature scheme or key that is not accepted");

/// An AlgorithmIdentifier: its name and what follows it.
fn identifier(bytes: &[u8]) -> Result<(ObjectIdentifier, Option<AnyRef<'_>>), Malformed> {
    let mut pieces = Pieces::sequence(bytes, WHAT)?;
    let oid = pieces.read()?;
    let parameters = if pieces.is_empty() { None } else { Some(pieces.any()?) };
    pieces.end()?;
    Ok((oid, parameters))
}

fn absent(parameters: Option<AnyRef<'_>>) -> Result<(), Malformed> {
    if parameters.is_none() { Ok(()) } else { Err(UNSUPPORTED) }
}

fn absent_or_null(parameters: Option<AnyRef<'_>>) -> Result<(), Malformed> {
    if parameters.is_none_or(AnyRef::is_null) { Ok(()) } else { Err(UNSUPPORTED) }
}

/// The scheme that the DER of a `signatureAlgorithm` names.
pub(super) fn signature(bytes: &[u8]) -> Result<Scheme, Malformed> {
    let (oid, parameters) = identifier(bytes)?;
    let ecdsa = |hash| absent(parameters).map(|()| Scheme::Ecdsa(hash));
    let pkcs1 = |hash| absent_or_null(parameters).map(|()| Scheme::RsaPkcs1(hash));
    match oid {
        ECDSA_SHA256 => ecdsa(Hash::Sha256),
        ECDSA_SHA384 => ecdsa(Hash::Sha384),
        ECDSA_SHA512 => ecdsa(Hash::Sha512),
        RSA_SHA256 => pkcs1(Hash::Sha256),
        RSA_SHA384 => pkcs1(Hash::Sha384),
        RSA_SHA512 => pkcs1(Hash::Sha512),
        RSA_PSS => pss(parameters.ok_or(UNSUPPORTED)?),
        _ => Err(UNSUPPORTED),
    }
}

fn hash(bytes: &[u8]) -> Result<Hash, Malformed> {
    let (oid, parameters) = identifier(bytes)?;
    absent_or_null(parameters)?;
    match oid {
        SHA256 => Ok(Hash::Sha256),
        SHA384 => Ok(Hash::Sha384),
        SHA512 => Ok(Hash::Sha512),
        _ => Err(UNSUPPORTED),
    }
}

/// `RSASSA-PSS-params` (RFC 4055 3.1): both hashes stated and equal, a salt of the digest's length, trailer 1. The
/// defaults are SHA-1, so nothing but the trailer may be left to them (ATT-102).
fn pss(parameters: AnyRef<'_>) -> Result<Scheme, Malformed> {
    let mut pieces = Pieces::inside(parameters, Tag::Sequence, WHAT)?;
    let message = hash(pieces.optional(context(0))?.ok_or(UNSUPPORTED)?.value())?;
    let (mask, inner) = identifier(pieces.optional(context(1))?.ok_or(UNSUPPORTED)?.value())?;
    if mask != MGF1 {
        return Err(UNSUPPORTED);
    }
    let mut mask = Pieces::inside(inner.ok_or(UNSUPPORTED)?, Tag::Sequence, WHAT)?;
    let mask_hash = mask.read::<ObjectIdentifier>()?;
    if !mask.is_empty() {
        absent_or_null(Some(mask.any()?))?;
    }
    mask.end()?;
    let salt = number(pieces.optional(context(2))?.ok_or(UNSUPPORTED)?)?;
    let trailer = pieces.optional(context(3))?.map_or(Ok(1), number)?;
    pieces.end()?;
    let same = match message {
        Hash::Sha256 => mask_hash == SHA256,
        Hash::Sha384 => mask_hash == SHA384,
        Hash::Sha512 => mask_hash == SHA512,
    };
    if same && usize::from(salt) == message.len() && trailer == 1 {
        Ok(Scheme::RsaPss(message, Salt::Digest))
    } else {
        Err(UNSUPPORTED)
    }
}

fn number(explicit: AnyRef<'_>) -> Result<u8, Malformed> {
    u8::from_der(explicit.value()).map_err(|_| Malformed(WHAT))
}

/// The key of a `SubjectPublicKeyInfo`: RSA, or a point on P-256 or P-384.
pub(crate) fn public_key(bytes: &[u8]) -> Result<PublicKey<'_>, Malformed> {
    let mut pieces = Pieces::sequence(bytes, "a public key")?;
    let (oid, parameters) = identifier(pieces.bytes()?)?;
    let bits: ::der::asn1::BitStringRef<'_> = pieces.read()?;
    pieces.end()?;
    let bytes = bits.as_bytes().ok_or(Malformed("a public key"))?;
    let kind = match oid {
        RSA if parameters.is_some_and(AnyRef::is_null) => KeyKind::Rsa,
        EC => match parameters.and_then(|curve| curve.decode_as::<ObjectIdentifier>().ok()) {
            Some(P256) => KeyKind::P256,
            Some(P384) => KeyKind::P384,
            _ => return Err(UNSUPPORTED),
        },
        _ => return Err(UNSUPPORTED),
    };
    Ok(PublicKey { kind, bytes })
}
