//! `ca2a issue`: a root grants.

use std::path::PathBuf;

use ca2a_delegation::{Chain, issue};

use super::{grant::GrantFlags, granted};
use crate::{answer::Answer, failure::Failure, key_file, session::Session};

/// Issue a root credential: the start of a chain
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The private key of the root
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    #[command(flatten)]
    grant: GrantFlags,
    /// Where the chain goes; standard output unless given
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace a file that is there
    #[arg(long, requires = "out")]
    force: bool,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let key = key_file::load(session.fs, &self.key)?;
        let credential = issue(&key, self.grant.grant(session)?)?;
        granted::answer(Chain::from_iter([credential]), self.out.as_deref(), self.force, session)
    }
}
