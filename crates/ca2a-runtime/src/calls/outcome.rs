//! What came of a call, signed: the last word of the node about it (GATE-4).

use ca2a_core::{
    ChannelKey, ErrorCode, RecordHash, Sha256, Signature, SigningKey, VerifyingKey,
    canonical::ObjectWriter,
    json::{self, ShapeError},
};

use super::{CallId, Epoch};

/// Sets these signatures apart from every other that the key makes.
const DOMAIN: &str = "ca2a-call-outcome-v1";

/// What came of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was handed on and answered, whatever the answer says. The digest names the answer.
    Completed(Sha256),
    /// Nothing of it was handed on, for this reason.
    Refused(ErrorCode),
    /// It may have been handed on, and nobody knows more.
    Unknown,
}

impl Outcome {
    /// Its word in the statement.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Completed(_) => "completed",
            Self::Refused(_) => "refused",
            Self::Unknown => "outcome_unknown",
        }
    }

    fn parts(&self) -> (Option<String>, Option<&'static str>) {
        match self {
            Self::Completed(answer) => (Some(answer.to_hex()), None),
            Self::Refused(code) => (None, Some(code.as_str())),
            Self::Unknown => (None, None),
        }
    }
}

/// What a node says about the end of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutcomeStatement {
    /// The call.
    pub call: CallId,
    /// The record of the decision about it.
    pub record: RecordHash,
    /// The channel key of the node that says so.
    pub channel_key: ChannelKey,
    /// The life of that node.
    pub epoch: Epoch,
    /// What came of it.
    pub outcome: Outcome,
    /// Unix seconds.
    pub issued_at: u64,
}

/// A statement and its signature, as one line of JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedOutcome {
    call: CallId,
    json: String,
}

/// A text that is no signed outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the outcome of the call {0}")]
pub struct OutcomeError(String);

impl OutcomeError {
    /// Always `STATEMENT_INVALID`.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        ErrorCode::StatementInvalid
    }
}

impl From<ShapeError> for OutcomeError {
    fn from(error: ShapeError) -> Self {
        Self(format!("is malformed: {error}"))
    }
}

impl SignedOutcome {
    /// The call that it is about.
    #[must_use]
    pub fn call(&self) -> CallId {
        self.call
    }

    /// One line of JSON.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.json
    }
}

impl OutcomeStatement {
    fn write(&self, signature: Option<&Signature>) -> Vec<u8> {
        let (answer, code) = self.outcome.parts();
        let body = ObjectWriter::new()
            .text_or_null("answer_sha256", answer.as_deref())
            .text("call_id", &self.call.to_string())
            .text("channel_key", &self.channel_key.to_string())
            .text_or_null("code", code)
            .text("domain", DOMAIN)
            .uint("epoch", self.epoch.0)
            .uint("issued_at", self.issued_at)
            .text("outcome", self.outcome.as_str())
            .text("record_hash", &self.record.to_string());
        match signature {
            Some(signature) => body.text("signature", &signature.to_hex()),
            None => body,
        }
        .finish()
    }

    /// Signs it with the key of the node's statements.
    #[must_use]
    pub fn sign(&self, key: &SigningKey) -> SignedOutcome {
        let signature = key.sign(&self.write(None));
        let json = String::from_utf8_lossy(&self.write(Some(&signature))).into_owned();
        SignedOutcome { call: self.call, json }
    }

    /// Reads a signed outcome and verifies that it is the word of `key`.
    ///
    /// # Errors
    /// Anything but a closed object in canonical form whose signature holds.
    pub fn verify(text: &str, key: &VerifyingKey) -> Result<Self, OutcomeError> {
        let malformed =
            |problem: &dyn ToString| OutcomeError(format!("is malformed: {}", problem.to_string()));
        let node = json::read(text.as_bytes()).map_err(|error| malformed(&error))?;
        let object = node.expect_object("outcome")?;
        let members = [
            "answer_sha256",
            "call_id",
            "channel_key",
            "code",
            "domain",
            "epoch",
            "issued_at",
            "outcome",
            "record_hash",
            "signature",
        ];
        object.closed(&members, &[])?;
        if object.text("domain")? != DOMAIN {
            return Err(OutcomeError("is of another domain".to_owned()));
        }
        let optional = |name: &str| object.optional(name).map(|node| node.expect_str(name)).transpose();
        let (answer, code) = (optional("answer_sha256")?, optional("code")?);
        let outcome = match (object.text("outcome")?, answer, code) {
            ("completed", Some(answer), None) => {
                Outcome::Completed(Sha256::from_hex(answer).map_err(|error| malformed(&error))?)
            }
            ("refused", None, Some(code)) => {
                Outcome::Refused(code.parse().map_err(|error| malformed(&error))?)
            }
            ("outcome_unknown", None, None) => Outcome::Unknown,
            _ => return Err(OutcomeError("says one thing and means another".to_owned())),
        };
        let statement = Self {
            call: CallId::from_hex(object.text("call_id")?).map_err(|error| malformed(&error))?,
            record: object.text("record_hash")?.parse().map_err(|error| malformed(&error))?,
            channel_key: object.text("channel_key")?.parse().map_err(|error| malformed(&error))?,
            epoch: Epoch(object.uint("epoch")?),
            outcome,
            issued_at: object.uint("issued_at")?,
        };
        let signature = Signature::from_hex(object.text("signature")?).map_err(|error| malformed(&error))?;
        if statement.write(Some(&signature)) != text.as_bytes() {
            return Err(OutcomeError("is not in its canonical form".to_owned()));
        }
        key.verify(&statement.write(None), &signature)
            .map_err(|_| OutcomeError("is not signed by the node".to_owned()))?;
        Ok(statement)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use ca2a_covers::covers;

    use super::*;

    fn statement(outcome: Outcome) -> OutcomeStatement {
        OutcomeStatement {
            call: CallId([7; 32]),
            record: RecordHash(Sha256::of(b"record")),
            channel_key: ChannelKey([9; 32]),
            epoch: Epoch(3),
            outcome,
            issued_at: 1_790_000_000,
        }
    }

    /// GATE-4
    #[test]
    fn an_outcome_is_read_back_as_it_was_signed() {
        covers!(accept, "GATE-4");
        let key = SigningKey::from_seed(&[1; 32]);
        let all = [
            Outcome::Completed(Sha256::of(b"answer")),
            Outcome::Refused(ErrorCode::UpstreamFailed),
            Outcome::Unknown,
        ];
        for outcome in all {
            let signed = statement(outcome).sign(&key);
            assert_eq!(
                OutcomeStatement::verify(signed.as_str(), &key.verifying_key()),
                Ok(statement(outcome))
            );
        }
    }

    /// GATE-4
    #[test]
    fn an_outcome_that_was_touched_or_is_by_somebody_else_is_refused() {
        covers!(refuse, "GATE-4");
        let (key, other) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
        let signed = statement(Outcome::Unknown).sign(&key);
        let text = signed.as_str();
        let touched = [
            text.replace("1790000000", "1790000001"),
            text.replace("outcome_unknown", "completed"),
            text.replace("-v1", "-v2"),
            text.replace(":null", ": null"),
            text.replacen('{', "{\"more\":1,", 1),
            String::new(),
        ];
        for text in &touched {
            let error = OutcomeStatement::verify(text, &key.verifying_key()).unwrap_err();
            assert_eq!(error.code(), ErrorCode::StatementInvalid, "{text}");
        }
        assert!(OutcomeStatement::verify(text, &other.verifying_key()).is_err());
    }
}
