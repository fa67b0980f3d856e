//! `check [--mode strict|compat] FILE...`

use std::{io, path::PathBuf};

use ca2a_conformance::{Mode, kit_vectors};

#[derive(clap::Args)]
pub(crate) struct Check {
    /// Whose verdicts are expected where the other implementation is lax.
    #[arg(long, default_value = "strict", value_parser = mode)]
    mode: Mode,
    /// Vector files; without any, those of the kit.
    files: Vec<PathBuf>,
}

fn mode(text: &str) -> Result<Mode, String> {
    text.parse().map_err(|error: ca2a_conformance::UnknownMode| error.to_string())
}

impl Check {
    pub(crate) fn run(&self) -> Result<bool, String> {
        let files = if self.files.is_empty() { &kit_vectors() } else { &self.files };
        // A closed pipe downstream is no verdict.
        Ok(ca2a_conformance::check(files, self.mode, &mut io::stdout().lock()).unwrap_or(false))
    }
}
