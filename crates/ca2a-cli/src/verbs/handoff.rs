//! `ca2a handoff`: TrustHandoff packets, from the key to the attestation.

mod attest;
mod explain;
mod judge;
mod keygen;
mod presented;
mod profile;
mod refused;
mod serve;
mod sign;
mod verify;

use crate::{answer::Answer, args::Manner, failure::Failure, session::Session};

/// Sign, verify and explain TrustHandoff packets, and attest what became of them
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    Keygen(keygen::Args),
    Sign(sign::Args),
    Verify(verify::Args),
    Explain(explain::Args),
    Attest(attest::Args),
    Serve(serve::Args),
}

impl Args {
    pub(crate) fn manner(&self) -> Manner {
        match self.verb {
            Verb::Verify(_) => Manner::Verdict("accepted"),
            _ => Manner::Deed,
        }
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        match &self.verb {
            Verb::Keygen(args) => args.run(session),
            Verb::Sign(args) => args.run(session),
            Verb::Verify(args) => args.run(session),
            Verb::Explain(args) => args.run(session),
            Verb::Attest(args) => args.run(session),
            Verb::Serve(args) => args.run(session),
        }
    }
}
