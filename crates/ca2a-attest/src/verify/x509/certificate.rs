//! One certificate, read and not believed.

use ::der::{
    Tag,
    asn1::{BitStringRef, ObjectIdentifier},
};

use super::{
    der::{Pieces, context, time},
    error::Malformed,
    extensions::{BasicConstraints, Extensions, KeyUsage, oid},
    scheme,
};
use crate::verify::crypto::{PublicKey, Scheme};

const WHAT: &str = "a certificate";

/// The largest certificate that is read, in bytes. Those of the platforms take one to two thousand.
const MAX_BYTES: usize = 16 << 10;

/// An X.509 version 3 certificate, borrowed from its DER (RFC 5280 4.1).
#[derive(Debug, Clone)]
pub(crate) struct Certificate<'a> {
    der: &'a [u8],
    tbs: &'a [u8],
    serial: &'a [u8],
    issuer: &'a [u8],
    subject: &'a [u8],
    not_before: u64,
    not_after: u64,
    public_key: PublicKey<'a>,
    extensions: Extensions<'a>,
    basic_constraints: Option<BasicConstraints>,
    key_usage: Option<KeyUsage>,
    scheme: Scheme,
    signature: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// Reads `der`, one certificate and nothing after it.
    pub(crate) fn read(der: &'a [u8]) -> Result<Self, Malformed> {
        if der.len() > MAX_BYTES {
            return Err(Malformed("a certificate of more than 16 KiB"));
        }
        let mut outer = Pieces::sequence(der, WHAT)?;
        let tbs = outer.bytes()?;
        let algorithm = outer.bytes()?;
        let signature: BitStringRef<'a> = outer.read()?;
        outer.end()?;

        let mut pieces = Pieces::sequence(tbs, WHAT)?;
        // Version 3 is 2; the earlier ones have no extensions and so no rules to follow.
        let version = pieces.optional(context(0))?.ok_or(Malformed(WHAT))?;
        if version.value() != [0x02, 0x01, 0x02] {
            return Err(Malformed("a certificate that is not version 3"));
        }
        let serial = pieces.optional(Tag::Integer)?.ok_or(Malformed(WHAT))?.value();
        if pieces.bytes()? != algorithm {
            return Err(Malformed("a certificate that names two signature algorithms"));
        }
        let issuer = pieces.bytes()?;
        let mut validity = Pieces::inside(pieces.any()?, Tag::Sequence, "the validity")?;
        let (not_before, not_after) = (time(validity.any()?)?, time(validity.any()?)?);
        validity.end()?;
        let subject = pieces.bytes()?;
        let public_key = scheme::public_key(pieces.bytes()?)?;
        let extensions = match pieces.optional(context(3))? {
            Some(explicit) => {
                let mut list = Pieces::inside(explicit, context(3), "the extensions")?;
                let extensions = Extensions::read(list.any()?)?;
                list.end()?;
                extensions
            }
            None => Extensions::default(),
        };
        pieces.end()?;

        Ok(Self {
            der,
            tbs,
            serial,
            issuer,
            subject,
            not_before,
            not_after,
            public_key,
            basic_constraints: extensions.basic_constraints()?,
            key_usage: extensions.key_usage()?,
            extensions,
            scheme: scheme::signature(algorithm)?,
            signature: signature.as_bytes().ok_or(Malformed("the signature"))?,
        })
    }

    /// The bytes that it was read from.
    pub(crate) fn der(&self) -> &'a [u8] {
        self.der
    }

    /// The content of the serial number, as it stands.
    pub(crate) fn serial(&self) -> &'a [u8] {
        self.serial
    }

    /// The DER of the issuer's name.
    pub(crate) fn issuer(&self) -> &'a [u8] {
        self.issuer
    }

    /// The DER of the subject's name.
    pub(crate) fn subject(&self) -> &'a [u8] {
        self.subject
    }

    /// The first second of its validity.
    pub(crate) fn not_before(&self) -> u64 {
        self.not_before
    }

    /// The last second of its validity.
    pub(crate) fn not_after(&self) -> u64 {
        self.not_after
    }

    /// Its key.
    pub(crate) fn public_key(&self) -> PublicKey<'a> {
        self.public_key
    }

    /// How its issuer signed it.
    pub(crate) fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// What the extension called `oid` holds.
    pub(crate) fn extension(&self, oid: ObjectIdentifier) -> Option<&'a [u8]> {
        self.extensions.get(oid)
    }

    /// The purposes of its key, empty where it names none.
    ///
    /// # Errors
    /// An extension that is no list of purposes.
    pub(crate) fn extended_key_usage(&self) -> Result<alloc::vec::Vec<ObjectIdentifier>, Malformed> {
        self.extensions.extended_key_usage()
    }

    /// The common name of its subject, where there is exactly one.
    pub(crate) fn common_name(&self) -> Option<&'a str> {
        let mut found = None;
        let mut names = Pieces::sequence(self.subject, "a name").ok()?;
        while !names.is_empty() {
            let mut set = Pieces::inside(names.any().ok()?, Tag::Set, "a name").ok()?;
            while !set.is_empty() {
                let mut one = Pieces::inside(set.any().ok()?, Tag::Sequence, "a name").ok()?;
                let (oid, value): (ObjectIdentifier, _) = (one.read().ok()?, one.any().ok()?);
                if oid == oid::COMMON_NAME && found.replace(value.value()).is_some() {
                    return None;
                }
            }
        }
        core::str::from_utf8(found?).ok()
    }

    /// Whether it says that it is an authority.
    pub(crate) fn is_ca(&self) -> bool {
        self.basic_constraints.is_some_and(|constraints| constraints.ca)
    }

    pub(super) fn basic_constraints(&self) -> Option<BasicConstraints> {
        self.basic_constraints
    }

    pub(super) fn key_usage(&self) -> Option<KeyUsage> {
        self.key_usage
    }

    pub(super) fn unknown_critical(&self, known: &[&[ObjectIdentifier]]) -> Option<ObjectIdentifier> {
        self.extensions.unknown_critical(known)
    }

    /// Whether the key of `issuer` signed it.
    pub(crate) fn is_signed_by(&self, issuer: &Certificate<'_>) -> bool {
        issuer.public_key.verify(self.scheme, self.tbs, self.signature).is_ok()
    }
}
