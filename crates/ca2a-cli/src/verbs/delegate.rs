//! `ca2a delegate`: a holder grants a part of what it holds.

use std::path::PathBuf;

use ca2a_core::{ErrorCode, EvaluationTime};
use ca2a_delegation::{Chain, ChainVerifier, MAX_HOPS, TrustedRoots, delegate};

use super::{grant::GrantFlags, granted};
use crate::{answer::Answer, failure::Failure, key_file, session::Session};

/// Delegate part of what a chain grants: the same chain with one hop more
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The chain to delegate from
    #[arg(long, value_name = "FILE")]
    chain: PathBuf,
    /// The private key that the last hop was granted to
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    #[command(flatten)]
    grant: GrantFlags,
    /// Where the longer chain goes; standard output unless given
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replace a file that is there
    #[arg(long, requires = "out")]
    force: bool,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let bytes = session.document("chain", &self.chain, ErrorCode::InvalidCredential)?;
        let mut chain = Chain::from_json(&bytes)?;
        let key = key_file::load(session.fs, &self.key)?;
        let grant = self.grant.grant(session)?;
        // Whoever delegates holds the chain already and trusts its root; what is asked here is whether it holds.
        let root = chain.credentials()?.first().map(|hop| *hop.issuer());
        let roots = TrustedRoots::from_iter(root);
        let now = EvaluationTime::Live(session.clock.now());
        let held = ChainVerifier::new(&roots).max_depth(MAX_HOPS).verify(&chain, now)?;
        chain.extend([delegate(held.leaf(), &key, grant)?]);
        granted::answer(chain, self.out.as_deref(), self.force, session)
    }
}
