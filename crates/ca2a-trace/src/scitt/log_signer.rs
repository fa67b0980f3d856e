//! Making receipts.

use ca2a_core::cose::{Claims, Draft, Reader, Signer, label};

use super::{
    Checkpoint, ConsistencyReceipt, InclusionReceipt, ReceiptFault, ScittError,
    proof::{write_consistency, write_inclusion},
    receipt::RFC9162_SHA256,
    statement::sign,
};
use crate::merkle::{ConsistencyProof, InclusionProof, LeafHash, TreeHead};

/// A log's name and key.
#[derive(Debug, Clone)]
pub struct LogSigner<'k> {
    issuer: String,
    signer: Signer<'k>,
}

impl<'k> LogSigner<'k> {
    /// A log called `issuer`.
    #[must_use]
    pub fn new(issuer: &str, signer: Signer<'k>) -> Self {
        Self { issuer: issuer.to_owned(), signer }
    }

    /// Signs that `leaf`, an entry about `subject`, is where `proof` says. The root that is signed is the one that the proof
    /// leads to, so a caller with a proof of another tree signs nothing it does not have (LOG-43).
    ///
    /// # Errors
    /// A path that fits no tree, or a tree of one leaf, whose path would be empty.
    pub fn include(
        &self,
        subject: &str,
        issued_at: u64,
        leaf: LeafHash,
        proof: &InclusionProof,
    ) -> Result<InclusionReceipt, ScittError> {
        let head = proof.lead(leaf).map_err(ReceiptFault::from)?;
        let draft = Draft::new().expose(label::PROOFS, write_inclusion(proof)?);
        let message = self.seal(subject, issued_at, draft, &head)?;
        InclusionReceipt::from_message(Reader::default(), message)
    }

    /// Signs the log's head, size and root (LOG-44).
    ///
    /// # Errors
    /// A log without a name.
    pub fn checkpoint(&self, issued_at: u64, head: &TreeHead) -> Result<Checkpoint, ScittError> {
        Checkpoint::sign(&self.issuer, issued_at, head, &self.signer)
    }

    /// Signs that the tree that `proof` leads to only adds to `old`.
    ///
    /// # Errors
    /// A proof that does not start at `old`, or one whose path would be empty: two heads of one size.
    pub fn extend(
        &self,
        subject: &str,
        issued_at: u64,
        old: &TreeHead,
        proof: &ConsistencyProof,
    ) -> Result<ConsistencyReceipt, ScittError> {
        let head = proof.lead(old).map_err(ReceiptFault::from)?;
        let draft = Draft::new().expose(label::PROOFS, write_consistency(proof)?);
        let message = self.seal(subject, issued_at, draft, &head)?;
        ConsistencyReceipt::from_message(Reader::default(), message)
    }

    fn seal(
        &self,
        subject: &str,
        issued_at: u64,
        draft: Draft,
        head: &TreeHead,
    ) -> Result<ca2a_core::cose::Sign1, ReceiptFault> {
        let claims =
            Claims { issuer: self.issuer.clone(), subject: subject.to_owned(), issued_at: Some(issued_at) };
        let draft = draft.protect(label::DATA_STRUCTURE, RFC9162_SHA256);
        Ok(sign(&claims, draft, &self.signer, Some(&head.root.0))?)
    }
}
