//! `ca2a handoff serve --stdio`: the adapters, for a framework in any language, one JSON object a line.

mod answer;

use std::{
    io::{BufRead as _, Read as _, stdin},
    path::PathBuf,
};

use ca2a_core::ErrorCode;
use ca2a_handoff::AgentIdentity;
use ca2a_runtime::{
    handoff::HandoffStore,
    store::{MemoryReplayStore, ReplayLimits},
};

use self::answer::Desk;
use super::judge::JudgeArgs;
use crate::{answer::Answer, failure::Failure, key_file, session::Session};

/// The longest line that is read.
const LONGEST: u64 = 1 << 20;

/// Answer framework adapters over standard input and output, one JSON object a line
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Speak over standard input and output
    #[arg(long, required = true)]
    stdio: bool,
    /// The agent's private key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Where spent nonces are remembered; without it, in memory
    #[arg(long, value_name = "FILE")]
    store: Option<PathBuf>,
    #[command(flatten)]
    judge: JudgeArgs,
}

impl Args {
    pub(super) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let identity = AgentIdentity::new(key_file::load(session.fs, &self.key)?);
        let verifier = self.judge.verifier(session, identity.agent_id())?;
        let unavailable = |error: ca2a_runtime::store::StoreError| {
            Failure::new(ErrorCode::StoreUnavailable, error.to_string())
        };
        let durable = match &self.store {
            Some(path) => Some(HandoffStore::open(path, ReplayLimits::default()).map_err(unavailable)?),
            None => None,
        };
        let memory = MemoryReplayStore::default();
        let mut desk = Desk::new(
            &identity,
            &verifier,
            match &durable {
                Some(store) => store,
                None => &memory,
            },
        );
        let mut input = stdin().lock();
        loop {
            let mut line = Vec::new();
            let read = input.by_ref().take(LONGEST.saturating_add(1)).read_until(b'\n', &mut line);
            let read = read.map_err(|error| Failure::new(ErrorCode::Ca2aError, error.to_string()))?;
            if read == 0 {
                return Ok(Answer::given());
            }
            if line.trim_ascii().is_empty() {
                continue;
            }
            // The rest of a line that is too long cannot be told from the next one.
            if u64::try_from(line.len()).unwrap_or(u64::MAX) > LONGEST {
                return Err(Failure::new(ErrorCode::HandoffMalformed, "a line is longer than 1 MiB"));
            }
            let answer = desk.answer(&line, self.judge.now(session)?);
            let said = session.out.say(&format!("{answer}\n"));
            said.map_err(|error| Failure::new(ErrorCode::Ca2aError, error.to_string()))?;
        }
    }
}
