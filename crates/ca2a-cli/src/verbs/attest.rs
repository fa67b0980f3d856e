//! `ca2a attest`: what another machine runs, from its evidence.

mod cases;
mod verify;

use crate::{answer::Answer, args::Manner, failure::Failure, session::Session};

/// Verify and appraise hardware evidence
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    question: Question,
}

#[derive(Debug, clap::Subcommand)]
enum Question {
    Verify(verify::Args),
}

impl Args {
    pub(crate) fn manner(&self) -> Manner {
        Manner::Verdict("verified")
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        match &self.question {
            Question::Verify(args) => args.run(session),
        }
    }
}
