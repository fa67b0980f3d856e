//! Where chain and records become a lineage, once for each branch of the work.

use ca2a_delegation::PrefixCache;

use super::{
    Explainer,
    check::{Check, Ledger, Outcome, Rule},
    records::{self, Verified},
    sift::said,
    tree::Tree,
};
use crate::{error::TraceError, lineage::Lineage};

const WITHOUT: &str = "it takes a chain that holds and TRACE records that hold";

/// What came about.
#[derive(Default)]
pub(super) struct Established {
    /// A lineage for each branch; none where one of them is missing.
    pub(super) lineages: Vec<Lineage>,
    /// The checks of each branch with the hop where it ends, where there are several.
    pub(super) branches: Vec<(usize, Vec<Check>)>,
}

/// The only place where a lineage is made.
pub(super) fn establish(
    explainer: &Explainer<'_>,
    tree: &Tree,
    records: &mut records::Findings,
    asked: &mut Ledger,
    cache: &PrefixCache,
) -> Established {
    if records.branched {
        return each(explainer, tree, records, asked, cache);
    }
    let chain = tree.chains.first().and_then(|chain| chain.verified.clone());
    let dag = records.verified.first().map(|verified| verified.dag.clone());
    let (Some(chain), Some(dag)) = (chain, dag) else { return Established::default() };
    let lineages = match Lineage::establish(chain, dag) {
        Ok(lineage) => {
            asked.pass(Rule::LineageHolds);
            vec![lineage]
        }
        Err(error) => {
            blame(&error, error.record(), records);
            asked.fail(Rule::LineageHolds, error.code(), error.to_string());
            Vec::new()
        }
    };
    Established { lineages, branches: Vec::new() }
}

/// A lineage for each record that no other continues. What they are called by together holds where each does.
fn each(
    explainer: &Explainer<'_>,
    tree: &Tree,
    records: &mut records::Findings,
    asked: &mut Ledger,
    cache: &PrefixCache,
) -> Established {
    let mut established = Established::default();
    let mut ends = Vec::new();
    for tip in records.forest.tips() {
        let Some(end) = records.records.get(tip).and_then(|suspect| suspect.hop) else { continue };
        let mut ledger = Ledger::new(&[Rule::LineageHolds]);
        match branch(explainer, tree, records, (tip, end), cache) {
            None => {}
            Some(Ok(lineage)) => {
                ledger.pass(Rule::LineageHolds);
                established.lineages.push(lineage);
            }
            Some(Err(error)) => {
                let path = records.forest.path(tip);
                blame(&error, error.record().and_then(|at| path.get(at)).copied(), records);
                ledger.fail(Rule::LineageHolds, error.code(), error.to_string());
            }
        }
        ends.push((end, ledger.close(WITHOUT)));
    }
    ends.sort_by_key(|(end, _)| *end);
    let failed = |(_, checks): &(usize, Vec<Check>)| checks.iter().any(|check| check.failure().is_some());
    if established.lineages.len() == ends.len() && !ends.is_empty() {
        asked.pass(Rule::LineageHolds);
    } else {
        established.lineages.clear();
        let why = if ends.iter().any(failed) { "a branch is not one" } else { WITHOUT };
        asked.settle(Rule::LineageHolds, Outcome::unknown(why));
    }
    established.branches = ends;
    established
}

/// The lineage that ends with the record `tip` at hop `end`; `None` where chain or records do not hold.
fn branch(
    explainer: &Explainer<'_>,
    tree: &Tree,
    records: &records::Findings,
    (tip, end): (usize, usize),
    cache: &PrefixCache,
) -> Option<Result<Lineage, TraceError>> {
    let within = |verified: &Verified| {
        let place = verified.positions.iter().position(|position| *position == tip)?;
        verified.dag.path_to(place)
    };
    let dag = records.verified.iter().find_map(within)?;
    let chain = tree.prefix(end, explainer, cache)?.ok()?;
    Some(Lineage::establish(chain, dag))
}

/// The record at `position` is at fault.
fn blame(error: &TraceError, position: Option<usize>, records: &mut records::Findings) {
    if let Some(suspect) = position.and_then(|position| records.records.get_mut(position)) {
        suspect.ledger().fail(records::rule_of(error), error.code(), said(error));
    }
}
