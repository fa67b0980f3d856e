//! `ca2a records`: what a node keeps, as JSON Lines.

use std::{io::BufWriter, path::PathBuf};

use ca2a_core::ErrorCode;
use ca2a_runtime::{
    config::beside,
    control::{self, ControlError},
    store::Export,
};

use super::validate_config::load;
use crate::{answer::Answer, failure::Failure, session::Session};

/// Write a node's records, or its signed statements, as JSON Lines; a running node is asked
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration of the node (YAML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The node's signed statements instead of its delegation records
    #[arg(long)]
    statements: bool,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let config = load(&self.config, session)?;
        let folder = beside(&self.config, &config.state_dir);
        let (what, name) = match self.statements {
            true => (Export::Statements, "statements"),
            false => (Export::Records, "records"),
        };
        let mut out = BufWriter::new(session.out.stream());
        let exported = control::export(&folder, what, &mut out);
        drop(out);
        let count = exported.map_err(|error| {
            let help = match &error {
                ControlError::Io(io) if io.kind() == std::io::ErrorKind::NotFound => {
                    "no node has started from this configuration yet"
                }
                _ => "a node that runs is asked over the socket in its folder of state, by its own user",
            };
            let place = folder.display();
            Failure::new(ErrorCode::StoreUnavailable, format!("{place}: {error}")).help(help)
        })?;
        session.remark(&format!("{count} {name}"));
        Ok(Answer::given())
    }
}
