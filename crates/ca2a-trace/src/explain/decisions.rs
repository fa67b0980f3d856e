//! Which decision record breaks its list. Nobody signed these: what holds is consistent, and no more.

use ca2a_delegation::Credential;

use super::{
    MOST_HOPS,
    check::{Ledger, Outcome, Rule},
    documents,
    explained::Explained,
    sift::{UNSEEN, said, sift},
    tree::Tree,
};
use crate::{
    dag::{RecordDag, cross_check_chain, verify_dag},
    error::{Document, ProvenanceFault, TraceError},
    record::{DelegationRecord, ParentLink},
    trace_dag::TraceHop,
};

const RULES: &[Rule] = &[Rule::DecisionForm, Rule::DecisionLink, Rule::DecisionBelongs];

struct Suspect {
    record: Option<DelegationRecord>,
    source: String,
    ledger: Ledger,
}

/// Examines one list of decision records, which is one path, beside the chain that it is about and the TRACE records
/// that are known. Each comes with the hop whose credential it names.
pub(super) fn examine(
    document: &[u8],
    tree: &Tree,
    traced: &[(usize, &TraceHop)],
    documents: &mut Ledger,
) -> Vec<(Option<usize>, Explained<DelegationRecord>)> {
    let most = MOST_HOPS.saturating_mul(2);
    let read = documents::items(document, "records");
    if let Some(error) = read.broken {
        let error = TraceError::Unreadable { document: Document::DelegationRecords, error };
        documents.fail(Rule::DecisionsReadable, error.code(), error.to_string());
    }
    if read.items.len() > most {
        let error = TraceError::from(ProvenanceFault::TooMany(most));
        documents.fail(Rule::DecisionsReadable, error.code(), error.to_string());
    }
    let mut suspects: Vec<_> = read.items.iter().take(most).map(suspect).collect();
    if suspects.is_empty() {
        let error = TraceError::from(ProvenanceFault::Empty);
        documents.fail(Rule::DecisionsReadable, error.code(), error.to_string());
    }
    documents.pass(Rule::DecisionsReadable);

    let path = path(&suspects, tree);
    let hops: Vec<_> =
        path.iter().map(|hop| tree.hops.get(*hop)?.grant().and_then(Explained::value).cloned()).collect();
    if let Some(dag) = link(&mut suspects, traced) {
        belong(&dag, &mut suspects, &hops, documents);
    }
    let why = "not asked of a list that does not hold together";
    documents.settle(Rule::DecisionsComplete, Outcome::unknown(why));
    let conclude = |(position, suspect): (usize, Suspect)| {
        let Suspect { record: value, source, ledger } = suspect;
        let hop = value.as_ref().and_then(|record| {
            let named = hops.iter().position(|hop| names(record, hop.as_ref()));
            path.get(named?).copied()
        });
        (hop, Explained { position, value, source, checks: ledger.close(why) })
    };
    suspects.into_iter().enumerate().map(conclude).collect()
}

/// The chain that most of the records are about.
fn path(suspects: &[Suspect], tree: &Tree) -> Vec<usize> {
    let credential = |hop: &usize| tree.hops.get(*hop)?.grant().and_then(Explained::value);
    let about = |path: &Vec<usize>| {
        let records = suspects.iter().filter_map(|suspect| suspect.record.as_ref());
        records.filter(|record| path.iter().any(|hop| names(record, credential(hop)))).count()
    };
    let paths = tree.chains.iter().map(|chain| &chain.path);
    paths.rev().max_by_key(|path| about(path)).cloned().unwrap_or_default()
}

fn names(record: &DelegationRecord, credential: Option<&Credential>) -> bool {
    credential.is_some_and(|credential| credential.id() == record.credential_id())
}

fn suspect(item: &documents::Item<'_>) -> Suspect {
    let mut ledger = Ledger::new(RULES);
    let unreadable = |error| TraceError::Unreadable { document: Document::DelegationRecords, error };
    let record = item.node.as_ref().map_err(|error| unreadable(*error)).and_then(DelegationRecord::from_node);
    match &record {
        Ok(_) => ledger.pass(Rule::DecisionForm),
        Err(error) => ledger.fail(Rule::DecisionForm, error.code(), said(error)),
    }
    Suspect { record: record.ok(), source: item.shown(), ledger }
}

/// Do the records continue one another? The list, where it does and is whole.
fn link(suspects: &mut [Suspect], traced: &[(usize, &TraceHop)]) -> Option<RecordDag> {
    let mut listed = Vec::new();
    for (position, suspect) in suspects.iter_mut().enumerate() {
        let Some(record) = &suspect.record else { continue };
        match record.parent() {
            ParentLink::Trace(link) => {
                let known = traced.iter().any(|(_, act)| link.matches(act.record().canonical()));
                suspect.ledger.settle(Rule::DecisionLink, to_trace(known));
            }
            _ => listed.push((position, record.clone())),
        }
    }
    let whole = listed.len() == suspects.len();
    let verify = |part: &[(usize, DelegationRecord)]| {
        verify_dag(part.iter().map(|(_, record)| record.clone()).collect()).map(|_| ())
    };
    let hashes: Vec<_> =
        suspects.iter().map(|suspect| suspect.record.as_ref().map(DelegationRecord::hash)).collect();
    let dag = whole.then(|| suspects.iter().filter_map(|suspect| suspect.record.clone()).collect());
    let dag = dag.and_then(|records| verify_dag(records).ok());
    let sifted = sift(listed, verify);
    for position in sifted.sound {
        if let Some(suspect) = suspects.get_mut(position) {
            suspect.ledger.pass(Rule::DecisionLink);
        }
    }
    for position in sifted.unseen {
        if let Some(suspect) = suspects.get_mut(position) {
            suspect.ledger.settle(Rule::DecisionLink, Outcome::unknown(UNSEEN));
        }
    }
    for (position, error) in sifted.faults {
        let Some(suspect) = suspects.get_mut(position) else { continue };
        let parent = suspect.record.as_ref().map(|record| *record.parent());
        let named = hashes
            .iter()
            .take(position)
            .position(|hash| hash.is_some() && parent == hash.map(ParentLink::Record));
        match named {
            // It continues what it says it continues, and that was refused.
            Some(parent) if parent.saturating_add(1) == position && is_link(&error) => {
                let why = format!("it continues record {parent}, which does not hold");
                suspect.ledger.settle(Rule::DecisionLink, Outcome::unknown(why));
            }
            _ => suspect.ledger.fail(Rule::DecisionLink, error.code(), said(&error)),
        }
    }
    dag
}

fn is_link(error: &TraceError) -> bool {
    let TraceError::Provenance { fault, .. } = error else { return false };
    matches!(fault, ProvenanceFault::LinkMismatch { .. } | ProvenanceFault::RootHasParent)
}

/// A decision on a call that came with a TRACE record names that record, and no list of its own kind (TRC-304).
fn to_trace(known: bool) -> Outcome {
    if known {
        Outcome::Passed
    } else {
        Outcome::unknown("it continues a TRACE record that is not among those that hold")
    }
}

/// Do the records repeat what the chain says?
fn belong(dag: &RecordDag, suspects: &mut [Suspect], hops: &[Option<Credential>], documents: &mut Ledger) {
    let credentials: Option<Vec<_>> = hops.iter().cloned().collect();
    let Some(credentials) = credentials.filter(|credentials| !credentials.is_empty()) else {
        let why = Outcome::unknown("there is no whole chain to hold it against");
        documents.settle(Rule::DecisionsComplete, why.clone());
        suspects.iter_mut().for_each(|suspect| suspect.ledger.settle(Rule::DecisionBelongs, why.clone()));
        return;
    };
    let Err(error) = cross_check_chain(dag, &credentials) else {
        documents.pass(Rule::DecisionsComplete);
        suspects.iter_mut().for_each(|suspect| suspect.ledger.pass_open());
        return;
    };
    match error.record().and_then(|position| suspects.get_mut(position)) {
        Some(suspect) => {
            documents.pass(Rule::DecisionsComplete);
            suspect.ledger.fail(Rule::DecisionBelongs, error.code(), said(&error));
        }
        None => documents.fail(Rule::DecisionsComplete, error.code(), said(&error)),
    }
}
