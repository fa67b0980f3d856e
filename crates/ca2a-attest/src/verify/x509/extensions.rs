//! The extensions of a certificate or list.

use alloc::vec::Vec;

use ::der::{
    Decode as _, Tag,
    asn1::{AnyRef, BitStringRef, ObjectIdentifier, OctetStringRef},
};

use super::{der::Pieces, error::Malformed};

/// The names of things that several platforms need.
pub(crate) mod oid {
    use ::der::asn1::ObjectIdentifier;

    pub(crate) const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
    pub(crate) const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
    pub(crate) const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
    pub(crate) const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");
}

const WHAT: &str = "an extension";

/// One extension.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extension<'a> {
    pub(super) oid: ObjectIdentifier,
    pub(super) critical: bool,
    /// What its OCTET STRING holds.
    pub(super) value: &'a [u8],
}

/// Extensions, each name once.
#[derive(Debug, Clone, Default)]
pub(super) struct Extensions<'a>(Vec<Extension<'a>>);

/// What a certificate says about issuing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BasicConstraints {
    pub(super) ca: bool,
    pub(super) path_length: Option<u8>,
}

/// The bits of a key usage that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyUsage {
    pub(super) certificate_sign: bool,
    pub(super) crl_sign: bool,
}

impl<'a> Extensions<'a> {
    /// Reads `list`, the SEQUENCE of extensions.
    pub(super) fn read(list: AnyRef<'a>) -> Result<Self, Malformed> {
        let mut pieces = Pieces::inside(list, Tag::Sequence, WHAT)?;
        let mut out = Vec::<Extension<'a>>::new();
        while !pieces.is_empty() {
            let mut one = Pieces::inside(pieces.any()?, Tag::Sequence, WHAT)?;
            let oid = one.read()?;
            let critical = one.optional(Tag::Boolean)?;
            let critical = match critical.map(|value| value.decode_as::<bool>()) {
                None => false,
                // FALSE is the default, which DER leaves out.
                Some(Ok(true)) => true,
                Some(_) => return Err(Malformed(WHAT)),
            };
            let value = one.read::<&OctetStringRef>()?.as_bytes();
            one.end()?;
            if out.iter().any(|known| known.oid == oid) {
                return Err(Malformed("the same extension twice"));
            }
            out.push(Extension { oid, critical, value });
        }
        Ok(Self(out))
    }

    /// What the extension called `oid` holds.
    pub(super) fn get(&self, oid: ObjectIdentifier) -> Option<&'a [u8]> {
        self.0.iter().find(|extension| extension.oid == oid).map(|extension| extension.value)
    }

    /// The first critical extension that is in none of the lists of `known`.
    pub(super) fn unknown_critical(&self, known: &[&[ObjectIdentifier]]) -> Option<ObjectIdentifier> {
        let unknown = |extension: &&Extension<'_>| {
            extension.critical && !known.iter().any(|known| known.contains(&extension.oid))
        };
        self.0.iter().find(unknown).map(|extension| extension.oid)
    }

    /// RFC 5280 4.2.1.9.
    pub(super) fn basic_constraints(&self) -> Result<Option<BasicConstraints>, Malformed> {
        let Some(value) = self.get(oid::BASIC_CONSTRAINTS) else { return Ok(None) };
        let wrong = Malformed("the basic constraints");
        let mut pieces = Pieces::sequence(value, wrong.0)?;
        let ca = match pieces.optional(Tag::Boolean)? {
            Some(ca) => ca.decode_as::<bool>().map_err(|_| wrong)?,
            None => false,
        };
        let path_length = match pieces.optional(Tag::Integer)? {
            Some(length) => Some(length.decode_as::<u8>().map_err(|_| wrong)?),
            None => None,
        };
        pieces.end()?;
        Ok(Some(BasicConstraints { ca, path_length }))
    }

    /// RFC 5280 4.2.1.3.
    pub(super) fn key_usage(&self) -> Result<Option<KeyUsage>, Malformed> {
        let Some(value) = self.get(oid::KEY_USAGE) else { return Ok(None) };
        let bits = BitStringRef::from_der(value).map_err(|_| Malformed("the key usage"))?;
        let bit = |at| bits.get(at).unwrap_or(false);
        Ok(Some(KeyUsage { certificate_sign: bit(5), crl_sign: bit(6) }))
    }

    /// The purposes of the key, empty where the certificate names none (RFC 5280 4.2.1.12).
    pub(super) fn extended_key_usage(&self) -> Result<Vec<ObjectIdentifier>, Malformed> {
        let Some(value) = self.get(oid::EXTENDED_KEY_USAGE) else { return Ok(Vec::new()) };
        let mut pieces = Pieces::sequence(value, "the extended key usage")?;
        let mut purposes = Vec::new();
        while !pieces.is_empty() {
            purposes.push(pieces.read()?);
        }
        Ok(purposes)
    }
}
