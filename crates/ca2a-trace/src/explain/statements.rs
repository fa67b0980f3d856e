//! What callees signed about the calls of a lineage.

use ca2a_core::VerifyingKey;
use ca2a_delegation::PrefixCache;

use super::{
    Explainer, MOST_HOPS,
    check::{Ledger, Outcome, Rule},
    documents,
    explained::Explained,
    tree::Tree,
};
use crate::{
    record::DelegationRecord,
    statement::{ChainDigest, Evidence, Statement, StatementError, StatementVerifier, VerifiedStatement},
    trace_dag::TraceHop,
};

const RULES: &[Rule] =
    &[Rule::StatementForm, Rule::StatementCallee, Rule::StatementSignature, Rule::StatementBelongs];

/// What a statement is held against.
pub(super) struct Known<'k> {
    pub(super) tree: &'k Tree,
    /// TRACE records that were verified, each with its hop.
    pub(super) traced: &'k [(usize, &'k TraceHop)],
    pub(super) decisions: &'k [DelegationRecord],
    /// What holds once is not computed twice.
    pub(super) cache: &'k PrefixCache,
}

/// Examines the statements of `document`. Each comes with the hop under whose credential the call was made.
pub(super) fn examine(
    explainer: &Explainer<'_>,
    document: &[u8],
    known: &Known<'_>,
    documents: &mut Ledger,
) -> Vec<(Option<usize>, Explained<Statement>)> {
    let most = MOST_HOPS.saturating_mul(2);
    let read = documents::items(document, "statements");
    if let Some(error) = read.broken {
        let error = StatementError::Unreadable(error);
        documents.fail(Rule::StatementsReadable, error.code(), error.to_string());
    }
    if read.items.len() > most {
        let why = format!("{} more were not looked at", read.items.len().saturating_sub(most));
        documents.settle(Rule::StatementsReadable, Outcome::unknown(why));
    }
    documents.pass(Rule::StatementsReadable);
    let prefixes = prefixes(known.tree);
    let examine = |(position, item): (usize, &documents::Item<'_>)| {
        let mut ledger = Ledger::new(RULES);
        let parsed = item
            .node
            .as_ref()
            .map_err(|error| StatementError::Unreadable(*error))
            .and_then(Statement::from_node);
        let mut hop = None;
        match &parsed {
            Err(error) => ledger.fail(Rule::StatementForm, error.code(), error.to_string()),
            Ok(statement) => {
                ledger.pass(Rule::StatementForm);
                let called = prefixes.iter().find(|(_, digest)| *digest == statement.facts().chain);
                hop = called.map(|(hop, _)| *hop);
                judge(explainer, statement, hop, known, &mut ledger);
            }
        }
        let checks = ledger.close("not asked, once the statement had failed");
        (hop, Explained { position, value: parsed.ok(), source: item.shown(), checks })
    };
    read.items.iter().take(most).enumerate().map(examine).collect()
}

/// The digest of each chain that a call of this lineage may have been made under, with the hop that called.
fn prefixes(tree: &Tree) -> Vec<(usize, ChainDigest)> {
    let credentials = tree.credentials();
    let digest = |hop: usize| {
        let path = tree.path(hop).into_iter().map(|hop| credentials.get(hop)?.clone());
        Some((hop, ChainDigest::of(&path.collect::<Option<Vec<_>>>()?)))
    };
    (0..credentials.len()).filter_map(digest).collect()
}

fn judge(
    explainer: &Explainer<'_>,
    statement: &Statement,
    hop: Option<usize>,
    known: &Known<'_>,
    ledger: &mut Ledger,
) {
    let callee = statement.callee();
    ledger.settle(
        Rule::StatementCallee,
        if known.tree.names(callee) || explainer.callees.contains(callee) {
            Outcome::Passed
        } else {
            Outcome::unknown("nobody who is trusted here says whose key this is")
        },
    );
    let verified = match verify(explainer, statement, *callee) {
        Ok(verified) => verified,
        Err(error) => return ledger.fail(Rule::StatementSignature, error.code(), error.to_string()),
    };
    ledger.pass(Rule::StatementSignature);
    ledger.settle(Rule::StatementBelongs, compare(explainer, &verified, hop, known));
}

fn verify(
    explainer: &Explainer<'_>,
    statement: &Statement,
    callee: VerifyingKey,
) -> Result<VerifiedStatement, StatementError> {
    StatementVerifier::new(callee).max_age(None).verify(statement.clone(), explainer.at)
}

/// Compares with the part of the chain down to the hop that called, its TRACE record, and the decision record that is
/// named, each where it is there. A statement about no hop is held against a chain that holds, and is not its own.
fn compare(
    explainer: &Explainer<'_>,
    verified: &VerifiedStatement,
    hop: Option<usize>,
    known: &Known<'_>,
) -> Outcome {
    let ends = known.tree.chains.iter().filter(|chain| chain.verified.is_some());
    let called = hop.or_else(|| ends.filter_map(|chain| chain.path.last()).next().copied());
    let prefix = called.and_then(|called| known.tree.prefix(called, explainer, known.cache));
    let (Some(called), Some(prefix)) = (called, prefix) else {
        return Outcome::unknown("there is no chain that holds to compare it with");
    };
    let prefix = match prefix {
        Ok(prefix) => prefix,
        Err(error) => return Outcome::Failed { code: error.code(), message: error.to_string() },
    };
    let facts = verified.facts();
    let mut evidence = Evidence::new(&prefix);
    let acts = || known.traced.iter().filter(|(hop, _)| *hop == called).map(|(_, act)| *act);
    if let Some(link) = &facts.trace_record {
        // Of several acts the one that it names; where it names none of them, it contradicts the first as well as any.
        let named = acts().find(|act| link.matches(act.record().canonical()));
        if let Some(act) = named.or_else(|| acts().next()) {
            evidence = evidence.trace_record(act);
        }
    }
    if let Some(record) = known.decisions.iter().find(|record| record.hash() == facts.delegation_record) {
        evidence = evidence.delegation_record(record);
    }
    match verified.cross_check(&evidence) {
        Ok(_) => Outcome::Passed,
        Err(error) => Outcome::Failed { code: error.code(), message: error.to_string() },
    }
}
