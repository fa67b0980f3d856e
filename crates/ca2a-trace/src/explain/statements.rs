//! What callees signed about the calls of a lineage.

use ca2a_core::VerifyingKey;
use ca2a_delegation::{Chain, ChainVerifier, Credential, VerifiedChain};

use super::{
    Explainer, MOST_HOPS,
    check::{Ledger, Outcome, Rule},
    documents,
    explained::Explained,
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
    pub(super) hops: &'k [Option<Credential>],
    pub(super) chain: Option<&'k VerifiedChain>,
    pub(super) traced: &'k [TraceHop],
    pub(super) decisions: &'k [DelegationRecord],
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
    let prefixes = prefixes(known.hops);
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
                hop = prefixes.iter().position(|digest| *digest == statement.facts().chain);
                judge(explainer, statement, hop, known, &mut ledger);
            }
        }
        let checks = ledger.close("not asked, once the statement had failed");
        (hop, Explained { position, value: parsed.ok(), source: item.shown(), checks })
    };
    read.items.iter().take(most).enumerate().map(examine).collect()
}

/// The digest of each chain that a call of this lineage may have been made under.
fn prefixes(hops: &[Option<Credential>]) -> Vec<ChainDigest> {
    let whole: Vec<_> = hops.iter().map_while(Clone::clone).collect();
    (1..=whole.len()).filter_map(|length| whole.get(..length)).map(ChainDigest::of).collect()
}

fn judge(
    explainer: &Explainer<'_>,
    statement: &Statement,
    hop: Option<usize>,
    known: &Known<'_>,
    ledger: &mut Ledger,
) {
    let callee = statement.callee();
    let named = known.chain.is_some_and(|chain| chain.hops().iter().any(|hop| hop.subject() == callee));
    ledger.settle(
        Rule::StatementCallee,
        if named || explainer.callees.contains(callee) {
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
    let outcome = match (known.chain, hop) {
        (None, _) => Outcome::unknown("there is no chain that holds to compare it with"),
        (Some(chain), hop) => compare(explainer, &verified, chain, hop, known),
    };
    ledger.settle(Rule::StatementBelongs, outcome);
}

fn verify(
    explainer: &Explainer<'_>,
    statement: &Statement,
    callee: VerifyingKey,
) -> Result<VerifiedStatement, StatementError> {
    StatementVerifier::new(callee).max_age(None).verify(statement.clone(), explainer.at)
}

/// Compares with the part of the chain down to the hop that called, its TRACE record, and the decision record that is
/// named, each where it is there.
fn compare(
    explainer: &Explainer<'_>,
    verified: &VerifiedStatement,
    chain: &VerifiedChain,
    hop: Option<usize>,
    known: &Known<'_>,
) -> Outcome {
    let called = hop.unwrap_or_else(|| chain.hops().len().saturating_sub(1));
    let prefix: Chain = chain.hops().iter().take(called.saturating_add(1)).cloned().collect();
    let prefix =
        ChainVerifier::new(explainer.roots).max_depth(explainer.max_depth).verify(&prefix, explainer.at);
    let prefix = match prefix {
        Ok(prefix) => prefix,
        Err(error) => return Outcome::Failed { code: error.code(), message: error.to_string() },
    };
    let facts = verified.facts();
    let mut evidence = Evidence::new(&prefix);
    if let (Some(_), Some(traced)) = (facts.trace_record, known.traced.get(called)) {
        evidence = evidence.trace_record(traced);
    }
    if let Some(record) = known.decisions.iter().find(|record| record.hash() == facts.delegation_record) {
        evidence = evidence.delegation_record(record);
    }
    match verified.cross_check(&evidence) {
        Ok(_) => Outcome::Passed,
        Err(error) => Outcome::Failed { code: error.code(), message: error.to_string() },
    }
}
