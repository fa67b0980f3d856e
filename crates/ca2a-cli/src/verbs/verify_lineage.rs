//! `ca2a verify-lineage`: did the delegates of this chain sign these records, and do they tell one story?

use std::path::PathBuf;

use ca2a_core::{
    ErrorCode, EvaluationTime,
    json::{Node, Object},
};
use ca2a_delegation::Chain;
use ca2a_trace::{Lineage, RecordFault, TraceError, TrustEveryKey};

use crate::{
    answer::Answer,
    chain_checks::ChainChecks,
    failure::Failure,
    number::Integer,
    page::{Line, Page},
    render::{chain::Judged, records},
    session::Session,
};

/// Verify signed TRACE records against the chain that they were made under
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The signed TRACE records: an array, or an object that holds one as `records`
    #[arg(long, value_name = "FILE")]
    dag: PathBuf,
    /// The chain: an array of credentials, root first, or an object that holds one as `chain`
    #[arg(long, value_name = "FILE")]
    chain: PathBuf,
    /// A root issuer to trust, 64 lower-case hex characters; may be given several times
    #[arg(long = "trusted-root-issuer", value_name = "HEX", required = true)]
    roots: Vec<String>,
    /// The most seconds that a record may be old by the clock of this machine, also in an audit
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    max_age_seconds: Option<Integer>,
    #[command(flatten)]
    checks: ChainChecks,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let bytes = session.document("chain", &self.chain, ErrorCode::InvalidCredential)?;
        let chain = Chain::from_json(&bytes)?;
        let snapshot = self.checks.snapshot(session)?;
        let verdict = self.checks.judge(&chain, &self.roots, snapshot.as_ref(), session);
        let verdict = verdict.map_err(malformed_if_argument)?;

        let bytes = session.document("dag", &self.dag, ErrorCode::MalformedLineage)?;
        let max_age = self.max_age_seconds.map(|bound| bound.uint("--max-age-seconds")).transpose();
        // By the peer's code: no record is young enough for a bound that is none.
        let max_age = max_age.map_err(|failure| failure.under(ErrorCode::TraceRecordInvalid))?;
        let refused = |error: TraceError| {
            let judged = error.record().map_or(Judged::Nothing, Judged::UpTo);
            lineage_failure(error).after(records::trace(&bytes, judged))
        };
        // Delegates are trusted because the chain names them, and only now that it holds.
        let delegates = verdict.chain.hops().iter().map(|hop| *hop.subject());
        let verifier = TrustEveryKey::new(delegates).max_age(max_age);
        let now = EvaluationTime::Live(session.clock.now());
        let dag = verifier.verify_json(&bytes, now).map_err(refused)?;
        let lineage = Lineage::establish(verdict.chain.clone(), dag).map_err(refused)?;

        let count = lineage.hops().len();
        let mut json = Object::from([
            ("verified", Node::from(true)),
            ("verification", "authenticated_lineage".into()),
            ("records", count.into()),
            ("cross_checked", true.into()),
        ]);
        verdict.report_revocation(&mut json);
        let heading = format!("{} holds: every hop signed for what it did", self.dag.display());
        let page = Page::new()
            .line(Line::new().tick().strong(heading))
            .blank()
            .then(records::lineage(&lineage))
            .blank()
            .line(Line::new().tick().plain("and the authority behind it:"))
            .blank()
            .then(verdict.page());
        Ok(Answer::new(json, page))
    }
}

/// A number that cannot be meant makes a lineage that cannot be judged, as the peer has it.
fn malformed_if_argument(failure: Failure) -> Failure {
    match failure.code() {
        ErrorCode::BadRequest => failure.under(ErrorCode::MalformedLineage),
        _ => failure,
    }
}

fn lineage_failure(error: TraceError) -> Failure {
    // A list with something else than records in it is no list of records, before any record is judged.
    let foreign = matches!(error, TraceError::Record { fault: RecordFault::NotAnObject, .. });
    let failure = Failure::from(error);
    if foreign { failure.under(ErrorCode::ProvenanceLinkBroken) } else { failure }
}
