//! `ca2a handoff attest`: what became of a task.

use std::path::{Path, PathBuf};

use ca2a_core::{
    ErrorCode,
    json::{Node, NumberPolicy, Reader},
};
use ca2a_handoff::{
    AgentIdentity, ExecutionAttestation, ExecutionStatus, HandoffError, attestation::Execution,
};

use crate::{
    answer::Answer,
    failure::Failure,
    key_file,
    number::Integer,
    page::{Line, Page},
    session::{Session, random},
};

/// Attest what became of a task
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The private key of whoever did it
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The packet that the task came in
    #[arg(long, value_name = "ID")]
    packet_id: String,
    /// How it ended: OK, ERROR, PARTIAL, REJECTED or TIMEOUT
    #[arg(long, value_name = "STATUS", default_value = "OK")]
    status: ExecutionStatus,
    /// What came out: a JSON object without fractions
    #[arg(long, value_name = "FILE")]
    result: PathBuf,
    /// Why it ended so: JSON without fractions
    #[arg(long, value_name = "FILE")]
    reason: Option<PathBuf>,
    /// When, Unix time, in place of now
    #[arg(long, value_name = "SECONDS")]
    at_time: Option<Integer>,
}

impl Args {
    pub(super) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let identity = AgentIdentity::new(key_file::load(session.fs, &self.key)?);
        let now = match self.at_time {
            Some(then) => then.uint("--at-time")?,
            None => session.clock.now(),
        };
        let result = payload(session, &self.result)?;
        let reason = self.reason.as_deref().map(|path| payload(session, path)).transpose()?;
        let attestation = ExecutionAttestation::sign(
            &Execution {
                packet_id: &self.packet_id,
                status: self.status,
                result: &result,
                reason: reason.as_ref(),
                nonce: u128::from_be_bytes(*random()?),
                timestamp_ms: now.saturating_mul(1_000),
            },
            &identity,
        )?;
        let page = Page::new()
            .line(Line::new().tick().strong(format!("{} attested for {}", self.status, self.packet_id)))
            .blank()
            .fact("by", Line::new().name(identity.agent_id().as_str()))
            .fact("outcome", attestation.outcome_hash().to_hex())
            .fact("attestation", attestation.to_json());
        let json = attestation.to_node().as_object().cloned().unwrap_or_default();
        Ok(Answer::new(json, page))
    }
}

fn payload(session: &Session<'_, '_>, path: &Path) -> Result<Node<'static>, Failure> {
    let bytes = session.document("payload", path, ErrorCode::HandoffAttestationInvalid)?;
    let node = Reader::new(NumberPolicy::Lexical).read(&bytes).map_err(HandoffError::from)?;
    Ok(node.into_owned())
}
