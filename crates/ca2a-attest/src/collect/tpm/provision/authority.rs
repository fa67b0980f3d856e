//! An authority that is made, certifies attestation keys, and is forgotten (RFC 5280).

use alloc::vec::Vec;

use aws_lc_rs::{
    rand::{SecureRandom as _, SystemRandom},
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use der::{
    Encode as _, Tag,
    asn1::{AnyRef, ObjectIdentifier, UtcTime},
};

use crate::verify::{
    tpm::{KeyMaterial, TpmPublic},
    x509::pem,
};

const ECDSA_WITH_SHA256: &str = "1.2.840.10045.4.3.2";
const COMMON_NAME: &str = "2.5.4.3";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const KEY_USAGE: &str = "2.5.29.15";
const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
const AIK_CERTIFICATE: &str = "2.23.133.8.3";

const CERTIFICATE: &str = "CERTIFICATE";
const ISSUER: &str = "ca2a throwaway authority";
const SUBJECT: &str = "attestation key";

/// A certificate that was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the certificate cannot be made: {0}")]
pub struct AuthorityError(&'static str);

/// A root of trust for as long as it lives. Its key is never written down.
#[derive(Debug)]
pub struct ThrowawayAuthority {
    key: EcdsaKeyPair,
    certificate: Vec<u8>,
    from: u64,
    to: u64,
}

impl ThrowawayAuthority {
    /// A new authority, valid from `from` to `to`, both in Unix seconds before 2050.
    ///
    /// # Errors
    /// Dates that no certificate can state, or no randomness.
    pub fn new(from: u64, to: u64) -> Result<Self, AuthorityError> {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)
            .map_err(|_| AuthorityError("no key was made"))?;
        let point = key.public_key().as_ref();
        let uncompressed = point.split_at_checked(33).filter(|_| point.len() == 65);
        let (x, y) = uncompressed.ok_or(AuthorityError("no key was made"))?;
        let spki = KeyMaterial::p256(x.get(1..).unwrap_or_default(), y).to_spki();
        let mut authority = Self { key, certificate: Vec::new(), from, to };
        let is_authority = sequence(&[&value(Tag::Boolean, &[0xff])]);
        // keyCertSign, cRLSign.
        let usage = value(Tag::BitString, &[1, 0b0000_0110]);
        let extensions = [extension(BASIC_CONSTRAINTS, &is_authority), extension(KEY_USAGE, &usage)];
        authority.certificate = authority.issue(ISSUER, &spki, &extensions)?;
        Ok(authority)
    }

    /// Its own certificate in DER: the root for whoever is to believe it.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// The same as PEM text.
    #[must_use]
    pub fn certificate_as_pem(&self) -> Vec<u8> {
        pem::text(&self.certificate, CERTIFICATE).into_bytes()
    }

    /// A certificate in DER for the attestation key of `public`, a TPMT_PUBLIC, with the extended key usage
    /// tcg-kp-AIKCertificate. Whatever the key may do: this authority does not look.
    ///
    /// # Errors
    /// No public area.
    pub fn certify(&self, public: &[u8]) -> Result<Vec<u8>, AuthorityError> {
        let public = TpmPublic::parse(public).map_err(|_| AuthorityError("that is no public area"))?;
        // digitalSignature.
        let usage = value(Tag::BitString, &[7, 0b1000_0000]);
        let purpose = sequence(&[&oid(AIK_CERTIFICATE)]);
        let extensions = [extension(KEY_USAGE, &usage), extension(EXTENDED_KEY_USAGE, &purpose)];
        self.issue(SUBJECT, &public.key.to_spki(), &extensions)
    }

    /// The same as PEM text, as a collector sends it along.
    ///
    /// # Errors
    /// As [`Self::certify`].
    pub fn certify_as_pem(&self, public: &[u8]) -> Result<Vec<u8>, AuthorityError> {
        Ok(pem::text(&self.certify(public)?, CERTIFICATE).into_bytes())
    }

    fn issue(&self, subject: &str, spki: &[u8], extensions: &[Vec<u8>]) -> Result<Vec<u8>, AuthorityError> {
        let algorithm = sequence(&[&oid(ECDSA_WITH_SHA256)]);
        let random = SystemRandom::new();
        let mut serial = [0; 16];
        random.fill(&mut serial).map_err(|_| AuthorityError("there is no randomness"))?;
        if let Some(first) = serial.first_mut() {
            // Positive, and as short as DER wants it.
            *first = (*first & 0x3f) | 0x40;
        }
        let explicit = |number: u8, inner: &[u8]| {
            value(Tag::ContextSpecific { constructed: true, number: der::TagNumber(number.into()) }, inner)
        };
        let signed = sequence(&[
            &explicit(0, &value(Tag::Integer, &[2])),
            &value(Tag::Integer, &serial),
            &algorithm,
            &name(ISSUER),
            &sequence(&[&time(self.from)?, &time(self.to)?]),
            &name(subject),
            spki,
            &explicit(3, &sequence(&extensions.iter().map(Vec::as_slice).collect::<Vec<_>>())),
        ]);
        let signature =
            self.key.sign(&random, &signed).map_err(|_| AuthorityError("no signature was made"))?;
        let bits = [&[0], signature.as_ref()].concat();
        Ok(sequence(&[&signed, &algorithm, &value(Tag::BitString, &bits)]))
    }
}

/// `body` under `tag`. Only a body that DER cannot count would be lost, and ours are short.
fn value(tag: Tag, body: &[u8]) -> Vec<u8> {
    AnyRef::new(tag, body).and_then(|value| value.to_der()).unwrap_or_default()
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    value(Tag::Sequence, &parts.concat())
}

fn oid(text: &str) -> Vec<u8> {
    ObjectIdentifier::new(text).ok().and_then(|oid| oid.to_der().ok()).unwrap_or_default()
}

fn name(common_name: &str) -> Vec<u8> {
    let attribute = sequence(&[&oid(COMMON_NAME), &value(Tag::Utf8String, common_name.as_bytes())]);
    sequence(&[&value(Tag::Set, &attribute)])
}

fn time(seconds: u64) -> Result<Vec<u8>, AuthorityError> {
    let time = UtcTime::from_unix_duration(core::time::Duration::from_secs(seconds));
    time.and_then(|time| time.to_der()).map_err(|_| AuthorityError("a date is not between 1970 and 2049"))
}

/// A critical extension.
fn extension(id: &str, inner: &[u8]) -> Vec<u8> {
    sequence(&[&oid(id), &[0x01, 0x01, 0xff], &value(Tag::OctetString, inner)])
}
