//! Which TRACE record breaks a lineage.

use ca2a_core::{VerifyingKey, json::Node};
use ca2a_delegation::Credential;

use super::{
    Explainer, MOST_HOPS,
    check::{Ledger, Outcome, Rule},
    documents,
    explained::Explained,
    forest::Forest,
    placing,
    sift::{UNSEEN, said, sift},
    tree::Tree,
};
use crate::{
    error::{Document, LinkFault, Reason, RecordFault, TraceError},
    trace_dag::{TraceDag, TrustEveryKey, cross_check_trace_dag},
    trust_record::{RecordVerifier, TrustAnchor, TrustRecord},
};

const RULES: &[Rule] = &[
    Rule::RecordForm,
    Rule::RecordKey,
    Rule::RecordTime,
    Rule::RecordSignature,
    Rule::RecordUnique,
    Rule::RecordLink,
    Rule::RecordOrder,
    Rule::RecordBelongs,
];

/// What was found out about the TRACE records of a document.
pub(super) struct Findings {
    /// Whether the records are a set with branches, and not one path.
    pub(super) branched: bool,
    pub(super) forest: Forest,
    /// What was verified together, tree by tree.
    pub(super) verified: Vec<Verified>,
    pub(super) records: Vec<Suspect>,
}

/// Records that were verified together, and where each stood in the document.
pub(super) struct Verified {
    pub(super) dag: TraceDag,
    pub(super) positions: Vec<usize>,
}

/// A record under examination.
pub(super) struct Suspect {
    pub(super) record: Option<TrustRecord<'static>>,
    source: String,
    ledger: Ledger,
    /// The hop that it is shown at.
    pub(super) hop: Option<usize>,
}

impl Suspect {
    pub(super) fn ledger(&mut self) -> &mut Ledger {
        &mut self.ledger
    }

    pub(super) fn conclude(self, position: usize) -> Explained<TrustRecord<'static>> {
        let Self { record: value, source, ledger, .. } = self;
        Explained { position, value, source, checks: ledger.close("not asked, once the record had failed") }
    }
}

/// Examines `document` beside the credentials of the chains, which may hold or not. Without a chain the records say
/// what hops there are.
pub(super) fn examine(
    explainer: &Explainer<'_>,
    document: &[u8],
    tree: &mut Tree,
    documents: &mut Ledger,
) -> Findings {
    let read = documents::items(document, "records");
    if let Some(error) = read.broken {
        let error = TraceError::Unreadable { document: Document::TraceRecords, error };
        documents.fail(Rule::RecordsReadable, error.code(), error.to_string());
    }
    if read.items.len() > MOST_HOPS {
        let error = TraceError::from(LinkFault::TooMany(MOST_HOPS));
        documents.fail(Rule::RecordsReadable, error.code(), error.to_string());
    }
    let (mut records, nodes): (Vec<_>, Vec<_>) = read.items.iter().take(MOST_HOPS).map(suspect).unzip();
    let forest = Forest::of(records.iter().map(|suspect| suspect.record.as_ref()));
    let branched = tree.chains.len() > 1 || forest.branches();
    let granted = !tree.hops.is_empty();
    if !granted {
        placing::plant(&mut records, tree, &forest, branched);
    }
    let hops = tree.credentials();
    match (granted, branched) {
        (false, _) => {}
        (true, false) => placing::assign(&mut records, &hops),
        (true, true) => placing::assign_branches(&mut records, &forest, tree, &hops),
    }

    let mut trusted: Vec<_> = hops.iter().flatten().map(|hop| *hop.subject()).collect();
    if trusted.is_empty() {
        trusted = embedded_keys(&mut records);
    }
    let verifier = TrustEveryKey::new(trusted).max_records(MOST_HOPS);
    // What was cut out of a broken document proves nothing; one path is whole or none.
    let whole = read.broken.is_none() && (branched || nodes.iter().flatten().count() == read.items.len());
    let trees = if branched { forest.trees() } else { vec![(0..records.len()).collect()] };
    let mut verified = Vec::new();
    for positions in trees {
        let node = |position: usize| Some((position, nodes.get(position)?.clone()?));
        let list: Vec<_> = positions.into_iter().filter_map(node).collect();
        if branched && list.is_empty() {
            continue;
        }
        let (dag, positions) = match verify(&verifier, &list, explainer) {
            Ok(dag) => (Some(dag), list.iter().map(|(position, _)| *position).collect()),
            Err(_) => narrow(explainer, &verifier, list, &mut records, (&forest, branched), documents),
        };
        for position in &positions {
            if let Some(suspect) = records.get_mut(*position) {
                pass_all(suspect);
            }
        }
        verified.extend(dag.filter(|_| whole).map(|dag| Verified { dag, positions }));
    }
    belongs(&mut records, tree, &hops);
    complete(&records, tree, branched, documents);
    documents.pass(Rule::RecordsReadable);
    Findings { branched, forest, verified, records }
}

fn verify(
    verifier: &TrustEveryKey,
    list: &[(usize, Node<'static>)],
    explainer: &Explainer<'_>,
) -> Result<TraceDag, TraceError> {
    let list: Vec<_> = list.iter().map(|(_, node)| node.clone()).collect();
    verifier.verify(&list, explainer.at)
}

fn suspect(item: &documents::Item<'_>) -> (Suspect, Option<Node<'static>>) {
    let mut ledger = Ledger::new(RULES);
    let mut record = None;
    match &item.node {
        Err(error) => {
            let error = TraceError::Unreadable { document: Document::TrustRecord, error: *error };
            ledger.fail(Rule::RecordForm, error.code(), error.to_string());
        }
        Ok(node) => {
            record = node.as_object().and_then(|object| TrustRecord::from_object(object.clone()).ok());
        }
    }
    let node = item.node.as_ref().ok().map(|node| node.clone().into_owned());
    let record = record.map(TrustRecord::into_owned);
    (Suspect { record, source: item.shown(), ledger, hop: None }, node)
}

fn pass_all(suspect: &mut Suspect) {
    suspect.ledger.pass_open_but(Some(Rule::RecordBelongs));
}

/// Without a chain nobody says which keys to trust; links can be followed all the same.
fn embedded_keys(records: &mut [Suspect]) -> Vec<VerifyingKey> {
    let mut keys = Vec::new();
    for suspect in records {
        suspect.ledger.settle(Rule::RecordKey, Outcome::unknown("there is no chain to say which keys count"));
        let jwk = suspect.record.as_ref().and_then(TrustRecord::confirmation_key);
        let key = jwk.and_then(|jwk| jwk.text("x").ok()).and_then(|x| VerifyingKey::from_base64url(x).ok());
        keys.extend(key);
    }
    keys
}

/// Finds every fault of a list that does not verify, and answers with what holds together without the faulty, which
/// counts only among branches: of one path nothing is left when one record of it is broken.
fn narrow(
    explainer: &Explainer<'_>,
    verifier: &TrustEveryKey,
    nodes: Vec<(usize, Node<'static>)>,
    records: &mut [Suspect],
    (forest, branched): (&Forest, bool),
    documents: &mut Ledger,
) -> (Option<TraceDag>, Vec<usize>) {
    let all = nodes.clone();
    let sifted = sift(nodes, |part| verify(verifier, part, explainer).map(|_| ()));
    if let Some(error) = &sifted.list {
        documents.fail(Rule::RecordsReadable, error.code(), said(error));
    }
    if records.is_empty() {
        let error = TraceError::from(LinkFault::Empty);
        documents.fail(Rule::RecordsReadable, error.code(), said(&error));
    }
    for position in sifted.unseen {
        if let Some(suspect) = records.get_mut(position) {
            RULES.iter().for_each(|rule| suspect.ledger.settle(*rule, Outcome::unknown(UNSEEN)));
        }
    }
    for (position, error) in sifted.faults {
        let rule = rule_of(&error);
        let Some(suspect) = records.get_mut(position) else { continue };
        if rule == Rule::RecordLink {
            let outcome = link_outcome(position, suspect.record.as_ref(), &error, forest, branched);
            suspect.ledger.stop_at(rule, outcome);
            suspect.ledger.settle(
                Rule::RecordOrder,
                Outcome::unknown("only a record that continues another can be dated before it"),
            );
        } else {
            suspect.ledger.fail(rule, error.code(), said(&error));
        }
        if rule == Rule::RecordKey {
            strangers_signature(explainer, suspect);
        }
    }
    let rest = || all.into_iter().filter(|(position, _)| sifted.sound.contains(position)).collect::<Vec<_>>();
    let dag = branched.then(|| verify(verifier, &rest(), explainer).ok()).flatten();
    (dag, sifted.sound)
}

/// A link to a record that is there and was refused itself is not the link's fault.
fn link_outcome(
    position: usize,
    record: Option<&TrustRecord<'_>>,
    error: &TraceError,
    forest: &Forest,
    branched: bool,
) -> Outcome {
    let failed = |code, message| Outcome::Failed { code, message };
    let Some(link) = record.and_then(TrustRecord::delegation).map(|delegation| delegation.parent) else {
        return failed(error.code(), said(error));
    };
    if let TraceError::Link { fault: LinkFault::RootHasBlock, .. } = error
        && position == 0
        && !branched
    {
        return failed(error.code(), said(error));
    }
    match forest.find(&link) {
        Some(parent) if branched || parent < position => {
            Outcome::unknown(format!("it continues record {parent}, which does not hold"))
        }
        Some(parent) => failed(
            error.code(),
            format!("it continues record {parent}, which stands behind it: the records were reordered"),
        ),
        None => {
            let error = TraceError::from(LinkFault::LinkMismatch(link));
            failed(error.code(), said(&error))
        }
    }
}

/// Whether a record under an unknown key is at least intact.
fn strangers_signature(explainer: &Explainer<'_>, suspect: &mut Suspect) {
    let Some(record) = suspect.record.clone() else { return };
    let verified = RecordVerifier::new(TrustAnchor::EmbeddedKey).max_age(None).verify(record, explainer.at);
    let outcome = match verified {
        Ok(_) => {
            Outcome::unknown("it is intact under the key that it carries, and anybody can make such a record")
        }
        Err(error) => Outcome::Failed { code: error.code(), message: said(&error) },
    };
    suspect.ledger.settle(Rule::RecordSignature, outcome);
}

/// Each record against its own credential. Compared in a pair with itself, because what the first of a list names is
/// not looked at.
fn belongs(records: &mut [Suspect], tree: &Tree, hops: &[Option<Credential>]) {
    for suspect in records {
        let credential =
            suspect.hop.and_then(|hop| hops.get(hop)?.as_ref().map(|credential| (hop, credential)));
        let Some((hop, credential)) = credential else {
            suspect
                .ledger
                .settle(Rule::RecordBelongs, Outcome::unknown("there is no credential to hold it against"));
            continue;
        };
        let Some(record) = suspect.record.as_ref().filter(|_| suspect.ledger.passed(Rule::RecordSignature))
        else {
            continue;
        };
        let twice = [credential.clone(), credential.clone()];
        let first = tree.hops.get(hop).is_some_and(|hop| hop.parent.is_none());
        let count = if first { 1 } else { 2 };
        let result = cross_check_trace_dag(
            [record, record].into_iter().take(count),
            twice.get(..count).unwrap_or_default(),
        );
        match result {
            Ok(()) => suspect.ledger.pass(Rule::RecordBelongs),
            Err(error) => {
                let (code, message) = (error.code(), said(&error));
                suspect.ledger.settle(Rule::RecordBelongs, Outcome::Failed { code, message });
            }
        }
    }
}

/// One record for each hop of each chain, as far as all of them can be read.
fn complete(records: &[Suspect], tree: &Tree, branched: bool, documents: &mut Ledger) {
    if tree.chains.iter().all(|chain| chain.path.is_empty()) {
        documents.settle(Rule::RecordsComplete, Outcome::unknown("there is no chain to count the hops of"));
    }
    for chain in tree.chains.iter().filter(|chain| !chain.path.is_empty()) {
        let recorded = |hop: &&usize| records.iter().any(|suspect| suspect.hop == Some(**hop));
        let found = if branched { chain.path.iter().filter(recorded).count() } else { records.len() };
        let hops = chain.path.len();
        if found != hops {
            let error = TraceError::from(LinkFault::Length { records: found, hops });
            documents.fail(Rule::RecordsComplete, error.code(), said(&error));
        }
    }
    documents.pass(Rule::RecordsComplete);
}

/// Which question `error` answers.
pub(super) fn rule_of(error: &TraceError) -> Rule {
    match error {
        TraceError::Link { fault: LinkFault::Length { .. }, .. } => return Rule::RecordsComplete,
        TraceError::Record { fault: RecordFault::Key { .. }, .. } => return Rule::RecordForm,
        _ => {}
    }
    match error.reason() {
        Reason::UntrustedKey | Reason::NoTrustedKey | Reason::KeyMismatch => Rule::RecordKey,
        Reason::Future | Reason::Stale => Rule::RecordTime,
        Reason::SignatureInvalid => Rule::RecordSignature,
        Reason::Repeated => Rule::RecordUnique,
        Reason::RootHasBlock | Reason::NoBlock | Reason::LinkMismatch => Rule::RecordLink,
        Reason::BeforeParent => Rule::RecordOrder,
        Reason::CredentialId | Reason::Signer => Rule::RecordBelongs,
        Reason::Length => Rule::RecordsComplete,
        _ => Rule::RecordForm,
    }
}
