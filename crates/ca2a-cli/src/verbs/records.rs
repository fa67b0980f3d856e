//! `ca2a records`: what a node keeps, as JSON Lines.

use std::{
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use ca2a_core::ErrorCode;
use ca2a_runtime::{
    config::beside,
    control::{self, ControlError},
    store::Export,
};

use super::validate_config::load;
use crate::{answer::Answer, failure::Failure, session::Session};

/// Write a node's records, its signed statements, or its TRACE records, as JSON Lines; a running node is asked
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration of the node (YAML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The node's signed statements instead of its delegation records
    #[arg(long)]
    statements: bool,
    /// The TRACE records of what the node did itself
    #[arg(long, conflicts_with = "statements")]
    trace: bool,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let folder = folder(&self.config, session)?;
        let (what, name) = match (self.statements, self.trace) {
            (true, _) => (Export::Statements, "statements"),
            (_, true) => (Export::TraceRecords, "TRACE records"),
            _ => (Export::Records, "records"),
        };
        let mut out = BufWriter::new(session.out.stream());
        let exported = export(&folder, what, &mut out);
        drop(out);
        let count = exported?;
        session.remark(&format!("{count} {name}"));
        Ok(Answer::given())
    }
}

/// Where the node of a configuration keeps its state.
pub(crate) fn folder(config: &Path, session: &Session<'_, '_>) -> Result<PathBuf, Failure> {
    let loaded = load(config, session)?;
    Ok(beside(config, &loaded.state_dir))
}

/// Writes what the node that keeps its state in `folder` has, and says how many there were.
pub(crate) fn export(folder: &Path, what: Export, out: &mut impl Write) -> Result<u64, Failure> {
    control::export(folder, what, out).map_err(|error| {
        let help = match &error {
            ControlError::Io(io) if io.kind() == std::io::ErrorKind::NotFound => {
                "no node has started from this configuration yet"
            }
            _ => "a node that runs is asked over the socket in its folder of state, by its own user",
        };
        let place = folder.display();
        Failure::new(ErrorCode::StoreUnavailable, format!("{place}: {error}")).help(help)
    })
}
