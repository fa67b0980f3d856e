//! A log somewhere else, over HTTP.

use ca2a_core::ErrorCode;
use ca2a_trace::scitt::{Checkpoint, ConsistencyReceipt, InclusionReceipt, ScittError, SignedStatement};

use super::{
    EntryId, problem,
    target::{CHECKPOINT, CONSISTENCY, ENTRIES},
};
use crate::http::{ClientError, HttpClient, HttpReply, Origin};

/// A client of one log. What it hands out is parsed and nothing more: whoever asked verifies it.
#[derive(Debug, Clone)]
pub struct RemoteLog(HttpClient);

/// A log that could not be asked, or did not give what it was asked for.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RemoteLogError {
    /// No answer.
    #[error(transparent)]
    Http(#[from] ClientError),
    /// A refusal.
    #[error("the log refused with {status}: {code}: {message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The code that it gave, or `PEER_DENIAL` where it gave none of ours.
        code: ErrorCode,
        /// What it said.
        message: String,
    },
    /// An answer that is none.
    #[error(transparent)]
    Scitt(#[from] ScittError),
    /// Another statement than the one that was asked for.
    #[error("the log answered with another statement")]
    OtherStatement,
}

impl RemoteLogError {
    /// The code on the wire.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Http(error) => error.code(),
            Self::Refused { code, .. } => *code,
            Self::Scitt(error) => error.code(),
            Self::OtherStatement => ErrorCode::StatementInvalid,
        }
    }
}

impl RemoteLog {
    /// The log at `origin`.
    #[must_use]
    pub fn new(origin: Origin) -> Self {
        Self(HttpClient::new(origin).media("application/cose", "*/*"))
    }

    /// Registers `statement`, and returns its receipt; `None` when the log has it and has no receipt yet.
    ///
    /// # Errors
    /// No answer, a refusal, or an answer that is no receipt.
    pub async fn register(
        &self,
        statement: &SignedStatement,
    ) -> Result<Option<InclusionReceipt>, RemoteLogError> {
        let reply = self.0.post(ENTRIES, statement.entry()?).await?;
        match reply.status {
            303 => Ok(None),
            _ => Ok(Some(InclusionReceipt::read(&body(reply, 201)?)?)),
        }
    }

    /// The receipt of an entry; over the tree of the first `size` entries, where a size is given.
    ///
    /// # Errors
    /// No answer, a refusal (`RECEIPT_PENDING` while there is none), or an answer that is no receipt.
    pub async fn receipt(&self, id: EntryId, size: Option<u64>) -> Result<InclusionReceipt, RemoteLogError> {
        let query = size.map(|size| format!("?size={size}")).unwrap_or_default();
        Ok(InclusionReceipt::read(&self.fetch(&format!("{ENTRIES}/{id}{query}")).await?)?)
    }

    /// The statement of an entry.
    ///
    /// # Errors
    /// No answer, a refusal, or another statement.
    pub async fn statement(&self, id: EntryId) -> Result<SignedStatement, RemoteLogError> {
        let statement = SignedStatement::read(&self.fetch(&format!("{ENTRIES}/{id}/statement")).await?)?;
        if statement.leaf()? == id.0 { Ok(statement) } else { Err(RemoteLogError::OtherStatement) }
    }

    /// The signed head.
    ///
    /// # Errors
    /// No answer, a refusal, or an answer that is no checkpoint.
    pub async fn checkpoint(&self) -> Result<Checkpoint, RemoteLogError> {
        Ok(Checkpoint::read(&self.fetch(CHECKPOINT).await?)?)
    }

    /// A receipt that the tree of the first `new` entries only adds to the tree of the first `old`.
    ///
    /// # Errors
    /// No answer, a refusal, or an answer that is no receipt.
    pub async fn consistency(&self, old: u64, new: u64) -> Result<ConsistencyReceipt, RemoteLogError> {
        let answer = self.fetch(&format!("{CONSISTENCY}?old={old}&new={new}")).await?;
        Ok(ConsistencyReceipt::read(&answer)?)
    }

    async fn fetch(&self, path: &str) -> Result<Vec<u8>, RemoteLogError> {
        body(self.0.get(path).await?, 200)
    }
}

fn body(reply: HttpReply, expected: u16) -> Result<Vec<u8>, RemoteLogError> {
    if reply.status == expected {
        return Ok(reply.body.into());
    }
    let unknown = || (ErrorCode::PeerDenial, "with no problem details that we know".to_owned());
    let (code, message) = problem::read(&reply.body).unwrap_or_else(unknown);
    Err(RemoteLogError::Refused { status: reply.status, code, message })
}
