//! `ca2a attest`: what another machine runs, from its evidence.

mod appraise;
mod cases;
mod collect;
#[cfg(feature = "launch-digest")]
mod expected;
mod report;
mod table;
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
    Collect(collect::Args),
    Verify(verify::Args),
    Appraise(appraise::Args),
    #[cfg(feature = "launch-digest")]
    Expected(expected::Args),
}

impl Args {
    pub(crate) fn manner(&self) -> Manner {
        match &self.question {
            Question::Collect(_) => Manner::Deed,
            Question::Verify(_) => Manner::Verdict("verified"),
            Question::Appraise(_) => Manner::Verdict("affirming"),
            #[cfg(feature = "launch-digest")]
            Question::Expected(_) => Manner::Deed,
        }
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        match &self.question {
            Question::Collect(args) => args.run(session),
            Question::Verify(args) => args.run(session),
            Question::Appraise(args) => args.run(session),
            #[cfg(feature = "launch-digest")]
            Question::Expected(args) => args.run(session),
        }
    }
}
