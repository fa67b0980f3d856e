//! `ca2a verify-dag`: do these unsigned records link, and do they belong to this chain?

use std::path::{Path, PathBuf};

use ca2a_core::{
    ErrorCode,
    json::{Node, Object},
};
use ca2a_delegation::Chain;
use ca2a_trace::{DelegationRecord, RecordDag, cross_check_chain, verify_dag};

use crate::{
    answer::Answer,
    chain_checks::{ChainChecks, Verdict},
    exit::ExitCode,
    failure::Failure,
    page::{Line, Page, Tint},
    render::{
        chain::Judged::{self, All, UpTo},
        records,
    },
    session::Session,
};

/// Check how unsigned delegation records link, and whether they fit a chain; that never makes them authentic
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The records: an array, or an object that holds one as `records`
    #[arg(long, value_name = "FILE")]
    dag: PathBuf,
    /// Exit 0 where the structure holds; `verified` stays false
    #[arg(long)]
    structural_only: bool,
    /// A chain to hold the records against
    #[arg(long, value_name = "FILE", requires = "roots")]
    chain: Option<PathBuf>,
    /// A root issuer to trust, 64 lower-case hex characters; may be given several times
    #[arg(long = "trusted-root-issuer", value_name = "HEX")]
    roots: Vec<String>,
    #[command(flatten)]
    checks: ChainChecks,
}

impl Args {
    /// What cannot be meant, though each flag by itself can: revocation without credentials to revoke.
    pub(crate) fn conflict(&self) -> Option<&'static str> {
        let revocation = self.checks.revocations.is_some() || self.checks.max_revocation_staleness.is_some();
        (revocation && self.chain.is_none())
            .then_some("the revocation flags of verify-dag need --chain: without one, nothing can be revoked")
    }

    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let bytes = session.document("dag", &self.dag, ErrorCode::ProvenanceLinkBroken)?;
        let records = DelegationRecord::list_from_json(&bytes)?;
        let dag = verify_dag(records.clone()).map_err(|error| {
            let judged = error.record().map_or(Judged::Nothing, UpTo);
            Failure::from(error).after(records::delegation(&records, judged))
        })?;
        let verdict = match &self.chain {
            Some(chain) => Some(self.cross_check(chain, &dag, session)?),
            None => None,
        };
        Ok(self.answer(&dag, verdict.as_ref()))
    }

    fn cross_check(
        &self,
        chain: &Path,
        dag: &RecordDag,
        session: &mut Session<'_, '_>,
    ) -> Result<Verdict, Failure> {
        let bytes = session.document("chain", chain, ErrorCode::InvalidCredential)?;
        let chain = Chain::from_json(&bytes)?;
        let snapshot = self.checks.snapshot(session)?;
        let verdict = self.checks.judge(&chain, &self.roots, snapshot.as_ref(), session)?;
        cross_check_chain(dag, verdict.chain.hops()).map_err(|error| {
            let judged = error.record().map_or(Judged::Nothing, UpTo);
            Failure::from(error).after(records::delegation(dag.records(), judged))
        })?;
        Ok(verdict)
    }

    fn answer(&self, dag: &RecordDag, verdict: Option<&Verdict>) -> Answer {
        let mut json = Object::from([
            ("verified", Node::from(false)),
            ("verification", "structural_only".into()),
            ("structural_verified", true.into()),
            ("code", ErrorCode::UnauthenticatedLineage.as_str().into()),
            ("records", dag.records().len().into()),
        ]);
        if let Some(leaf) = dag.leaf() {
            json.insert("leaf_scope", leaf.scope().to_node().into_owned());
            json.insert("leaf_caller_attestation", leaf.assurance().as_str());
            if let Some(denial) = leaf.denial() {
                json.insert("outcome", "denied");
                json.insert("requested_capability", denial.capability().to_string());
                json.insert("effective_scope", denial.effective_scope().to_node().into_owned());
                json.insert("denial_reason", denial.reason().to_owned());
            }
        }
        if let Some(verdict) = verdict {
            json.insert("cross_checked", true);
            verdict.report_revocation(&mut json);
        }
        let exit = if self.structural_only { ExitCode::Success } else { ExitCode::Failure };
        Answer::new(json, self.page(dag, verdict)).exit(exit)
    }

    fn page(&self, dag: &RecordDag, verdict: Option<&Verdict>) -> Page {
        let heading = Line::new()
            .tint(Tint::Warn, "! ")
            .strong(format!("{} links together, but nobody signed it", self.dag.display()));
        let mut page =
            Page::new().line(heading).blank().then(records::delegation(dag.records(), All)).blank();
        if let Some(verdict) = verdict {
            page = page
                .line(Line::new().tick().plain("and it fits the chain:"))
                .blank()
                .then(verdict.page())
                .blank();
        }
        page.fact("verified", Line::new().tint(Tint::Warn, "no").faint("  anybody can write such a list"))
            .fact("what to do", "ask for the signed TRACE records and check those with `ca2a verify-lineage`")
    }
}
