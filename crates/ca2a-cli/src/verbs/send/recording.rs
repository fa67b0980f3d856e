//! The TRACE record of a call: what `send` signs and keeps before it calls.

use std::{
    future::ready,
    path::{Path, PathBuf},
};

use ca2a_core::{SigningKey, TraceLink};
use ca2a_delegation::Chain;
use ca2a_runtime::{
    agent::{Act, ActError, Agent},
    sink::{Appended, SinkError, TraceSink},
};
use ca2a_trace::{HopContext, ParentLink, TrustRecord, did_jwk};
use tokio::runtime::Runtime;

use crate::{
    failure::Failure,
    fs::{Fs, Placement},
    session::Session,
};

/// Where records go unless the command line says otherwise: the folder that a configuration without `state_dir` means.
const STATE_DIR: &str = "ca2a-state";
/// The folder in it.
const SENT: &str = "sent";

/// What is said about who acts here, and where that is kept
#[derive(Debug, clap::Args)]
pub(super) struct Recording {
    /// Where the signed TRACE record of this call goes; a file of its own in --state-dir unless given
    #[arg(long, value_name = "FILE")]
    trace_out: Option<PathBuf>,
    /// The folder that keeps the records of calls, below `sent`; `ca2a-state` unless given
    #[arg(long, value_name = "DIR", conflicts_with = "trace_out")]
    state_dir: Option<PathBuf>,
    /// Who calls, a SPIFFE id or a DID; the DID of the key unless given
    #[arg(long, value_name = "ID")]
    agent_id: Option<String>,
    /// The most sensitive class of data that the call touches
    #[arg(long, value_name = "CLASS")]
    data_class: Option<String>,
    /// Call without a TRACE record: nobody answers for the call then
    #[arg(long, conflicts_with_all = ["trace_out", "state_dir", "agent_id", "data_class"])]
    no_trace: bool,
}

/// A call that is signed for, and the file that says so.
pub(super) struct Recorded {
    pub(super) act: Act,
    pub(super) file: PathBuf,
}

impl Recording {
    /// Signs for a call under `chain` that follows `parent`, and writes that down. `None` where there shall be no record,
    /// and where there can be none and nobody insisted.
    pub(super) fn record(
        &self,
        chain: &Chain,
        key: &SigningKey,
        parent: ParentLink,
        runtime: &Runtime,
        session: &mut Session<'_, '_>,
    ) -> Result<Option<Recorded>, Failure> {
        if self.no_trace {
            return Ok(None);
        }
        let subject = self.agent_id.clone().unwrap_or_else(|| did_jwk(&key.verifying_key()));
        let folder = self.state_dir.as_deref().unwrap_or(Path::new(STATE_DIR)).join(SENT);
        let shelf = Shelf { fs: session.fs, folder, file: self.trace_out.clone() };
        let agent = Agent::new(key.clone(), subject, self.context(), &shelf);
        match runtime.block_on(agent.act(chain, parent)) {
            Ok(act) => Ok(Some(Recorded { file: shelf.place(act.record()), act })),
            Err(error @ (ActError::NothingToFollow(_) | ActError::FollowsUnsigned(_))) if !self.insists() => {
                session.remark(&format!("note: this call goes out without a TRACE record: {error}"));
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether somebody asked for a record in so many words.
    fn insists(&self) -> bool {
        self.trace_out.is_some()
            || self.state_dir.is_some()
            || self.agent_id.is_some()
            || self.data_class.is_some()
    }

    /// What a command can honestly say of itself: software, under no policy.
    fn context(&self) -> HopContext {
        let label = concat!("ca2a-send:", env!("CARGO_PKG_VERSION"));
        let mut context = HopContext::software("ca2a", "send", label, TraceLink::sha256_of(b""));
        context.enforcement_mode = "declared".into();
        if let Some(class) = &self.data_class {
            context.data_class.clone_from(class);
        }
        context
    }
}

/// Keeps each record in a file of its own, so that any number of calls can be made at one time.
struct Shelf<'f> {
    fs: &'f dyn Fs,
    folder: PathBuf,
    file: Option<PathBuf>,
}

impl Shelf<'_> {
    fn place(&self, record: &TrustRecord<'_>) -> PathBuf {
        let name = || record.hash().to_string().replace(':', "-") + ".json";
        self.file.clone().unwrap_or_else(|| self.folder.join(name()))
    }

    fn write(&self, record: &TrustRecord<'_>) -> Result<(), SinkError> {
        let place = self.place(record);
        let line = [record.canonical(), b"\n"].concat();
        let written = match self.file {
            Some(_) => Ok(()),
            None => self.fs.make_folder(&self.folder),
        };
        let placement = Placement { replace: false, private: true };
        written
            .and_then(|()| self.fs.write(&place, &line, placement))
            .map_err(|error| SinkError { reason: format!("{}: {error}", place.display()) })
    }
}

impl TraceSink for Shelf<'_> {
    fn keep(&self, record: &TrustRecord<'_>) -> Appended<'_> {
        Box::pin(ready(self.write(record)))
    }
}

impl From<ActError> for Failure {
    fn from(error: ActError) -> Self {
        let failure = Self::new(error.code(), error.to_string());
        match error {
            ActError::NothingToFollow(_) => {
                failure.help("--parent-record names the record of the hop before, by its `sha256:` digest")
            }
            ActError::FollowsUnsigned(_) | ActError::FollowsAtTheRoot => {
                failure.help("with --no-trace the call names --parent-record itself, and nobody signs for it")
            }
            ActError::Sink(_) => failure.help(
                "nothing was sent: --trace-out FILE or --state-dir DIR says where the record of the call goes",
            ),
            _ => failure,
        }
    }
}
