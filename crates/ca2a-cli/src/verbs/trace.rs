//! `ca2a trace`: questions about one TRACE record.

mod check;

use crate::{answer::Answer, failure::Failure, session::Session};

/// Ask about one TRACE record
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    question: Question,
}

#[derive(Debug, clap::Subcommand)]
enum Question {
    Check(check::Args),
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        match &self.question {
            Question::Check(args) => args.run(session),
        }
    }
}
