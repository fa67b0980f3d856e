//! The verbs of the command. The exit code is 0 when all is well, 1 when it is not, 2 when it was not asked properly.

mod check;
mod live;
mod matrix;
mod run;
mod serve;

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use clap::Subcommand;

/// A verb.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run vector files against our crates.
    Check(check::Check),
    /// Drive an implementation through vector files.
    Run(run::Run),
    /// Be driven: our crates behind the line protocol.
    Serve(serve::Serve),
    /// Ask a node that runs.
    Live(Box<live::Live>),
    /// Lay runs side by side.
    Matrix(matrix::Matrix),
}

impl Command {
    pub(crate) fn run(self) -> ExitCode {
        let done = match self {
            Self::Check(check) => check.run(),
            Self::Run(run) => run.run(),
            Self::Serve(serve) => serve.run(),
            Self::Live(live) => live.run(),
            Self::Matrix(matrix) => matrix.run(),
        };
        match done {
            Ok(true) => ExitCode::SUCCESS,
            Ok(false) => ExitCode::FAILURE,
            Err(what) => {
                let _ = writeln!(io::stderr(), "ca2a-conformance: {what}");
                ExitCode::from(2)
            }
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("`{}`: {error}", path.display()))
}

fn write(path: Option<&Path>, text: impl FnOnce() -> String) -> Result<(), String> {
    match path {
        Some(path) => fs::write(path, text()).map_err(|error| format!("`{}`: {error}", path.display())),
        None => Ok(()),
    }
}
