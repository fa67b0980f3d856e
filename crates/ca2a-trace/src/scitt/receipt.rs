//! Receipts (RFC 9942 section 5): a proof, and a log's signature over the root that it leads to.

use ca2a_core::{
    EvaluationTime, Sha256,
    cose::{Claims, CoseError, PublicKey, Reader, Sign1, SignatureInput, label},
    requirement::enforce,
};

use super::{
    ReceiptFault, ScittError, TrustedSigners,
    proof::{read_consistency, read_inclusion},
    signers::{ahead, shown},
};
use crate::merkle::{ConsistencyProof, InclusionProof, LeafHash, TreeHead};

/// RFC9162_SHA256, the one kind of tree that is known here.
pub(super) const RFC9162_SHA256: i64 = 1;

/// The message of a receipt, whichever proof it carries.
#[derive(Debug, Clone, PartialEq)]
struct Envelope {
    message: Sign1,
    claims: Claims,
}

impl Envelope {
    fn read(message: Sign1) -> Result<Self, ReceiptFault> {
        let headers = message.protected();
        let missing = |label| CoseError::Missing { label };
        match headers.int(label::DATA_STRUCTURE)?.ok_or(missing(label::DATA_STRUCTURE))? {
            RFC9162_SHA256 => {}
            other => return Err(ReceiptFault::DataStructure(other)),
        }
        headers.bytes(label::KEY_ID)?.ok_or(missing(label::KEY_ID))?;
        let claims = Claims::read(&headers.map(label::CLAIMS)?.ok_or(missing(label::CLAIMS))?)?;
        if message.payload().is_some() {
            return Err(CoseError::PayloadAttached.into());
        }
        Ok(Self { message, claims })
    }

    /// Verifies that a trusted log signed the root of `head`, and not in the future.
    fn verify(
        self,
        head: TreeHead,
        logs: &TrustedSigners,
        at: EvaluationTime,
    ) -> Result<Signed, ReceiptFault> {
        let key_id = self.message.key_id().unwrap_or_default();
        let key = logs
            .find(&self.claims.issuer, key_id)
            .ok_or_else(|| ReceiptFault::Untrusted { issuer: shown(&self.claims.issuer) })?;
        if let Some(ahead) = ahead(self.claims.issued_at, at) {
            return Err(ReceiptFault::Future(ahead));
        }
        let input = SignatureInput {
            detached: Some(&head.root.0),
            understood: &[label::DATA_STRUCTURE],
            ..SignatureInput::default()
        };
        enforce("LOG-41", self.message.verify_with(key, input).map(drop))?;
        Ok(Signed { head, claims: self.claims, key: key.clone() })
    }
}

/// A head whose root a trusted log signed.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Signed {
    head: TreeHead,
    claims: Claims,
    key: PublicKey,
}

macro_rules! receipt {
    ($(#[$doc:meta])* $name:ident, $proof:ident, $read:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            envelope: Envelope,
            proof: $proof,
        }

        impl $name {
            /// Reads a receipt in deterministic CBOR.
            ///
            /// # Errors
            /// See [`Self::read_with`].
            pub fn read(input: &[u8]) -> Result<Self, ScittError> {
                Self::read_with(Reader::default(), input)
            }

            /// Reads a receipt under the limits and in the encoding of `reader` (LOG-40).
            ///
            /// # Errors
            /// A message of another shape, a tree of another kind, a payload that is not detached, or a number of proofs
            /// that is not one.
            pub fn read_with(reader: Reader, input: &[u8]) -> Result<Self, ScittError> {
                let message = reader.sign1(input).map_err(ReceiptFault::from)?;
                Self::from_message(reader, message)
            }

            pub(super) fn from_message(reader: Reader, message: Sign1) -> Result<Self, ScittError> {
                let envelope = Envelope::read(message)?;
                let proof = $read(reader, &envelope.message)?;
                Ok(Self { envelope, proof })
            }

            /// Which log says it, and about whom. Nobody has verified it.
            #[must_use]
            pub fn claims(&self) -> &Claims {
                &self.envelope.claims
            }

            /// The proof.
            #[must_use]
            pub fn proof(&self) -> &$proof {
                &self.proof
            }

            /// The receipt's bytes.
            ///
            /// # Errors
            /// None for a receipt that was read or made; the writer's type has one.
            pub fn to_vec(&self) -> Result<Vec<u8>, ScittError> {
                Ok(self.envelope.message.to_vec().map_err(ReceiptFault::from)?)
            }
        }
    };
}

receipt! {
    /// A log's receipt for an entry, parsed: nothing of it is verified.
    InclusionReceipt, InclusionProof, read_inclusion
}
receipt! {
    /// A log's receipt for its own growth, parsed: nothing of it is verified.
    ConsistencyReceipt, ConsistencyProof, read_consistency
}

/// A leaf under a root that a trusted log signed. No public constructor.
///
/// The signature covers the root alone. The size of the tree and the leaf's index are as the receipt states them, and whoever
/// carried it may have restated them; [`Self::confirm`] holds them against a head from a [`super::Checkpoint`].
///
/// ```
/// # use ca2a_trace::scitt::VerifiedInclusion;
/// fn audit(receipt: &VerifiedInclusion) {
///     let _root = receipt.root();
/// }
/// ```
///
/// ```compile_fail,E0599
/// # use ca2a_trace::scitt::InclusionReceipt;
/// fn audit(receipt: &InclusionReceipt) {
///     let _root = receipt.root();
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedInclusion {
    signed: Signed,
    leaf: LeafHash,
    index: u64,
}

/// A root that a trusted log signed, and that only adds to a head that was kept. No public constructor.
///
/// The signature covers the newer root alone; its size is as the receipt states it. A head to keep comes from a
/// [`super::Checkpoint`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedConsistency {
    signed: Signed,
    old: TreeHead,
}

impl InclusionReceipt {
    /// Verifies that `leaf` is in a tree whose root one of `logs` signed (LOG-41).
    ///
    /// # Errors
    /// A path that fits no tree, a log that is not trusted, a time more than five minutes ahead, or a signature that does not
    /// hold, which is how another leaf shows.
    pub fn verify(
        self,
        leaf: LeafHash,
        logs: &TrustedSigners,
        at: EvaluationTime,
    ) -> Result<VerifiedInclusion, ScittError> {
        let head = self.proof.lead(leaf).map_err(ReceiptFault::from)?;
        let signed = self.envelope.verify(head, logs, at)?;
        Ok(VerifiedInclusion { signed, leaf, index: self.proof.index() })
    }
}

impl ConsistencyReceipt {
    /// Verifies that a tree whose root one of `logs` signed only adds to `old`, the head that the verifier kept (LOG-42).
    ///
    /// # Errors
    /// A proof about another tree, a log that showed `old` another history ([`ca2a_core::ErrorCode::LogInconsistent`]), a
    /// log that is not trusted, a time more than five minutes ahead, or a signature that does not hold.
    pub fn verify(
        self,
        old: &TreeHead,
        logs: &TrustedSigners,
        at: EvaluationTime,
    ) -> Result<VerifiedConsistency, ScittError> {
        let head = self.proof.lead(old).map_err(ReceiptFault::from)?;
        let signed = self.envelope.verify(head, logs, at)?;
        Ok(VerifiedConsistency { signed, old: *old })
    }
}

impl VerifiedInclusion {
    /// The root that the log signed.
    #[must_use]
    pub fn root(&self) -> Sha256 {
        self.signed.head.root
    }

    /// The leaf that is under it.
    #[must_use]
    pub fn leaf(&self) -> LeafHash {
        self.leaf
    }

    /// How many leaves the receipt says there are. Not signed.
    #[must_use]
    pub fn stated_size(&self) -> u64 {
        self.signed.head.size
    }

    /// Where the receipt says the leaf is, from 0. Not signed.
    #[must_use]
    pub fn stated_index(&self) -> u64 {
        self.index
    }

    /// Checks that the receipt is about the tree of `head`, and returns the leaf's index in it, which is certain then: in a
    /// tree of known size no two leaves have paths of one shape (LOG-46).
    ///
    /// # Errors
    /// Another size or root.
    pub fn confirm(&self, head: &TreeHead) -> Result<u64, ScittError> {
        if self.signed.head == *head { Ok(self.index) } else { Err(ReceiptFault::OtherTree.into()) }
    }

    /// What the log said about it.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.signed.claims
    }

    /// The log's key.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.signed.key
    }
}

impl VerifiedConsistency {
    /// The head that the verifier had.
    #[must_use]
    pub fn old(&self) -> TreeHead {
        self.old
    }

    /// The root that the log signed.
    #[must_use]
    pub fn root(&self) -> Sha256 {
        self.signed.head.root
    }

    /// How many leaves the receipt says there are now. Not signed.
    #[must_use]
    pub fn stated_size(&self) -> u64 {
        self.signed.head.size
    }

    /// Checks that the receipt is about the tree of `head` (LOG-46).
    ///
    /// # Errors
    /// Another size or root.
    pub fn confirm(&self, head: &TreeHead) -> Result<(), ScittError> {
        if self.signed.head == *head { Ok(()) } else { Err(ReceiptFault::OtherTree.into()) }
    }

    /// What the log said about it.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.signed.claims
    }

    /// The log's key.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        &self.signed.key
    }
}
