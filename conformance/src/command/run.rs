//! `run --impl 'COMMAND' [FILE...]`

use std::{
    io,
    path::{Path, PathBuf},
};

use ca2a_conformance::{Exceptions, Limits, RunReport, Suite, drive, html, junit, kit_vectors};

use super::{read, write};

#[derive(clap::Args)]
pub(crate) struct Run {
    /// The implementation: a program and its arguments, split at blanks.
    #[arg(long = "impl", value_name = "COMMAND")]
    command: String,
    /// Where the implementation is known to differ, and why.
    #[arg(long, value_name = "FILE")]
    exceptions: Option<PathBuf>,
    /// Write the run as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the run as JUnit's XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the run as a page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Vector files; without any, those of the kit and the published ones beside the repository.
    files: Vec<PathBuf>,
}

impl Run {
    pub(crate) fn run(self) -> Result<bool, String> {
        let files = if self.files.is_empty() { at_hand() } else { self.files };
        let suite = Suite::read(&files).map_err(|error| error.to_string())?;
        let exceptions = match &self.exceptions {
            Some(path) => {
                Exceptions::read(&read(path)?).map_err(|error| format!("`{}`: {error}", path.display()))?
            }
            None => Exceptions::default(),
        };
        let report = drive(&self.command, &suite, &exceptions, &Limits::default());
        // A closed pipe downstream changes nothing about the verdict.
        let _ = report.print(&mut io::stdout().lock());
        let json = serde_json::to_string_pretty(&report).map_err(|error| error.to_string())?;
        write(self.json.as_deref(), || json)?;
        write(self.junit.as_deref(), || junit(&report))?;
        write(self.html.as_deref(), || html(std::slice::from_ref::<RunReport>(&report)))?;
        Ok(report.passed)
    }
}

/// The vector files of the kit, and those of others where the folder of them stands beside the repository.
fn at_hand() -> Vec<PathBuf> {
    let mut files = kit_vectors();
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors");
    let theirs = ["ca2a-vectors.json", "trace-vectors.json", "cose-vectors.json"];
    let theirs = theirs.map(|name| shared.join(name));
    files.extend(theirs.into_iter().filter(|path| path.is_file()));
    files
}
