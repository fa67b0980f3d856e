//! Our verifier of chains beside the oracle, which shares no code with it: over chains made at random and spoilt, and over
//! every small chain there is.

mod chains;
mod random;

use std::collections::{BTreeMap, BTreeSet};

use ca2a_conformance_oracle::{Accepted, judge};
use ca2a_core::{EvaluationTime, Scope};
use ca2a_delegation::{ChainVerifier, TrustedRoots};

use chains::{Hop, NOW, Question};
use random::Random;

/// How often which verdict came out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// The chains that were judged.
    pub cases: u64,
    /// The chains that both accept.
    pub accepted: u64,
    /// The chains that both refuse, by code.
    pub refused: BTreeMap<String, u64>,
}

/// Judges `cases` chains made from `seed`, by both.
///
/// # Errors
/// The first chain on which they differ, or that both accept although a hop holds what the one before does not.
pub fn differential(cases: u64, seed: u64) -> Result<Tally, String> {
    let (mut random, mut tally) = (Random::new(seed), Tally::default());
    for _ in 0..cases {
        compare(&chains::question(&mut random), &mut tally)?;
    }
    Ok(tally)
}

/// Judges every chain of up to three hops whose scopes are drawn from two capabilities and whose depths from three.
///
/// # Errors
/// As for [`differential`], and a verdict other than that of the definition: every scope within the one before, every
/// depth the place in the chain.
pub fn exhaustive() -> Result<Tally, String> {
    const SCOPES: [&[&str]; 3] = [&["a"], &["b"], &["a", "b"]];
    let mut tally = Tally::default();
    let mut shorter: Vec<Vec<(usize, i64)>> = vec![Vec::new()];
    for _ in 0..3 {
        let mut longer = Vec::new();
        for chain in &shorter {
            for scope in 0..SCOPES.len() {
                longer.extend((0..3).map(|depth| [chain.as_slice(), &[(scope, depth)]].concat()));
            }
        }
        for chain in &longer {
            let hops: Vec<Hop> = chains::linked(chain.len())
                .into_iter()
                .zip(chain)
                .map(|(hop, (scope, depth))| {
                    let scope = SCOPES.get(*scope).copied().unwrap_or_default();
                    Hop { scope: scope.iter().map(|name| (*name).to_owned()).collect(), depth: *depth, ..hop }
                })
                .collect();
            let within = |pair: &[Hop]| match pair {
                [parent, child] => child.scope.iter().all(|name| parent.scope.contains(name)),
                _ => true,
            };
            let counted = hops.iter().zip(0..).all(|(hop, place)| hop.depth == place);
            let right = counted && hops.windows(2).all(within);
            let accepted = compare(&Question::of(&hops), &mut tally)?;
            if accepted != right {
                return Err(format!("{chain:?} is accepted: {accepted}"));
            }
        }
        shorter = longer;
    }
    Ok(tally)
}

/// Judges one chain by both; whether it is accepted.
fn compare(question: &Question, tally: &mut Tally) -> Result<bool, String> {
    let bytes = question.document.as_slice();
    let roots: Vec<[u8; 32]> = question.roots.iter().map(|key| *key.as_bytes()).collect();
    let oracle = judge(bytes, &roots, question.most, NOW);
    let ours = ours(question);
    if ours != oracle.clone().map_err(str::to_owned) {
        let document = String::from_utf8_lossy(bytes);
        return Err(format!("the oracle says {oracle:?}, we say {ours:?}, of {document}"));
    }
    tally.cases = tally.cases.saturating_add(1);
    match oracle {
        Ok(accepted) => {
            let grows = |pair: &[_]| matches!(pair, [parent, child] if !within(parent, child));
            if accepted.scopes.windows(2).any(grows) {
                return Err(format!("a scope grows in {}", String::from_utf8_lossy(bytes)));
            }
            tally.accepted = tally.accepted.saturating_add(1);
            Ok(true)
        }
        Err(code) => {
            let count = tally.refused.entry(code.to_owned()).or_default();
            *count = count.saturating_add(1);
            Ok(false)
        }
    }
}

fn within(parent: &BTreeSet<String>, child: &BTreeSet<String>) -> bool {
    child.iter().all(|capability| parent.contains(capability))
}

fn ours(question: &Question) -> Result<Accepted, String> {
    let roots: TrustedRoots = question.roots.iter().copied().collect();
    let most = u64::try_from(question.most).unwrap_or_default();
    let verifier = ChainVerifier::new(&roots).max_depth(most);
    let now = u64::try_from(NOW).unwrap_or_default();
    let chain = verifier
        .verify_json(&question.document, EvaluationTime::At(now))
        .map_err(|error| error.code().as_str().to_owned())?;
    let scope = |scope: &Scope| scope.texts().map(str::to_owned).collect();
    Ok(Accepted {
        hops: chain.hops().len(),
        scope: scope(chain.scope()),
        subject: chain.subject().to_hex(),
        scopes: chain.hops().iter().map(|hop| scope(hop.scope())).collect(),
    })
}
