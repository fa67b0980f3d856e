//! What a verifier knows about revocations, and as of when.

use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};

use ca2a_core::{
    CredentialDigest, EvaluationTime,
    json::{self, Node, Object},
    requirement::{enforce, holds, is_off},
};

use super::RevocationStatement;
use crate::{Credential, DelegationError, Document, MAX_FUTURE_SECONDS, grant::check_integer};

/// Revocation statements, and the time at which their supplier brought them up to date.
///
/// Each statement is signed; `as_of` is not, and neither is the selection. A bound on the age of a snapshot notices
/// a feed that has stopped, not a supplier that withholds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationSnapshot {
    as_of: u64,
    statements: Vec<RevocationStatement>,
    /// Which statements name a credential, by their places above.
    by_digest: BTreeMap<CredentialDigest, Vec<usize>>,
}

impl RevocationSnapshot {
    /// A snapshot of `statements` as of `as_of`, in Unix seconds. A statement may stand in it twice.
    ///
    /// # Errors
    /// `as_of` beyond 2^53-1; `INVALID_REVOCATION`.
    pub fn new(
        as_of: u64,
        statements: impl IntoIterator<Item = RevocationStatement>,
    ) -> Result<Self, DelegationError> {
        check_integer(Document::Snapshot, "as_of", as_of)?;
        let statements: Vec<_> = statements.into_iter().collect();
        let mut by_digest: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (place, statement) in statements.iter().enumerate() {
            by_digest.entry(statement.revoked()).or_default().push(place);
        }
        Ok(Self { as_of, statements, by_digest })
    }

    /// Reads a snapshot and verifies every statement in it.
    ///
    /// # Errors
    /// What is not strict JSON, not a snapshot, or holds one statement that does not verify; all
    /// `INVALID_REVOCATION`.
    pub fn from_json(input: &[u8]) -> Result<Self, DelegationError> {
        let unreadable = |source| DelegationError::Unreadable { document: Document::Snapshot, source };
        Self::from_node(&json::read(input).map_err(unreadable)?)
    }

    /// Takes a snapshot out of a document that was read strictly (REV-4). One bad statement refuses all of it
    /// (REV-5): dropping it would let whoever can damage a statement undo a revocation.
    ///
    /// # Errors
    /// What is not a snapshot, or holds one statement that does not verify; `INVALID_REVOCATION`.
    pub fn from_node(node: &Node<'_>) -> Result<Self, DelegationError> {
        let malformed = DelegationError::malformed(Document::Snapshot);
        let object = node.expect_object("revocation snapshot").map_err(&malformed)?;
        enforce("REV-4", object.closed(&["as_of", "revocations"], &[]).map_err(&malformed))?;
        let items = object.array("revocations").map_err(&malformed)?;
        let mut statements = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            match RevocationStatement::from_node(item) {
                Ok(statement) => statements.push(statement),
                Err(source) => {
                    let bad = DelegationError::Statement { index, source: Box::new(source) };
                    enforce("REV-5", Err(bad))?;
                }
            }
        }
        Self::new(object.uint("as_of").map_err(&malformed)?, statements)
    }

    /// The time, in Unix seconds, at which the supplier says this was up to date.
    #[must_use]
    pub fn as_of(&self) -> u64 {
        self.as_of
    }

    /// The statements, in order.
    #[must_use]
    pub fn statements(&self) -> &[RevocationStatement] {
        &self.statements
    }

    /// The wire form.
    #[must_use]
    pub fn to_node(&self) -> Node<'static> {
        let revocations: Node<'_> = self.statements.iter().map(RevocationStatement::to_node).collect();
        Object::from([("as_of", Node::from(self.as_of)), ("revocations", revocations)]).into()
    }

    /// REV-6, REV-7: a statement counts against a hop when its revoker issued that hop or one above it, and, in an
    /// audit, when it was made by then. `hops` are verified, so these issuers are a line of grantors indeed.
    pub(crate) fn check_hops(
        &self,
        hops: &[Credential],
        time: EvaluationTime,
    ) -> Result<(), DelegationError> {
        if self.statements.is_empty() {
            return Ok(());
        }
        for (hop, credential) in hops.iter().enumerate() {
            let places = self.by_digest.get(&credential.digest());
            let mut named = places.into_iter().flatten().filter_map(|place| self.statements.get(*place));
            let counts = |statement: &&RevocationStatement| {
                let made = match time {
                    EvaluationTime::Live(_) => true,
                    EvaluationTime::At(then) => holds("REV-7", statement.issued_at() <= then),
                };
                made && hops.iter().take(hop.saturating_add(1)).any(|by| by.issuer() == statement.revoker())
            };
            if let Some(statement) = named.find(counts).filter(|_| !is_off("REV-6")) {
                return Err(DelegationError::Revoked {
                    hop,
                    id: credential.id().clone(),
                    revoker: statement.revoker().to_hex(),
                    issued_at: statement.issued_at(),
                });
            }
        }
        Ok(())
    }

    /// REV-8, REV-9: at most `max` seconds old and, for a live decision, not from the future.
    pub(crate) fn check_age(&self, max: u64, time: EvaluationTime) -> Result<(), DelegationError> {
        let (as_of, at) = (self.as_of, time.seconds());
        match time {
            EvaluationTime::Live(now) if !holds("REV-9", as_of <= now.saturating_add(MAX_FUTURE_SECONDS)) => {
                Err(DelegationError::SnapshotFromFuture { as_of, now })
            }
            _ if !holds("REV-8", at.saturating_sub(as_of) <= max) => {
                Err(DelegationError::SnapshotStale { as_of, at, max })
            }
            _ => Ok(()),
        }
    }
}
