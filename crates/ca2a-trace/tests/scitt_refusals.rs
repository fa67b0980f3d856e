//! Statements and receipts that are bad in one way each, and whose verdicts an auditor has to tell apart.
#![cfg(feature = "scitt")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

mod support;

use ca2a_core::{
    ErrorCode, EvaluationTime, Sha256, SigningKey, TraceLink,
    cose::{Claims, Draft, PublicKey, Sign1, Signer, Value, label, to_vec},
};
use ca2a_trace::{
    merkle::{
        ConsistencyProof, Frontier, InclusionProof, LeafHash, MemoryNodes, TreeHead, head, prove_consistency,
        prove_inclusion,
    },
    scitt::{
        Checkpoint, ConsistencyReceipt, Content, HashEnvelope, InclusionReceipt, LogSigner, ReceiptFault,
        ScittError, SignedStatement, StatementFault, TransparentStatement, TrustedSigners,
    },
};
use support::{NOW, key, records};

const ISSUER: &str = "https://acme.example";
const LOG: &str = "https://log.example";
const AT: EvaluationTime = EvaluationTime::Live(NOW);

fn public(key: &SigningKey) -> PublicKey {
    key.verifying_key().into()
}

fn issuers() -> TrustedSigners {
    TrustedSigners::from_iter([(ISSUER, public(&key(10)))])
}

fn logs() -> TrustedSigners {
    TrustedSigners::from_iter([(LOG, public(&key(11)))])
}

fn claims(issued_at: u64) -> Claims {
    Claims { issuer: ISSUER.into(), subject: "somebody".into(), issued_at: Some(issued_at) }
}

fn statement() -> SignedStatement {
    SignedStatement::of_record(&records()[0], ISSUER, NOW, &Signer::eddsa(&key(10))).unwrap()
}

fn codes(result: Result<impl Sized, ScittError>) -> ErrorCode {
    result.err().map_or_else(|| panic!("accepted"), |error| error.code())
}

// ---- Statements

fn whole_draft() -> Vec<(i64, Value)> {
    vec![
        (label::CLAIMS, claims(NOW).to_value()),
        (label::CONTENT_TYPE, "text/plain".into()),
        (label::KEY_ID, Value::Bytes(public(&key(10)).thumbprint().unwrap().0.to_vec())),
    ]
}

fn message(headers: Vec<(i64, Value)>, payload: Option<&[u8]>) -> Vec<u8> {
    let draft = headers.into_iter().fold(Draft::new(), |draft, (label, value)| draft.protect(label, value));
    let key = key(10);
    let signed = match payload {
        Some(payload) => draft.payload(payload).sign(&Signer::ed25519(&key)),
        None => draft.sign_detached(&Signer::ed25519(&key), b""),
    };
    signed.unwrap().to_vec().unwrap()
}

fn judge(bytes: &[u8]) -> Result<(), ScittError> {
    SignedStatement::read(bytes)?.verify(&issuers(), AT).map(|_| ())
}

/// covers LOG-30
#[test]
fn what_a_statement_must_say() {
    assert!(judge(&message(whole_draft(), Some(b"done"))).is_ok());
    for at in 0..3 {
        let mut less = whole_draft();
        less.remove(at);
        assert_eq!(codes(judge(&message(less, Some(b"done")))), ErrorCode::StatementInvalid, "without {at}");
    }
    assert_eq!(codes(judge(&message(whole_draft(), None))), ErrorCode::StatementInvalid, "detached");
    for broken in [
        Value::Map(vec![(2.into(), "somebody".into())]),
        Value::Map(vec![(1.into(), ISSUER.into())]),
        Value::Map(vec![(1.into(), ISSUER.into()), (2.into(), "".into())]),
        Value::Map(vec![(1.into(), "".into()), (2.into(), "somebody".into())]),
        Value::Map(vec![(1.into(), ISSUER.into()), (2.into(), Value::Null)]),
        Value::Null,
    ] {
        let mut headers = whole_draft();
        headers[0].1 = broken;
        assert_eq!(codes(judge(&message(headers, Some(b"done")))), ErrorCode::StatementInvalid);
    }
}

/// covers LOG-31, LOG-34
#[test]
fn hash_envelopes() {
    let envelope = |extra: Vec<(i64, Value)>, payload: &[u8]| {
        let mut headers = whole_draft();
        headers.remove(1);
        headers.extend(extra);
        judge(&message(headers, Some(payload)))
    };
    assert!(envelope(vec![(258, (-16).into())], &[1; 32]).is_ok());
    assert!(envelope(vec![(258, (-43).into())], &[1; 48]).is_ok());
    assert!(
        envelope(vec![(258, (-16).into()), (259, 50.into()), (260, "https://a.example/r".into())], &[1; 32])
            .is_ok()
    );
    for (extra, length, code) in [
        (vec![(258, (-16).into())], 31, ErrorCode::StatementInvalid),
        (vec![(258, (-43).into())], 32, ErrorCode::StatementInvalid),
        (vec![(258, (-44).into())], 64, ErrorCode::EvidenceUnsupported),
        (vec![(258, Value::from("sha-256"))], 32, ErrorCode::StatementInvalid),
        (vec![(258, (-16).into()), (3, "text/plain".into())], 32, ErrorCode::StatementInvalid),
        (vec![(259, "text/plain".into())], 32, ErrorCode::StatementInvalid),
        (vec![(258, (-16).into()), (260, 1.into())], 32, ErrorCode::StatementInvalid),
    ] {
        let shown = format!("{extra:?}");
        assert_eq!(codes(envelope(extra, &vec![1; length])), code, "{shown}");
    }

    let digest = TraceLink::sha384_of(b"elsewhere");
    let made = HashEnvelope { digest, preimage_type: None, location: Some("https://a.example/r".into()) };
    let statement = SignedStatement::of_digest(&claims(NOW), &made, &Signer::eddsa(&key(10))).unwrap();
    let read = SignedStatement::read(&statement.to_vec().unwrap()).unwrap();
    assert_eq!(read.content(), &Content::Digest(made));
}

/// Anybody can add what the signature does not cover.
///
/// covers LOG-30, LOG-31
#[test]
fn nothing_that_matters_stands_outside() {
    let message = statement().message().clone();
    for label in [16, 258, 259, 260, 395] {
        let outside = message.with_unprotected(vec![(Value::from(label), 1.into())]).unwrap();
        assert_eq!(codes(judge(&outside.to_vec().unwrap())), ErrorCode::StatementInvalid, "{label}");
    }
    let decorated = message.with_unprotected(vec![((-70_000).into(), 1.into())]).unwrap();
    let decorated = SignedStatement::read(&decorated.to_vec().unwrap()).unwrap();
    assert_eq!(decorated.leaf().unwrap(), statement().leaf().unwrap());
}

/// covers LOG-35
#[test]
fn who_signed_and_when() {
    let sign = |claims: &Claims, by: u8| {
        SignedStatement::of_payload(claims, "text/plain", b"done", &Signer::eddsa(&key(by))).unwrap()
    };
    let both = issuers().trust("https://other.example", public(&key(12)));
    let judge = |statement: SignedStatement| statement.verify(&both, AT).map(|_| ());
    assert!(judge(sign(&claims(NOW), 10)).is_ok());
    assert_eq!(codes(judge(sign(&claims(NOW), 9))), ErrorCode::UntrustedSigner);
    // A trusted key does not speak for another trusted issuer.
    assert_eq!(codes(judge(sign(&claims(NOW), 12))), ErrorCode::UntrustedSigner);

    assert!(judge(sign(&claims(NOW + 300), 10)).is_ok());
    let ahead = judge(sign(&claims(NOW + 301), 10)).unwrap_err();
    assert_eq!(ahead, StatementFault::Future(301).into());
    assert!(judge(sign(&Claims { issued_at: None, ..claims(NOW) }, 10)).is_ok());

    // Under a certificate: not false, but not for us to judge.
    let mut headers = whole_draft();
    headers[2] = (label::X5CHAIN, Value::Bytes(vec![0x30]));
    assert_eq!(
        codes(judge(SignedStatement::read(&message(headers, Some(b"done"))).unwrap())),
        ErrorCode::EvidenceUnsupported
    );
}

/// covers LOG-33, LOG-34
#[test]
fn the_record_inside() {
    let records = records();
    let verified = statement().verify(&issuers(), AT).unwrap();
    assert_eq!(verified.record().unwrap().canonical(), records[0].canonical());
    assert!(verified.is_about(&records[0]).is_ok());
    assert_eq!(verified.is_about(&records[1]), Err(StatementFault::OtherRecord.into()));

    let about = |subject: &str, payload: &[u8]| {
        let claims = Claims { subject: subject.into(), ..claims(NOW) };
        let signer = key(10);
        let statement =
            SignedStatement::of_payload(&claims, "application/json", payload, &Signer::eddsa(&signer));
        statement.unwrap().verify(&issuers(), AT).unwrap()
    };
    let canonical = records[0].canonical();
    assert!(about(records[0].subject(), canonical).record().is_ok());
    let other = about("spiffe://acme.example/other", canonical);
    assert_eq!(other.record().unwrap_err(), StatementFault::Subject.into());
    assert_eq!(other.is_about(&records[0]), Err(StatementFault::Subject.into()));
    let spaced = [b" ", canonical].concat();
    assert_eq!(
        about(records[0].subject(), &spaced).record().unwrap_err(),
        StatementFault::NotCanonical.into()
    );
    assert_eq!(codes(about(records[0].subject(), b"{}").record()), ErrorCode::TraceRecordInvalid);
}

// ---- Receipts

struct Tree {
    nodes: MemoryNodes,
    head: TreeHead,
}

/// A log of `size` entries, the one at `place` being `leaf`.
fn log_of(size: u64, place: u64, leaf: LeafHash) -> Tree {
    let (mut frontier, mut nodes) = (Frontier::default(), MemoryNodes::default());
    for number in 0..size {
        let leaf = if number == place { leaf } else { LeafHash::of(&number.to_be_bytes()) };
        frontier.append(leaf).unwrap().into_iter().for_each(|node| nodes.store(node));
    }
    Tree { nodes, head: frontier.head() }
}

fn log_signer(key: &SigningKey) -> LogSigner<'_> {
    LogSigner::new(LOG, Signer::eddsa(key))
}

fn receipt(statement: &SignedStatement, by: u8, issued_at: u64) -> InclusionReceipt {
    let leaf = statement.leaf().unwrap();
    let proof = prove_inclusion(&log_of(5, 3, leaf).nodes, 3, 5).unwrap();
    log_signer(&key(by)).include("somebody", issued_at, leaf, &proof).unwrap()
}

struct Raw {
    protected: Vec<(i64, Value)>,
    unprotected: Vec<(i64, Value)>,
    payload: Option<Vec<u8>>,
}

/// The parts of a good receipt for `leaf`, and the root that it is signed over.
fn raw_receipt(leaf: LeafHash) -> (Raw, Sha256) {
    let tree = log_of(5, 3, leaf);
    let proof = prove_inclusion(&tree.nodes, 3, 5).unwrap();
    let key_id = public(&key(11)).thumbprint().unwrap().0.to_vec();
    let claims = Claims { issuer: LOG.into(), ..claims(NOW) };
    let protected = vec![(4, Value::Bytes(key_id)), (15, claims.to_value()), (395, 1.into())];
    (Raw { protected, unprotected: vec![(396, proofs(&proof))], payload: None }, tree.head.root)
}

fn encoded(proof: &InclusionProof) -> Value {
    let path = proof.path().iter().map(|hash| Value::Bytes(hash.0.to_vec())).collect();
    let parts = Value::Array(vec![proof.size().into(), proof.index().into(), Value::Array(path)]);
    Value::Bytes(to_vec(&parts).unwrap())
}

fn proofs(proof: &InclusionProof) -> Value {
    Value::Map(vec![((-1).into(), Value::Array(vec![encoded(proof)]))])
}

fn seal(raw: Raw, root: Sha256) -> Vec<u8> {
    let draft =
        raw.protected.into_iter().fold(Draft::new(), |draft, (label, value)| draft.protect(label, value));
    let draft = raw.unprotected.into_iter().fold(draft, |draft, (label, value)| draft.expose(label, value));
    let signer = key(11);
    let signed = match raw.payload {
        Some(payload) => draft.payload(&payload).sign(&Signer::eddsa(&signer)),
        None => draft.sign_detached(&Signer::eddsa(&signer), &root.0),
    };
    signed.unwrap().to_vec().unwrap()
}

/// covers LOG-40, LOG-41
#[test]
fn what_a_receipt_must_be() {
    let leaf = statement().leaf().unwrap();
    let judge = |edit: &dyn Fn(&mut Raw)| {
        let (mut raw, root) = raw_receipt(leaf);
        edit(&mut raw);
        let read = InclusionReceipt::read(&seal(raw, root))?;
        read.verify(leaf, &logs(), AT).map(|_| ())
    };
    assert!(judge(&|_| {}).is_ok());

    let good = prove_inclusion(&log_of(5, 3, leaf).nodes, 3, 5).unwrap();
    let part = |parts: Vec<Value>| Value::Bytes(to_vec(&Value::Array(parts)).unwrap());
    let under = |label: i64, proofs: Vec<Value>| Value::Map(vec![(label.into(), Value::Array(proofs))]);
    let path = || good.path().iter().map(|hash| Value::Bytes(hash.0.to_vec())).collect::<Vec<_>>();
    let short = Value::Array(vec![Value::Bytes(vec![0; 31])]);
    for (name, value) in [
        ("no proof", under(-1, Vec::new())),
        ("two proofs", under(-1, vec![encoded(&good), encoded(&good)])),
        ("another kind of proof", under(-2, vec![encoded(&good)])),
        ("a private kind of proof", under(-3, vec![encoded(&good)])),
        ("no byte string", under(-1, vec![Value::Array(path())])),
        ("four parts", under(-1, vec![part(vec![5.into(), 3.into(), Value::Array(path()), 0.into()])])),
        ("two parts", under(-1, vec![part(vec![5.into(), Value::Array(path())])])),
        ("no path", under(-1, vec![part(vec![5.into(), 3.into(), Value::Array(Vec::new())])])),
        ("a short hash", under(-1, vec![part(vec![5.into(), 3.into(), short])])),
        ("a negative size", under(-1, vec![part(vec![(-5).into(), 3.into(), Value::Array(path())])])),
        ("an index beyond", under(-1, vec![part(vec![3.into(), 3.into(), Value::Array(path())])])),
        ("another index", under(-1, vec![part(vec![5.into(), 2.into(), Value::Array(path())])])),
        ("another size", under(-1, vec![part(vec![4.into(), 3.into(), Value::Array(path())])])),
        (
            "a longer path",
            under(-1, vec![part(vec![5.into(), 3.into(), Value::Array([path(), path()].concat())])]),
        ),
        ("no map", Value::Array(vec![encoded(&good)])),
    ] {
        let refused = judge(&|raw| raw.unprotected[0].1 = value.clone());
        assert_eq!(codes(refused), ErrorCode::ReceiptInvalid, "{name}");
    }
    for (name, code, edit) in [
        ("no structure", ErrorCode::ReceiptInvalid, (|raw| drop(raw.protected.remove(2))) as fn(&mut Raw)),
        ("another structure", ErrorCode::EvidenceUnsupported, |raw| raw.protected[2].1 = 2.into()),
        ("no claims", ErrorCode::ReceiptInvalid, |raw| drop(raw.protected.remove(1))),
        ("no kid", ErrorCode::ReceiptInvalid, |raw| drop(raw.protected.remove(0))),
        ("an unprotected kid", ErrorCode::ReceiptInvalid, |raw| {
            let kid = raw.protected.remove(0);
            raw.unprotected.push(kid);
        }),
        ("another kid", ErrorCode::UntrustedSigner, |raw| raw.protected[0].1 = Value::Bytes(vec![1])),
        ("no proofs", ErrorCode::ReceiptInvalid, |raw| drop(raw.unprotected.remove(0))),
        ("something else", ErrorCode::ReceiptInvalid, |raw| raw.unprotected.push((-70_000, 1.into()))),
        ("a payload", ErrorCode::ReceiptInvalid, |raw| raw.payload = Some(vec![0; 32])),
    ] {
        assert_eq!(codes(judge(&edit)), code, "{name}");
    }
}

/// covers LOG-41, LOG-42, LOG-43
#[test]
fn whose_log_and_when() {
    let statement = statement();
    let leaf = statement.leaf().unwrap();
    let judge = |receipt: InclusionReceipt| receipt.verify(leaf, &logs(), AT).map(|_| ());
    assert!(judge(receipt(&statement, 11, NOW + 300)).is_ok());
    assert_eq!(judge(receipt(&statement, 11, NOW + 301)).unwrap_err(), ReceiptFault::Future(301).into());
    let strangers = judge(receipt(&statement, 12, NOW)).unwrap_err();
    assert!(strangers.is_unverifiable() && strangers.code() == ErrorCode::UntrustedSigner);

    // An empty path has no place in a receipt: neither a tree of one leaf nor two heads of one size.
    let one = prove_inclusion(&log_of(1, 0, leaf).nodes, 0, 1).unwrap();
    let log = key(11);
    assert_eq!(log_signer(&log).include("x", NOW, leaf, &one).unwrap_err(), ReceiptFault::EmptyPath.into());
    let tree = log_of(5, 3, leaf);
    let same = prove_consistency(&tree.nodes, 5, 5).unwrap();
    assert_eq!(
        log_signer(&log).extend("x", NOW, &tree.head, &same).unwrap_err(),
        ReceiptFault::EmptyPath.into()
    );
    // A log signs no proof that does not start at its own head.
    let forked = TreeHead { root: Sha256::of(b""), ..head(&tree.nodes, 3).unwrap() };
    let proof = prove_consistency(&tree.nodes, 3, 5).unwrap();
    assert_eq!(codes(log_signer(&log).extend("x", NOW, &forked, &proof)), ErrorCode::LogInconsistent);
}

/// The signature of a receipt covers the root alone, and a tree of 6 has paths of the same shapes as one of 5.
///
/// covers LOG-46
#[test]
fn a_restated_size_shows_against_a_head() {
    let leaf = statement().leaf().unwrap();
    let tree = log_of(5, 3, leaf);
    let (mut raw, root) = raw_receipt(leaf);
    let path = prove_inclusion(&tree.nodes, 3, 5).unwrap().path().to_vec();
    raw.unprotected[0].1 = proofs(&InclusionProof::new(3, 6, path).unwrap());
    let restated = InclusionReceipt::read(&seal(raw, root)).unwrap().verify(leaf, &logs(), AT).unwrap();
    assert_eq!((restated.root(), restated.stated_size()), (tree.head.root, 6));
    assert_eq!(restated.confirm(&tree.head), Err(ReceiptFault::OtherTree.into()));
    let honest = receipt(&statement(), 11, NOW).verify(leaf, &logs(), AT).unwrap();
    assert_eq!(honest.confirm(&tree.head), Ok(3));
    assert_eq!((honest.stated_index(), honest.leaf()), (3, leaf));

    let log = key(11);
    let old = head(&tree.nodes, 3).unwrap();
    let path = prove_consistency(&tree.nodes, 3, 5).unwrap().path().to_vec();
    let restated = ConsistencyProof::new(3, 6, path).unwrap();
    let restated = log_signer(&log).extend("log", NOW, &old, &restated).unwrap();
    let restated = restated.verify(&old, &logs(), AT).unwrap();
    assert_eq!((restated.root(), restated.stated_size(), restated.old()), (tree.head.root, 6, old));
    assert_eq!(restated.confirm(&tree.head), Err(ReceiptFault::OtherTree.into()));
}

/// A monitor keeps one head, and moves only to signed heads that extend it.
///
/// covers LOG-42, LOG-44, LOG-45
#[test]
fn a_monitor_refuses_a_fork() {
    let (log, leaf) = (key(11), LeafHash::of(b"an entry"));
    let checkpoint = |tree: &Tree, size: u64| {
        let made = log_signer(&log).checkpoint(NOW, &head(&tree.nodes, size).unwrap()).unwrap();
        Checkpoint::read(&made.to_vec().unwrap()).unwrap().verify(&logs(), AT).unwrap()
    };
    let receipt = |tree: &Tree, old: u64, new: u64| {
        let proof = prove_consistency(&tree.nodes, old, new).unwrap();
        let receipt = log_signer(&log).extend("log", NOW, &head(&tree.nodes, old).unwrap(), &proof).unwrap();
        ConsistencyReceipt::read(&receipt.to_vec().unwrap()).unwrap()
    };
    let honest = log_of(9, 2, leaf);
    let mut kept = head(&honest.nodes, 3).unwrap();
    for size in [4, 7, 8, 9] {
        let newer = checkpoint(&honest, size);
        newer.extends(&kept, &prove_consistency(&honest.nodes, kept.size, size).unwrap()).unwrap();
        receipt(&honest, kept.size, size).verify(&kept, &logs(), AT).unwrap().confirm(&newer.head()).unwrap();
        newer.includes(leaf, &prove_inclusion(&honest.nodes, 2, size).unwrap()).unwrap();
        kept = newer.head();
    }

    // The same log, the same key, and an entry exchanged.
    let other = log_of(9, 2, LeafHash::of(b"another entry"));
    for old in [3, 4, 7, 8] {
        let kept = head(&honest.nodes, old).unwrap();
        assert!(receipt(&other, old, 9).verify(&kept, &logs(), AT).is_err(), "from {old}");
        for tree in [&honest, &other] {
            let proof = prove_consistency(&tree.nodes, old, 9).unwrap();
            let forked = checkpoint(&other, 9).extends(&kept, &proof);
            assert_eq!(codes(forked), ErrorCode::LogInconsistent, "from {old}");
        }
    }
    // Two heads of one size.
    let same = prove_consistency(&honest.nodes, 9, 9).unwrap();
    assert_eq!(codes(checkpoint(&other, 9).extends(&honest.head, &same)), ErrorCode::LogInconsistent);
    assert!(checkpoint(&other, 9).includes(leaf, &prove_inclusion(&honest.nodes, 2, 9).unwrap()).is_err());
    let another_size = receipt(&honest, 4, 9).verify(&head(&honest.nodes, 3).unwrap(), &logs(), AT);
    assert_eq!(codes(another_size), ErrorCode::ReceiptInvalid);
}

/// covers LOG-44
#[test]
fn checkpoints() {
    let log = key(11);
    let tree = log_of(5, 3, LeafHash::of(b"an entry"));
    let judge = |bytes: &[u8]| Checkpoint::read(bytes)?.verify(&logs(), AT).map(|verified| verified.head());
    for head in [TreeHead::empty(), tree.head] {
        let made = log_signer(&log).checkpoint(NOW, &head).unwrap();
        assert_eq!(judge(&made.to_vec().unwrap()), Ok(head));
    }
    let ahead = log_signer(&log).checkpoint(NOW + 301, &tree.head).unwrap();
    assert_eq!(codes(judge(&ahead.to_vec().unwrap())), ErrorCode::StatementInvalid);
    let stranger = LogSigner::new(LOG, Signer::eddsa(&key(12))).checkpoint(NOW, &tree.head).unwrap().to_vec();
    assert_eq!(codes(judge(&stranger.unwrap())), ErrorCode::UntrustedSigner);

    let state = |subject: &str, content_type: &str, payload: Value| {
        let claims = Claims { issuer: LOG.into(), subject: subject.into(), issued_at: Some(NOW) };
        let payload = to_vec(&payload).unwrap();
        SignedStatement::of_payload(&claims, content_type, &payload, &Signer::eddsa(&log))
            .unwrap()
            .to_vec()
            .unwrap()
    };
    let heading = "application/vnd.ca2a.tree-head+cbor";
    let root = || Value::Bytes(tree.head.root.0.to_vec());
    let good = state("tree-head", heading, Value::Array(vec![5.into(), root()]));
    assert_eq!(judge(&good), Ok(tree.head));
    for bad in [
        state("log", heading, Value::Array(vec![5.into(), root()])),
        state("tree-head", "application/cbor", Value::Array(vec![5.into(), root()])),
        state("tree-head", heading, Value::Array(vec![5.into()])),
        state("tree-head", heading, Value::Array(vec![5.into(), root(), 1.into()])),
        state("tree-head", heading, Value::Array(vec![(-5).into(), root()])),
        state("tree-head", heading, Value::Array(vec![5.into(), Value::Bytes(vec![0; 31])])),
        state("tree-head", heading, Value::Array(vec![0.into(), root()])),
        state("tree-head", heading, root()),
        statement().to_vec().unwrap(),
    ] {
        assert_eq!(codes(judge(&bad)), ErrorCode::StatementInvalid);
    }
}

// ---- Transparent statements

fn judge_transparent(bytes: &[u8]) -> Result<(usize, usize), ScittError> {
    let verified = TransparentStatement::read(bytes)?.verify(&issuers(), &logs(), AT)?;
    Ok((verified.receipts().len(), verified.unverifiable().len()))
}

fn with_receipts(statement: &SignedStatement, receipts: Vec<Vec<u8>>) -> Vec<u8> {
    let receipts = Value::Array(receipts.into_iter().map(Value::Bytes).collect());
    let message: Sign1 = statement.message().with_unprotected(vec![(394.into(), receipts)]).unwrap();
    message.to_vec().unwrap()
}

/// covers LOG-36, LOG-37
#[test]
fn receipts_of_a_statement() {
    let statement = statement();
    let good = receipt(&statement, 11, NOW).to_vec().unwrap();
    let newer = receipt(&statement, 11, NOW + 1).to_vec().unwrap();
    let stranger = receipt(&statement, 12, NOW).to_vec().unwrap();
    let other_statement =
        SignedStatement::of_record(&records()[1], ISSUER, NOW, &Signer::eddsa(&key(10))).unwrap();
    let misplaced = receipt(&other_statement, 11, NOW).to_vec().unwrap();
    let (raw, root) = raw_receipt(statement.leaf().unwrap());
    let unknown = seal(
        Raw {
            protected: raw
                .protected
                .into_iter()
                .map(|(label, value)| if label == 395 { (395, 9.into()) } else { (label, value) })
                .collect(),
            ..raw
        },
        root,
    );

    let judge = |receipts: &[&Vec<u8>]| {
        judge_transparent(&with_receipts(&statement, receipts.iter().map(|bytes| bytes.to_vec()).collect()))
    };
    assert_eq!(judge(&[&good]), Ok((1, 0)));
    assert_eq!(judge(&[&good, &newer]), Ok((2, 0)));
    assert_eq!(judge(&[&stranger, &good, &unknown]), Ok((1, 2)));
    assert_eq!(judge(&[&stranger, &unknown]), Err(StatementFault::NoTrustedReceipt.into()));
    assert_eq!(codes(judge(&[&stranger])), ErrorCode::UntrustedSigner);
    // One bad receipt of a trusted log spoils the whole, however many good ones there are.
    let error = judge(&[&good, &misplaced]).unwrap_err();
    assert!(matches!(error, ScittError::Receipt { receipt: Some(1), .. }), "{error}");
    assert_eq!(error.code(), ErrorCode::ReceiptInvalid);
    assert_eq!(judge(&[&good, &good]), Err(StatementFault::RepeatedReceipt.into()));
    assert_eq!(codes(judge(&[])), ErrorCode::StatementInvalid);
    let crowd: Vec<_> = (0..17).map(|at| receipt(&statement, 11, NOW - at).to_vec().unwrap()).collect();
    assert_eq!(judge(&crowd.iter().collect::<Vec<_>>()), Err(StatementFault::Receipts(16).into()));
    assert_eq!(judge(&crowd.iter().take(16).collect::<Vec<_>>()), Ok((16, 0)));
    assert!(judge(&[&vec![0xf6]]).is_err());
    assert_eq!(codes(judge_transparent(&statement.to_vec().unwrap())), ErrorCode::StatementInvalid);

    // The issuer's signature counts as much as the log's.
    let unsigned = SignedStatement::of_record(&records()[0], ISSUER, NOW, &Signer::eddsa(&key(9))).unwrap();
    let logged = with_receipts(&unsigned, vec![receipt(&unsigned, 11, NOW).to_vec().unwrap()]);
    assert_eq!(codes(judge_transparent(&logged)), ErrorCode::UntrustedSigner);
}
