//! `ca2a records`: what a node keeps, as JSON Lines.

use std::{
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use ca2a_core::ErrorCode;
use ca2a_runtime::{
    config::{CallsSettings, Config, beside},
    control::{self, ControlError},
    node::shared_database,
    postgres::PostgresRecords,
    store::{Export, ExportRecords as _, RecordStore},
};
use tokio::runtime::Runtime;

use super::{gateway::failed, validate_config::load};
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
        let keeper = Keeper::of(&self.config, session)?;
        let (what, name) = match (self.statements, self.trace) {
            (true, _) => (Export::Statements, "statements"),
            (_, true) => (Export::TraceRecords, "TRACE records"),
            _ => (Export::Records, "records"),
        };
        let mut out = BufWriter::new(session.out.stream());
        let exported = keeper.export(what, &mut out);
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

/// A node of a configuration, to be asked for what it keeps.
pub(crate) struct Keeper {
    folder: PathBuf,
    config: Config,
    config_file: PathBuf,
}

impl Keeper {
    /// The node of the configuration in `config_file`.
    pub(crate) fn of(config_file: &Path, session: &Session<'_, '_>) -> Result<Self, Failure> {
        let config = load(config_file, session)?;
        let folder = beside(config_file, &config.state_dir);
        Ok(Self { folder, config, config_file: config_file.to_owned() })
    }

    /// Writes what it has, and says how many there were: by itself where it runs, else from where it keeps it.
    pub(crate) fn export(&self, what: Export, out: &mut dyn Write) -> Result<u64, Failure> {
        let unavailable = |error: ControlError| {
            let help = match &error {
                ControlError::Io(io) if io.kind() == std::io::ErrorKind::NotFound => {
                    "no node has started from this configuration yet"
                }
                _ => "a node that runs is asked over the socket in its folder of state, by its own user",
            };
            let place = self.folder.display();
            Failure::new(ErrorCode::StoreUnavailable, format!("{place}: {error}")).help(help)
        };
        if let Some(count) = control::ask_node(&self.folder, what, out).map_err(unavailable)? {
            return Ok(count);
        }
        let records = control::open_records(&self.folder).map_err(unavailable)?;
        match &self.config.calls {
            Some(settings) => self.export_shared(settings, records, what, out),
            None => records.export(what, out).map_err(|error| unavailable(error.into())),
        }
    }

    /// What the nodes of a database keep there.
    fn export_shared(
        &self,
        settings: &CallsSettings,
        records: RecordStore,
        what: Export,
        out: &mut dyn Write,
    ) -> Result<u64, Failure> {
        let runtime =
            Runtime::new().map_err(|error| Failure::new(ErrorCode::Ca2aError, error.to_string()))?;
        let database = runtime.block_on(shared_database(settings, &self.config_file)).map_err(failed)?;
        let kept = PostgresRecords::new(database, Arc::new(records), runtime.handle().clone());
        kept.export(what, out).map_err(|error| Failure::new(error.code(), error.to_string()))
    }
}
