//! Checkpoints: a log's signature over its size and root together.
//!
//! A receipt's signature covers the root alone (RFC 9942), and one root can be reached by paths of several sizes: whoever
//! carries a receipt can restate its size, and sometimes its index. So a head to keep, and to hold the next one against,
//! comes from a checkpoint.

use ca2a_core::{
    EvaluationTime, Sha256,
    cose::{Claims, CoseError, Reader, Signer, Value, to_vec},
    requirement::holds,
};

use super::{Content, ReceiptFault, ScittError, SignedStatement, StatementFault, TrustedSigners};
use crate::merkle::{ConsistencyProof, InclusionProof, LeafHash, TreeHead};

/// A log's statement of its head, parsed: nothing of it is verified.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    statement: SignedStatement,
    head: TreeHead,
}

/// A head that a trusted log signed, size and root. No public constructor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedCheckpoint {
    head: TreeHead,
    claims: Claims,
}

/// What the payload is: an array of the size and the root.
const HEAD: &str = "application/vnd.ca2a.tree-head+cbor";
/// What the statement is about.
const SUBJECT: &str = "tree-head";

impl Checkpoint {
    pub(super) fn sign(
        issuer: &str,
        issued_at: u64,
        head: &TreeHead,
        signer: &Signer<'_>,
    ) -> Result<Self, ScittError> {
        let root = Value::Bytes(head.root.0.to_vec());
        let payload = to_vec(&Value::Array(vec![head.size.into(), root]));
        let payload = payload.map_err(|error| StatementFault::from(CoseError::from(error)))?;
        let claims =
            Claims { issuer: issuer.to_owned(), subject: SUBJECT.to_owned(), issued_at: Some(issued_at) };
        let statement = SignedStatement::of_payload(&claims, HEAD, &payload, signer)?;
        Ok(Self { statement, head: *head })
    }

    /// Reads a checkpoint in deterministic CBOR (LOG-44).
    ///
    /// # Errors
    /// What [`SignedStatement::read`] refuses, and a statement of anything but a head.
    pub fn read(input: &[u8]) -> Result<Self, ScittError> {
        let statement = SignedStatement::read(input)?;
        let is_head = matches!(statement.content(), Content::Payload(media_type) if media_type.is(HEAD))
            && statement.claims().subject == SUBJECT;
        let payload = statement.message().payload().filter(|_| holds("LOG-44", is_head));
        let payload = payload.ok_or(StatementFault::NoHead)?;
        let payload = Reader::default().value(payload).map_err(|_| StatementFault::NoHead)?;
        let head = match payload.as_array().map(Vec::as_slice) {
            Some([Value::Integer(size), Value::Bytes(root)]) => read_head(u64::try_from(*size).ok(), root),
            _ => None,
        };
        Ok(Self { head: head.ok_or(StatementFault::NoHead)?, statement })
    }

    /// The head that it states. Nobody has vouched for it yet.
    #[must_use]
    pub fn head(&self) -> &TreeHead {
        &self.head
    }

    /// The checkpoint's bytes.
    ///
    /// # Errors
    /// None for a checkpoint that was read or made; the writer's type has one.
    pub fn to_vec(&self) -> Result<Vec<u8>, ScittError> {
        self.statement.to_vec()
    }

    /// Verifies that one of `logs` signed the head, and not in the future (LOG-44).
    ///
    /// # Errors
    /// What [`SignedStatement::verify`] refuses.
    pub fn verify(self, logs: &TrustedSigners, at: EvaluationTime) -> Result<VerifiedCheckpoint, ScittError> {
        let verified = self.statement.verify(logs, at)?;
        Ok(VerifiedCheckpoint { head: self.head, claims: verified.claims().clone() })
    }
}

impl VerifiedCheckpoint {
    /// The head: the one to keep from now on, once it [extends](Self::extends) the one that was kept.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        self.head
    }

    /// Which log says it, and when.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Checks that the log only added to `kept` since (LOG-45).
    ///
    /// # Errors
    /// A proof that does not lead from the one head to the other: the log shows two histories, or the proof is not its own.
    pub fn extends(&self, kept: &TreeHead, proof: &ConsistencyProof) -> Result<(), ScittError> {
        Ok(proof.verify(kept, &self.head).map_err(ReceiptFault::from)?)
    }

    /// Checks that `leaf` is in the log at this head.
    ///
    /// # Errors
    /// A proof that does not lead from the leaf to the head.
    pub fn includes(&self, leaf: LeafHash, proof: &InclusionProof) -> Result<(), ScittError> {
        Ok(proof.verify(leaf, &self.head).map_err(ReceiptFault::from)?)
    }
}

fn read_head(size: Option<u64>, root: &[u8]) -> Option<TreeHead> {
    let head = TreeHead { size: size?, root: Sha256(root.try_into().ok()?) };
    (head.size > 0 || head == TreeHead::empty()).then_some(head)
}
