//! `ca2a attest verify`: is this evidence genuine?

use std::path::PathBuf;

use super::cases;
use crate::{answer::Answer, failure::Failure, session::Session};

/// Verify evidence: who signed it, and what it says
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A file of cases whose verdicts are known
    #[arg(long, value_name = "FILE")]
    cases: PathBuf,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        cases::run(&self.cases, session)
    }
}
