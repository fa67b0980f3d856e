//! Transparent statements (RFC 9943 section 7): a statement with the receipts of the logs that took it in.

use std::collections::BTreeSet;

use ca2a_core::{
    EvaluationTime,
    cose::{Reader, Sign1, Value, label},
    requirement::{enforce, holds},
};

use super::{
    InclusionReceipt, ScittError, SignedStatement, StatementFault, TrustedSigners, VerifiedInclusion,
    VerifiedStatement,
};

/// A statement and its receipts, parsed: nothing of it is verified.
#[derive(Debug, Clone, PartialEq)]
pub struct TransparentStatement {
    statement: SignedStatement,
    receipts: Vec<Result<InclusionReceipt, ScittError>>,
    bytes: Vec<Vec<u8>>,
}

/// A statement of a trusted issuer that is in the log of at least one trusted key. No public constructor.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedTransparentStatement {
    statement: VerifiedStatement,
    receipts: Vec<VerifiedInclusion>,
    unverifiable: Vec<UnverifiableReceipt>,
}

/// A receipt that nobody here could judge: of a log that is not pinned, or of a kind that is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnverifiableReceipt {
    /// Position in the statement, from 0.
    pub position: usize,
    /// Why.
    pub reason: ScittError,
}

/// Receipts that one statement may carry.
const MAX_RECEIPTS: usize = 16;

impl TransparentStatement {
    /// Puts a statement and its receipts together.
    ///
    /// # Errors
    /// No receipt, more than 16, or one twice.
    pub fn new(statement: SignedStatement, receipts: Vec<InclusionReceipt>) -> Result<Self, ScittError> {
        let bytes = receipts.iter().map(InclusionReceipt::to_vec).collect::<Result<Vec<_>, _>>()?;
        check(&bytes)?;
        Ok(Self { statement, receipts: receipts.into_iter().map(Ok).collect(), bytes })
    }

    /// Reads a transparent statement in deterministic CBOR.
    ///
    /// # Errors
    /// See [`Self::read_with`].
    pub fn read(input: &[u8]) -> Result<Self, ScittError> {
        Self::read_with(Reader::default(), input)
    }

    /// Reads a transparent statement under the limits and in the encoding of `reader` (LOG-36). A receipt of a kind that is
    /// not known is kept: another may do.
    ///
    /// # Errors
    /// What [`SignedStatement::from_message`] refuses, no receipt, more than 16, one twice, or one that is broken.
    pub fn read_with(reader: Reader, input: &[u8]) -> Result<Self, ScittError> {
        let message = reader.sign1(input).map_err(StatementFault::from)?;
        let bytes = receipts_of(&message)?;
        check(&bytes)?;
        let mut receipts = Vec::with_capacity(bytes.len());
        for (position, receipt) in bytes.iter().enumerate() {
            let receipt = InclusionReceipt::read_with(reader, receipt).map_err(|error| error.at(position));
            match receipt {
                Err(error) if !error.is_unverifiable() => return Err(error),
                receipt => receipts.push(receipt),
            }
        }
        Ok(Self { statement: SignedStatement::from_message(message)?, receipts, bytes })
    }

    /// The statement. Nobody has verified it.
    #[must_use]
    pub fn statement(&self) -> &SignedStatement {
        &self.statement
    }

    /// The statement's bytes, receipts included.
    ///
    /// # Errors
    /// None for a statement that was read or made; the writer's type has one.
    pub fn to_vec(&self) -> Result<Vec<u8>, ScittError> {
        let receipts = self.bytes.iter().map(|bytes| Value::Bytes(bytes.clone())).collect();
        let outside = vec![(Value::from(label::RECEIPTS), Value::Array(receipts))];
        let message = self.statement.message().with_unprotected(outside).and_then(|message| message.to_vec());
        Ok(message.map_err(StatementFault::from)?)
    }

    /// Verifies the statement under `issuers` and its receipts under `logs` (LOG-37). A receipt of a trusted log that does
    /// not hold refuses the whole; one that nobody here can judge is listed.
    ///
    /// # Errors
    /// A statement or receipt that does not verify, or no receipt of a trusted log.
    pub fn verify(
        self,
        issuers: &TrustedSigners,
        logs: &TrustedSigners,
        at: EvaluationTime,
    ) -> Result<VerifiedTransparentStatement, ScittError> {
        let leaf = self.statement.leaf()?;
        let statement = self.statement.verify(issuers, at)?;
        let (mut receipts, mut unverifiable) = (Vec::new(), Vec::new());
        for (position, receipt) in self.receipts.into_iter().enumerate() {
            let verified = receipt.and_then(|receipt| receipt.verify(leaf, logs, at));
            match verified.map_err(|error| error.at(position)) {
                Ok(receipt) => receipts.push(receipt),
                Err(reason) if reason.is_unverifiable() => {
                    unverifiable.push(UnverifiableReceipt { position, reason });
                }
                Err(error) => enforce("LOG-37", Err(error))?,
            }
        }
        if receipts.is_empty() {
            return Err(StatementFault::NoTrustedReceipt.into());
        }
        Ok(VerifiedTransparentStatement { statement, receipts, unverifiable })
    }
}

impl VerifiedTransparentStatement {
    /// The statement.
    #[must_use]
    pub fn statement(&self) -> &VerifiedStatement {
        &self.statement
    }

    /// The receipts that hold, at least one.
    #[must_use]
    pub fn receipts(&self) -> &[VerifiedInclusion] {
        &self.receipts
    }

    /// The receipts that nobody here could judge.
    #[must_use]
    pub fn unverifiable(&self) -> &[UnverifiableReceipt] {
        &self.unverifiable
    }
}

fn receipts_of(message: &Sign1) -> Result<Vec<Vec<u8>>, StatementFault> {
    let receipts = message.unprotected().get(label::RECEIPTS).and_then(Value::as_array);
    let bytes =
        receipts.and_then(|receipts| receipts.iter().map(|receipt| receipt.as_bytes().cloned()).collect());
    bytes.ok_or(StatementFault::Receipts(MAX_RECEIPTS))
}

fn check(receipts: &[Vec<u8>]) -> Result<(), StatementFault> {
    if receipts.is_empty() || receipts.len() > MAX_RECEIPTS {
        return Err(StatementFault::Receipts(MAX_RECEIPTS));
    }
    let distinct: BTreeSet<_> = receipts.iter().collect();
    if holds("LOG-36", distinct.len() == receipts.len()) {
        Ok(())
    } else {
        Err(StatementFault::RepeatedReceipt)
    }
}
