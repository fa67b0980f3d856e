//! Revocation lists (RFC 5280 5).

use alloc::vec::Vec;

use ::der::{Tag, asn1::BitStringRef};

use super::{
    Certificate,
    der::{Pieces, context, time},
    error::{Malformed, PathProblem},
    extensions::Extensions,
    scheme,
};
use crate::verify::crypto::Scheme;

const WHAT: &str = "a revocation list";

/// The largest list that is read, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// A full list of one issuer about its own certificates, borrowed from its DER. Delta, indirect and partitioned lists
/// mark themselves by critical extensions, none of which is understood here, so that they are refused (ATT-107).
#[derive(Debug, Clone)]
pub(crate) struct Crl<'a> {
    tbs: &'a [u8],
    issuer: &'a [u8],
    this_update: u64,
    next_update: u64,
    /// Serial numbers as they stand, with the date of their revocation.
    revoked: Vec<(&'a [u8], u64)>,
    scheme: Scheme,
    signature: &'a [u8],
}

impl<'a> Crl<'a> {
    /// Reads `der`, one list and nothing after it.
    pub(crate) fn read(der: &'a [u8]) -> Result<Self, Malformed> {
        if der.len() > MAX_BYTES {
            return Err(Malformed("a revocation list of more than 1 MiB"));
        }
        let mut outer = Pieces::sequence(der, WHAT)?;
        let tbs = outer.bytes()?;
        let algorithm = outer.bytes()?;
        let signature: BitStringRef<'a> = outer.read()?;
        outer.end()?;

        let mut pieces = Pieces::sequence(tbs, WHAT)?;
        let version = pieces.optional(Tag::Integer)?.ok_or(Malformed(WHAT))?;
        if version.value() != [1] {
            return Err(Malformed("a revocation list that is not version 2"));
        }
        if pieces.bytes()? != algorithm {
            return Err(Malformed("a revocation list that names two signature algorithms"));
        }
        let issuer = pieces.bytes()?;
        let this_update = time(pieces.any()?)?;
        // Without a next update a list never ends, and an old one could hide a revocation for ever.
        let next_update = time(pieces.any()?)?;
        let revoked = match pieces.optional(Tag::Sequence)? {
            Some(entries) => entries_of(Pieces::inside(entries, Tag::Sequence, WHAT)?)?,
            None => Vec::new(),
        };
        if let Some(explicit) = pieces.optional(context(0))? {
            let mut list = Pieces::inside(explicit, context(0), WHAT)?;
            let extensions = Extensions::read(list.any()?)?;
            list.end()?;
            if extensions.unknown_critical(&[]).is_some() {
                return Err(Malformed("a revocation list of an unknown kind"));
            }
        }
        pieces.end()?;
        Ok(Self {
            tbs,
            issuer,
            this_update,
            next_update,
            revoked,
            scheme: scheme::signature(algorithm)?,
            signature: signature.as_bytes().ok_or(Malformed(WHAT))?,
        })
    }

    /// The DER of the name of who made it.
    pub(crate) fn issuer(&self) -> &'a [u8] {
        self.issuer
    }

    /// The first second of which it speaks.
    pub(crate) fn this_update(&self) -> u64 {
        self.this_update
    }

    /// The first second at which it says nothing any more.
    pub(crate) fn next_update(&self) -> u64 {
        self.next_update
    }

    /// Whether `issuer` made the list, it speaks at `now` (Unix seconds), and it does not revoke `certificate`.
    pub(super) fn judge(
        &self,
        certificate: &Certificate<'_>,
        issuer: &Certificate<'_>,
        now: u64,
    ) -> Result<(), PathProblem> {
        if issuer.key_usage().is_some_and(|usage| !usage.crl_sign) {
            return Err(PathProblem::CrlSigner("its key usage does not allow signing lists"));
        }
        if issuer.public_key().verify(self.scheme, self.tbs, self.signature).is_err() {
            return Err(PathProblem::CrlSigner("the signature does not verify"));
        }
        if now < self.this_update || now >= self.next_update {
            return Err(PathProblem::CrlDates {
                this_update: self.this_update,
                next_update: self.next_update,
            });
        }
        match self.revoked.iter().find(|(serial, _)| *serial == certificate.serial()) {
            Some((_, since)) => Err(PathProblem::Revoked { since: *since }),
            None => Ok(()),
        }
    }
}

fn entries_of<'a>(mut entries: Pieces<'a>) -> Result<Vec<(&'a [u8], u64)>, Malformed> {
    let mut revoked = Vec::new();
    while !entries.is_empty() {
        let mut entry = Pieces::inside(entries.any()?, Tag::Sequence, WHAT)?;
        let serial = entry.optional(Tag::Integer)?.ok_or(Malformed(WHAT))?.value();
        let since = time(entry.any()?)?;
        if !entry.is_empty() {
            let extensions = Extensions::read(entry.any()?)?;
            if extensions.unknown_critical(&[]).is_some() {
                return Err(Malformed("a revocation of an unknown kind"));
            }
        }
        entry.end()?;
        revoked.push((serial, since));
    }
    Ok(revoked)
}
