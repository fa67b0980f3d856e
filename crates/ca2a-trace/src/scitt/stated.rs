//! What of ours a statement can be about: the two signed things that a call leaves.

use std::borrow::Cow;

use ca2a_core::cose::Claims;

use crate::{
    statement::Statement,
    trust_record::{TrustRecord, did_jwk},
};

/// A TRACE record or a callee's statement, as one that a log holds is about it: its canonical bytes, and about whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stated<'t> {
    canonical: Cow<'t, [u8]>,
    subject: Cow<'t, str>,
}

impl Stated<'_> {
    /// Its canonical bytes, signature included.
    #[must_use]
    pub fn canonical(&self) -> &[u8] {
        &self.canonical
    }

    /// The claim `sub`: the subject of a record, the key of a callee as a DID (`did:jwk`).
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    pub(super) fn claims(&self, issuer: &str, issued_at: u64) -> Claims {
        let subject = self.subject().to_owned();
        Claims { issuer: issuer.to_owned(), subject, issued_at: Some(issued_at) }
    }
}

impl<'t> From<&'t TrustRecord<'_>> for Stated<'t> {
    fn from(record: &'t TrustRecord<'_>) -> Self {
        Self { canonical: record.canonical().into(), subject: record.subject().into() }
    }
}

impl From<&Statement> for Stated<'static> {
    fn from(statement: &Statement) -> Self {
        Self { canonical: statement.canonical().into(), subject: did_jwk(statement.callee()).into() }
    }
}
