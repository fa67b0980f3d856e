//! Why a statement or a receipt was refused.

use std::fmt;

use ca2a_core::{ErrorCode, cose::CoseError};

use crate::{error::TraceError, merkle::MerkleError};

/// A refusal of a statement or of a receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScittError {
    /// The statement.
    #[error("the statement: {0}")]
    Statement(#[from] StatementFault),
    /// A receipt.
    #[error("{}: {fault}", Which(*receipt))]
    Receipt {
        /// Position in its statement, from 0; `None` for a receipt on its own.
        receipt: Option<usize>,
        /// What is wrong.
        fault: ReceiptFault,
    },
}

struct Which(Option<usize>);

impl fmt::Display for Which {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(position) => write!(out, "receipt {position}"),
            None => out.write_str("the receipt"),
        }
    }
}

/// What is wrong with a statement.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatementFault {
    /// The message around it, or a header.
    #[error(transparent)]
    Cose(#[from] CoseError),
    /// A claim without a character.
    #[error("claim `{0}` must not be empty")]
    EmptyClaim(i64),
    /// A content type beside a payload hash (RFC 9995: the type is then said by header 259).
    #[error("header 3 has no place beside header 258")]
    TypeOfDigest,
    /// A hash algorithm that is not known here.
    #[error("payload hash algorithm `{0}` is not supported")]
    HashAlgorithm(i64),
    /// A payload that is no digest of the algorithm.
    #[error("a digest under algorithm `{algorithm}` has {expected} bytes, the payload has {found}")]
    DigestLength {
        /// The algorithm.
        algorithm: i64,
        /// Bytes that its digests have.
        expected: usize,
        /// Bytes of the payload.
        found: usize,
    },
    /// A signer named by a certificate, which nobody here can judge.
    #[error("the signer is named by a certificate; only pinned keys are supported")]
    Certificate,
    /// A signer that is not pinned.
    #[error("`{issuer}` is not trusted with this key")]
    Untrusted {
        /// Who says it.
        issuer: String,
    },
    /// A time too far ahead.
    #[error("it is dated {0} s ahead")]
    Future(u64),
    /// A payload that holds no record.
    #[error("it holds no TRACE record")]
    NoRecord,
    /// A payload that holds no head of a log.
    #[error("it holds no tree head")]
    NoHead,
    /// A record in another form than the canonical one.
    #[error("its TRACE record is not in canonical form")]
    NotCanonical,
    /// The record that it holds.
    #[error(transparent)]
    Record(#[from] TraceError),
    /// A record of another subject, or the statement of another callee.
    #[error("its claim `sub` is not the subject of what it is about")]
    Subject,
    /// Another record, or another callee's statement.
    #[error("it is about something else")]
    OtherContent,
    /// Receipts that are none.
    #[error("header 394 must hold 1 to {0} receipts")]
    Receipts(usize),
    /// A receipt twice.
    #[error("it holds one receipt twice")]
    RepeatedReceipt,
    /// Receipts of logs that nobody pinned, and no other.
    #[error("no receipt of it is of a trusted log")]
    NoTrustedReceipt,
}

/// What is wrong with a receipt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptFault {
    /// The message around it, or a header.
    #[error(transparent)]
    Cose(#[from] CoseError),
    /// A tree of a kind that is not known here.
    #[error("verifiable data structure `{0}` is not supported")]
    DataStructure(i64),
    /// Proofs of another shape.
    #[error("header 396 must hold {0}")]
    Proof(&'static str),
    /// The proof.
    #[error(transparent)]
    Merkle(#[from] MerkleError),
    /// A proof that a receipt cannot carry: its path would be empty.
    #[error("a receipt needs a path of at least one hash")]
    EmptyPath,
    /// A root or size other than those of the head that was asked about.
    #[error("it is about another tree")]
    OtherTree,
    /// A log that is not pinned.
    #[error("`{issuer}` is not trusted with this key")]
    Untrusted {
        /// The log.
        issuer: String,
    },
    /// A time too far ahead.
    #[error("it is dated {0} s ahead")]
    Future(u64),
}

impl ScittError {
    /// The code on the wire.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Statement(fault) => fault.code(),
            Self::Receipt { fault, .. } => fault.code(),
        }
    }

    /// Whether this says that nobody here can judge it, rather than that it is bad.
    #[must_use]
    pub fn is_unverifiable(&self) -> bool {
        matches!(self.code(), ErrorCode::EvidenceUnsupported | ErrorCode::UntrustedSigner)
    }

    pub(super) fn at(self, position: usize) -> Self {
        match self {
            Self::Receipt { fault, .. } => Self::Receipt { receipt: Some(position), fault },
            statement @ Self::Statement(_) => statement,
        }
    }
}

impl StatementFault {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Cose(error) if error.is_unverifiable() => ErrorCode::EvidenceUnsupported,
            Self::HashAlgorithm(_) | Self::Certificate => ErrorCode::EvidenceUnsupported,
            Self::Untrusted { .. } | Self::NoTrustedReceipt => ErrorCode::UntrustedSigner,
            Self::Record(error) => error.code(),
            _ => ErrorCode::StatementInvalid,
        }
    }
}

impl ReceiptFault {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Cose(error) if error.is_unverifiable() => ErrorCode::EvidenceUnsupported,
            Self::DataStructure(_) => ErrorCode::EvidenceUnsupported,
            Self::Merkle(error) => error.code(),
            Self::Untrusted { .. } => ErrorCode::UntrustedSigner,
            _ => ErrorCode::ReceiptInvalid,
        }
    }
}

impl From<ReceiptFault> for ScittError {
    fn from(fault: ReceiptFault) -> Self {
        Self::Receipt { receipt: None, fault }
    }
}
