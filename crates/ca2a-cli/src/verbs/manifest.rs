//! `ca2a manifest`: agent manifests, signed and verified.

mod explain;
mod keygen;
mod report;
mod sign;
mod trust;
mod verify;

use crate::{answer::Answer, args::Manner, failure::Failure, session::Session};

/// Sign, verify and explain agent manifests
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    deed: Deed,
}

#[derive(Debug, clap::Subcommand)]
enum Deed {
    Keygen(keygen::Args),
    Sign(sign::Args),
    Verify(verify::Args),
    Explain(explain::Args),
}

impl Args {
    pub(crate) fn manner(&self) -> Manner {
        match self.deed {
            Deed::Keygen(_) | Deed::Sign(_) => Manner::Deed,
            Deed::Verify(_) | Deed::Explain(_) => Manner::Verdict("verified"),
        }
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        match &self.deed {
            Deed::Keygen(args) => args.run(session),
            Deed::Sign(args) => args.run(session),
            Deed::Verify(args) => args.run(session),
            Deed::Explain(args) => args.run(session),
        }
    }
}
