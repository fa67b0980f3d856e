//! Which TRACE record breaks a lineage.

use ca2a_core::{TraceLink, VerifyingKey, json::Node};
use ca2a_delegation::Credential;

use super::{
    Explainer, MOST_HOPS,
    check::{Ledger, Outcome, Rule},
    documents,
    explained::Explained,
    sift::{UNSEEN, said, sift},
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

/// What was found out about a list of TRACE records.
pub(super) struct Findings {
    pub(super) verified: Option<TraceDag>,
    pub(super) records: Vec<Suspect>,
}

/// A record under examination.
pub(super) struct Suspect {
    record: Option<TrustRecord<'static>>,
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

/// Examines `document` beside the credentials of the chain, which may hold or not.
pub(super) fn examine(
    explainer: &Explainer<'_>,
    document: &[u8],
    hops: &[Option<Credential>],
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
    let mut records = Vec::new();
    let mut nodes = Vec::new();
    for (position, item) in read.items.iter().take(MOST_HOPS).enumerate() {
        let (suspect, node) = suspect(item);
        nodes.extend(node.map(|node| (position, node)));
        records.push(suspect);
    }
    let whole = read.broken.is_none() && nodes.len() == read.items.len();
    assign(&mut records, hops);

    let mut trusted: Vec<_> = hops.iter().flatten().map(|hop| *hop.subject()).collect();
    if trusted.is_empty() {
        trusted = embedded_keys(&mut records);
    }
    let verifier = TrustEveryKey::new(trusted).max_records(MOST_HOPS);
    let list: Vec<_> = nodes.iter().map(|(_, node)| node.clone()).collect();
    let verified = verifier.verify(&list, explainer.at);
    match &verified {
        Ok(_) => nodes.iter().for_each(|(position, _)| {
            if let Some(suspect) = records.get_mut(*position) {
                pass_all(suspect);
            }
        }),
        Err(_) => narrow(explainer, &verifier, nodes, &mut records, documents),
    }
    belongs(&mut records, hops);
    complete(&records, hops, documents);
    documents.pass(Rule::RecordsReadable);
    Findings { verified: verified.ok().filter(|_| whole), records }
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

/// Gives each record the hop whose credential it names, and those that name none the hop at their position.
fn assign(records: &mut [Suspect], hops: &[Option<Credential>]) {
    let places = hops.len().max(if hops.is_empty() { records.len() } else { 0 });
    let mut taken = vec![false; places];
    let mut take = |hop: usize| match taken.get_mut(hop) {
        Some(taken @ false) => {
            *taken = true;
            Some(hop)
        }
        _ => None,
    };
    for (position, suspect) in records.iter_mut().enumerate() {
        let Some(record) = &suspect.record else { continue };
        let named = match record.delegation() {
            Some(block) => {
                hops.iter().position(|hop| hop.as_ref().is_some_and(|hop| *hop.id() == block.credential_id))
            }
            None => (position == 0 || !hops.is_empty()).then_some(0),
        };
        suspect.hop = named.and_then(&mut take);
    }
    for (position, suspect) in records.iter_mut().enumerate() {
        suspect.hop = suspect.hop.or_else(|| take(position));
    }
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

/// Finds every fault of a list that does not verify.
fn narrow(
    explainer: &Explainer<'_>,
    verifier: &TrustEveryKey,
    nodes: Vec<(usize, Node<'static>)>,
    records: &mut [Suspect],
    documents: &mut Ledger,
) {
    let verify = |part: &[(usize, Node<'static>)]| {
        let part: Vec<_> = part.iter().map(|(_, node)| node.clone()).collect();
        verifier.verify(&part, explainer.at).map(|_| ())
    };
    let sifted = sift(nodes, verify);
    if let Some(error) = &sifted.list {
        documents.fail(Rule::RecordsReadable, error.code(), said(error));
    }
    if records.is_empty() {
        let error = TraceError::from(LinkFault::Empty);
        documents.fail(Rule::RecordsReadable, error.code(), said(&error));
    }
    for position in sifted.sound {
        if let Some(suspect) = records.get_mut(position) {
            pass_all(suspect);
        }
    }
    for position in sifted.unseen {
        if let Some(suspect) = records.get_mut(position) {
            RULES.iter().for_each(|rule| suspect.ledger.settle(*rule, Outcome::unknown(UNSEEN)));
        }
    }
    let hashes: Vec<_> = records
        .iter()
        .map(|suspect| suspect.record.as_ref().map(|record| (record.hash(), record.hash_sha384())))
        .collect();
    for (position, error) in sifted.faults {
        let rule = rule_of(&error);
        let Some(suspect) = records.get_mut(position) else { continue };
        if rule == Rule::RecordLink {
            let outcome = link_outcome(position, suspect.record.as_ref(), &error, &hashes);
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
}

/// A link to a record that is there and was refused itself is not the link's fault.
fn link_outcome(
    position: usize,
    record: Option<&TrustRecord<'_>>,
    error: &TraceError,
    hashes: &[Option<(TraceLink, TraceLink)>],
) -> Outcome {
    let failed = |code, message| Outcome::Failed { code, message };
    let Some(link) = record.and_then(TrustRecord::delegation).map(|delegation| delegation.parent) else {
        return failed(error.code(), said(error));
    };
    if let TraceError::Link { fault: LinkFault::RootHasBlock, .. } = error
        && position == 0
    {
        return failed(error.code(), said(error));
    }
    let named =
        hashes.iter().position(|hash| hash.is_some_and(|(sha256, sha384)| link == sha256 || link == sha384));
    match named {
        Some(parent) if parent < position => {
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
fn belongs(records: &mut [Suspect], hops: &[Option<Credential>]) {
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
        let count = if hop == 0 { 1 } else { 2 };
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

/// One record for each hop, as far as all of them can be read.
fn complete(records: &[Suspect], hops: &[Option<Credential>], documents: &mut Ledger) {
    if hops.is_empty() {
        documents.settle(Rule::RecordsComplete, Outcome::unknown("there is no chain to count the hops of"));
    } else if records.len() == hops.len() {
        documents.pass(Rule::RecordsComplete);
    } else {
        let error = TraceError::from(LinkFault::Length { records: records.len(), hops: hops.len() });
        documents.fail(Rule::RecordsComplete, error.code(), said(&error));
    }
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
