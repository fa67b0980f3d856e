//! What the verify verbs share: the flags that say how a chain is judged, and the judgement.

use std::path::PathBuf;

use ca2a_core::{ErrorCode, EvaluationTime, VerifyingKey, json::Object};
use ca2a_delegation::{
    Chain, ChainVerifier, DelegationError, RevocationSnapshot, RevocationStatus, TrustedRoots, VerifiedChain,
};

use crate::{
    failure::Failure,
    number::Integer,
    page::{Line, Page, Tint, short},
    render::{
        chain::{Judged, hops},
        scope, time,
    },
    session::Session,
};

/// How a chain is judged.
#[derive(Debug, clap::Args)]
pub(crate) struct ChainChecks {
    /// The greatest depth of a credential, the root's being 0
    #[arg(long, value_name = "N", default_value = "8", allow_negative_numbers = true)]
    max_depth: Integer,
    /// Judge as of this Unix time, for an audit; it reads no clock then
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    at_time: Option<Integer>,
    /// A revocation snapshot to check every hop against
    #[arg(long, value_name = "FILE")]
    pub(crate) revocations: Option<PathBuf>,
    /// Refuse unless there is a snapshot, at most this many seconds old
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    pub(crate) max_revocation_staleness: Option<Integer>,
}

impl ChainChecks {
    /// The snapshot, if one was named.
    pub(crate) fn snapshot(&self, session: &Session<'_, '_>) -> Result<Option<RevocationSnapshot>, Failure> {
        let Some(path) = &self.revocations else { return Ok(None) };
        let bytes = session.document("revocation", path, ErrorCode::InvalidRevocation)?;
        Ok(Some(RevocationSnapshot::from_json(&bytes)?))
    }

    /// Judges `chain` against `roots`.
    pub(crate) fn judge(
        &self,
        chain: &Chain,
        roots: &[String],
        snapshot: Option<&RevocationSnapshot>,
        session: &mut Session<'_, '_>,
    ) -> Result<Verdict, Failure> {
        let time = self.time(session)?;
        let roots = trusted(roots, session);
        let mut verifier = ChainVerifier::new(&roots).max_depth(self.depth()?);
        if let Some(snapshot) = snapshot {
            verifier = verifier.revocations(snapshot);
        }
        if let Some(bound) = self.max_revocation_staleness {
            verifier = verifier.max_revocation_staleness(bound.uint("--max-revocation-staleness")?);
        }
        match verifier.verify(chain, time) {
            Ok(chain) => Ok(Verdict { chain, time }),
            Err(error) => Err(refusal(chain, error)),
        }
    }

    /// When everything is judged.
    pub(crate) fn time(&self, session: &Session<'_, '_>) -> Result<EvaluationTime, Failure> {
        match self.at_time {
            Some(then) => Ok(EvaluationTime::At(then.uint("--at-time")?)),
            None => Ok(EvaluationTime::Live(session.clock.now())),
        }
    }

    /// The words that judge in the same way, but for the time.
    pub(crate) fn again(&self) -> Vec<String> {
        let mut words = vec!["--max-depth".to_owned(), self.max_depth.to_string()];
        if let Some(path) = &self.revocations {
            words.extend(["--revocations".to_owned(), path.display().to_string()]);
        }
        if let Some(bound) = self.max_revocation_staleness {
            words.extend(["--max-revocation-staleness".to_owned(), bound.to_string()]);
        }
        words
    }

    /// The greatest depth of a credential.
    pub(crate) fn depth(&self) -> Result<u64, Failure> {
        if self.max_depth.is_negative() {
            let message = "`--max-depth` is negative: no credential, not even a root's, is that shallow";
            return Err(Failure::new(ErrorCode::DelegationDepthExceeded, message));
        }
        // Deeper than any document can say is no bound, which is a bound that can be meant.
        Ok(self.max_depth.uint("--max-depth").unwrap_or(u64::MAX))
    }
}

/// The roots that are keys. One that is none matches nothing, and whoever named it is told (CLI-8).
pub(crate) fn trusted(roots: &[String], session: &mut Session<'_, '_>) -> TrustedRoots {
    let mut keys = Vec::with_capacity(roots.len());
    for root in roots {
        match VerifyingKey::from_hex(root) {
            Ok(key) => keys.push(key),
            Err(error) => {
                let shown: String = root.chars().take(80).collect();
                session.remark(&format!("note: trusted root `{shown}` matches nothing: {error}"));
            }
        }
    }
    TrustedRoots::from_iter(keys)
}

/// A refusal that shows how far the chain held.
fn refusal(chain: &Chain, error: DelegationError) -> Failure {
    let judged = match (error.code(), error.hop()) {
        (_, Some(hop)) => Judged::UpTo(hop),
        (ErrorCode::RevocationStatusUnknown, None) => Judged::All,
        _ => Judged::Nothing,
    };
    // Keys that are none cannot be shown as keys; the message says which hop has them.
    let seen = chain.credentials().map(|credentials| hops(&credentials, judged)).unwrap_or_default();
    Failure::from(error).after(seen)
}

/// A chain that holds, and when it was judged.
#[derive(Debug)]
pub(crate) struct Verdict {
    pub(crate) chain: VerifiedChain,
    pub(crate) time: EvaluationTime,
}

impl Verdict {
    /// Puts what is known about revocation into `json`, also when that is nothing.
    pub(crate) fn report_revocation(&self, json: &mut Object<'static>) {
        let status = self.chain.revocation();
        json.insert("revocation", status.as_str());
        if let Some(as_of) = status.as_of() {
            json.insert("revocation_as_of", as_of);
        }
    }

    /// The hops, and what they come to.
    pub(crate) fn page(&self) -> Page {
        let chain = &self.chain;
        let judged_at = match self.time {
            EvaluationTime::Live(now) => Line::from(time::utc(now)).faint("  now"),
            EvaluationTime::At(then) => Line::from(time::utc(then)).faint("  as asked"),
        };
        let revocation = match chain.revocation() {
            RevocationStatus::NotChecked => {
                Line::new().tint(Tint::Warn, "not checked").faint("  pass --revocations FILE")
            }
            RevocationStatus::NotRevoked { as_of } => {
                Line::from("no hop is revoked").faint(format!("  as of {}", time::utc(as_of)))
            }
        };
        hops(chain.hops(), Judged::All)
            .blank()
            .fact("root", short(&chain.root_issuer().to_hex()))
            .fact("holder", short(&chain.subject().to_hex()))
            .fact("may do", scope(chain.scope()))
            .fact("judged at", judged_at)
            .fact("revocation", revocation)
    }
}
