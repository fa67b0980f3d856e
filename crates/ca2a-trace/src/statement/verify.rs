//! Verifying that a statement is the word of a callee that the verifier knows.

use ca2a_core::{ChannelKey, EvaluationTime, VerifyingKey};

use super::{Statement, StatementError, StatementFacts};
use crate::trust_record::CLOCK_SKEW;

/// Oldest statement that is accepted unless the verifier says otherwise: one day.
const DEFAULT_MAX_AGE: u64 = 86_400;

/// Verifies statements of one callee, whose key the verifier knows from its metadata or a handshake.
#[derive(Debug, Clone)]
pub struct StatementVerifier {
    callee: VerifyingKey,
    channel_key: Option<ChannelKey>,
    max_age: Option<u64>,
    max_future_skew: u64,
}

impl StatementVerifier {
    /// A verifier that accepts statements of `callee` of the last day, under any channel key.
    #[must_use]
    pub fn new(callee: VerifyingKey) -> Self {
        let (max_age, max_future_skew) = (Some(DEFAULT_MAX_AGE), CLOCK_SKEW);
        Self { callee, channel_key: None, max_age, max_future_skew }
    }

    /// The channel key that the call was made to, as the handshake served it.
    #[must_use]
    pub fn channel_key(mut self, key: ChannelKey) -> Self {
        self.channel_key = Some(key);
        self
    }

    /// Seconds that a statement may be old; `None` for an audit of history.
    #[must_use]
    pub fn max_age(mut self, seconds: Option<u64>) -> Self {
        self.max_age = seconds;
        self
    }

    /// Seconds that a statement may be dated ahead of now.
    #[must_use]
    pub fn max_future_skew(mut self, seconds: u64) -> Self {
        self.max_future_skew = seconds;
        self
    }

    /// Verifies `statement` (TRC-106), in this order: whose it is, under which channel key, when, the signature.
    ///
    /// # Errors
    /// The first check that does not hold; `UNTRUSTED_SIGNER` for another callee, else `STATEMENT_INVALID`.
    pub fn verify(
        &self,
        statement: Statement,
        at: EvaluationTime,
    ) -> Result<VerifiedStatement, StatementError> {
        let found = *statement.callee();
        if found != self.callee {
            return Err(StatementError::OtherCallee { expected: self.callee.into(), found: found.into() });
        }
        let facts = statement.facts();
        if let Some(expected) = self.channel_key.filter(|expected| *expected != facts.channel_key) {
            return Err(StatementError::OtherChannelKey { expected, found: facts.channel_key });
        }
        let (now, allowed) = (at.seconds(), self.max_future_skew);
        let ahead = facts.issued_at.saturating_sub(now);
        if ahead > allowed {
            return Err(StatementError::Future { ahead, allowed });
        }
        let age = now.saturating_sub(facts.issued_at);
        if let Some(allowed) = self.max_age.filter(|allowed| age > *allowed) {
            return Err(StatementError::Stale { age, allowed });
        }
        found
            .verify(&statement.signing_input(), statement.signature())
            .map_err(|_| StatementError::SignatureInvalid)?;
        Ok(VerifiedStatement { statement })
    }

    /// Reads and verifies a statement from bytes.
    ///
    /// # Errors
    /// Whatever [`Statement::from_json`] or [`Self::verify`] refuses.
    pub fn verify_json(&self, input: &[u8], at: EvaluationTime) -> Result<VerifiedStatement, StatementError> {
        self.verify(Statement::from_json(input)?, at)
    }
}

/// A statement that its callee signed: only a [`StatementVerifier`] makes one.
///
/// ```compile_fail,E0451
/// # use ca2a_trace::statement::{Statement, VerifiedStatement};
/// fn forge(statement: Statement) -> VerifiedStatement {
///     VerifiedStatement { statement }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedStatement {
    statement: Statement,
}

impl VerifiedStatement {
    /// The statement.
    #[must_use]
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// What the callee says.
    #[must_use]
    pub fn facts(&self) -> &StatementFacts {
        self.statement.facts()
    }

    /// Whose word it is.
    #[must_use]
    pub fn callee(&self) -> &VerifyingKey {
        self.statement.callee()
    }
}
