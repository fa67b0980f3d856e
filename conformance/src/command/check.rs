//! `check [--mode strict|compat] FILE...`

use std::{io, path::PathBuf};

use ca2a_conformance::Mode;

#[derive(clap::Args)]
pub(crate) struct Check {
    /// Whose verdicts are expected where the other implementation is lax.
    #[arg(long, default_value = "strict", value_parser = mode)]
    mode: Mode,
    /// Vector files.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

fn mode(text: &str) -> Result<Mode, String> {
    text.parse().map_err(|error: ca2a_conformance::UnknownMode| error.to_string())
}

impl Check {
    pub(crate) fn run(&self) -> Result<bool, String> {
        // A closed pipe downstream is no verdict.
        Ok(ca2a_conformance::check(&self.files, self.mode, &mut io::stdout().lock()).unwrap_or(false))
    }
}
