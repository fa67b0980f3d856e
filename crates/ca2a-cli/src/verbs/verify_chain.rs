//! `ca2a verify-chain`: does this chain reach back to a root that I trust?

use std::path::PathBuf;

use ca2a_core::{
    ErrorCode,
    json::{Node, Object},
};
use ca2a_delegation::Chain;

use crate::{
    answer::Answer,
    chain_checks::ChainChecks,
    failure::Failure,
    page::{Line, Page},
    render::counted,
    session::Session,
};

/// Verify a delegation chain offline: signatures, links, narrowing, windows, revocation
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The chain: an array of credentials, root first, or an object that holds one as `chain`
    #[arg(long, value_name = "FILE")]
    chain: PathBuf,
    /// A root issuer to trust, 64 lower-case hex characters; may be given several times
    #[arg(long = "trusted-root-issuer", value_name = "HEX", required = true)]
    roots: Vec<String>,
    #[command(flatten)]
    checks: ChainChecks,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let snapshot = self.checks.snapshot(session)?;
        let bytes = session.document("chain", &self.chain, ErrorCode::InvalidCredential)?;
        let chain = Chain::from_json(&bytes)?;
        let verdict = self.checks.judge(&chain, &self.roots, snapshot.as_ref(), session)?;
        let hops = verdict.chain.hops().len();
        let mut json = Object::from([
            ("verified", Node::from(true)),
            ("hops", hops.into()),
            ("leaf_scope", verdict.chain.scope().to_node().into_owned()),
        ]);
        verdict.report_revocation(&mut json);
        let heading = format!("{} holds: {}", self.chain.display(), counted(hops, "hop"));
        let page = Page::new().line(Line::new().tick().strong(heading)).blank().then(verdict.page());
        Ok(Answer::new(json, page))
    }
}
