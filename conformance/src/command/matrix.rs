//! `matrix REPORT...`

use std::{
    io::{self, Write as _},
    path::PathBuf,
};

use ca2a_conformance::{RunReport, html, matrix};

use super::{read, write};

#[derive(clap::Args)]
pub(crate) struct Matrix {
    /// Write the matrix here instead of printing it.
    #[arg(long, value_name = "FILE", conflicts_with = "check")]
    out: Option<PathBuf>,
    /// Fail unless this file holds the matrix.
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
    /// Write the page of all runs.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// What `run --json` wrote.
    #[arg(required = true)]
    reports: Vec<PathBuf>,
}

impl Matrix {
    pub(crate) fn run(self) -> Result<bool, String> {
        let parsed = |path: &PathBuf| -> Result<RunReport, String> {
            let bytes = read(path)?;
            serde_json::from_slice(&bytes)
                .map_err(|error| format!("`{}`: no report: {error}", path.display()))
        };
        let reports: Vec<RunReport> = self.reports.iter().map(parsed).collect::<Result<_, _>>()?;
        let page = matrix(&reports);
        write(self.html.as_deref(), || html(&reports))?;
        if let Some(path) = &self.check {
            if read(path)? != page.as_bytes() {
                let _ = writeln!(io::stderr(), "`{}` is not the matrix of these runs", path.display());
                return Ok(false);
            }
        } else if self.out.is_some() {
            write(self.out.as_deref(), || page)?;
        } else {
            let _ = io::stdout().write_all(page.as_bytes());
        }
        Ok(reports.iter().all(|report| report.passed))
    }
}
