#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod chains;
mod random;
mod records;
mod revocations;
mod small;
mod tally;

use std::collections::BTreeSet;

use ca2a_conformance_oracle::{Accepted, Terms, Time, judge, judge_records};
use ca2a_core::{EvaluationTime, Scope};
use ca2a_delegation::{ChainVerifier, RevocationSnapshot, TrustedRoots};
use ca2a_trace::{DelegationRecord, verify_dag};

use chains::{NOW, Question};
use random::Random;

pub use small::exhaustive;
pub use tally::Tally;

/// Judges `cases` documents made from `seed` by both: of each five, one is a list of records and the others are chains.
///
/// # Errors
/// The first document on which they differ, and a chain that both accept although a hop holds what the one before does
/// not.
pub fn differential(cases: u64, seed: u64) -> Result<Tally, String> {
    let (mut random, mut tally) = (Random::new(seed), Tally::default());
    for _ in 0..cases {
        if random.below(5) == 0 {
            compare_records(&records::list(&mut random), &mut tally)?;
        } else {
            compare(&chains::question(&mut random), &mut tally)?;
        }
    }
    Ok(tally)
}

/// Judges one chain by both; whether it is accepted.
fn compare(question: &Question, tally: &mut Tally) -> Result<bool, String> {
    let roots: Vec<[u8; 32]> = question.roots.iter().map(|key| *key.as_bytes()).collect();
    let terms = Terms {
        roots: &roots,
        most: question.most,
        time: if question.live { Time::Live(NOW) } else { Time::At(NOW) },
        snapshot: question.snapshot.as_deref(),
        staleness: question.staleness,
    };
    let oracle = judge(&question.document, &terms);
    let ours = ours(question);
    if ours != oracle.clone().map_err(str::to_owned) {
        return Err(format!("the oracle says {oracle:?}, we say {ours:?}, of {question}"));
    }
    if let Ok(accepted) = &oracle {
        let grows = |pair: &[_]| matches!(pair, [parent, child] if !within(parent, child));
        if accepted.scopes.windows(2).any(grows) {
            return Err(format!("a scope grows in {question}"));
        }
    }
    Ok(tally.count(oracle.map(|_| ())))
}

fn within(parent: &BTreeSet<String>, child: &BTreeSet<String>) -> bool {
    child.iter().all(|capability| parent.contains(capability))
}

fn ours(question: &Question) -> Result<Accepted, String> {
    let code = |error: ca2a_delegation::DelegationError| error.code().as_str().to_owned();
    let unsigned = |seconds: i64| u64::try_from(seconds).unwrap_or_default();
    let roots: TrustedRoots = question.roots.iter().copied().collect();
    let snapshot = question.snapshot.as_deref().map(RevocationSnapshot::from_json);
    let snapshot = snapshot.transpose().map_err(code)?;
    let mut verifier = ChainVerifier::new(&roots).max_depth(unsigned(question.most));
    if let Some(snapshot) = &snapshot {
        verifier = verifier.revocations(snapshot);
    }
    if let Some(seconds) = question.staleness {
        verifier = verifier.max_revocation_staleness(unsigned(seconds));
    }
    let now = unsigned(NOW);
    let time = if question.live { EvaluationTime::Live(now) } else { EvaluationTime::At(now) };
    let chain = verifier.verify_json(&question.document, time).map_err(code)?;
    let scope = |scope: &Scope| scope.texts().map(str::to_owned).collect();
    Ok(Accepted {
        hops: chain.hops().len(),
        scope: scope(chain.scope()),
        subject: chain.subject().to_hex(),
        scopes: chain.hops().iter().map(|hop| scope(hop.scope())).collect(),
        as_of: chain.revocation().as_of().and_then(|seconds| i64::try_from(seconds).ok()),
    })
}

/// Judges one list of records by both.
fn compare_records(list: &[u8], tally: &mut Tally) -> Result<(), String> {
    let oracle = judge_records(list);
    let ours = DelegationRecord::list_from_json(list).and_then(verify_dag);
    let ours = ours.map_err(|error| error.code().as_str()).map(|dag| ca2a_conformance_oracle::Path {
        records: dag.records().len(),
        leaf: dag.leaf_hash().map(|hash| hash.to_string()).unwrap_or_default(),
        denied: dag.leaf_denied(),
    });
    if ours != oracle {
        let list = String::from_utf8_lossy(list);
        return Err(format!("the oracle says {oracle:?}, we say {ours:?}, of {list}"));
    }
    tally.count(oracle.map(|_| ()));
    Ok(())
}
