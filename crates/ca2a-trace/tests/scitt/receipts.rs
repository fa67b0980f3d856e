//! Receipts and checkpoints that are bad in one way each, and logs that show two histories.

use ca2a_core::{
    ErrorCode, Sha256,
    cose::{Claims, Signer, Value, to_vec},
};
use ca2a_covers::covers;
use ca2a_trace::{
    merkle::{
        ConsistencyProof, InclusionProof, LeafHash, TreeHead, head, prove_consistency, prove_inclusion,
    },
    scitt::{Checkpoint, ConsistencyReceipt, InclusionReceipt, LogSigner, ReceiptFault, SignedStatement},
};

use crate::made::{
    AT, LOG, Raw, Tree, codes, encoded, log_of, log_signer, logs, proofs, raw_receipt, receipt, seal,
    statement,
};
use crate::support::{NOW, key};

/// covers LOG-40, LOG-41
#[test]
fn what_a_receipt_must_be() {
    covers!(accept, "LOG-40", "LOG-41");
    covers!(refuse, "LOG-40", "LOG-41");
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
    covers!(accept, "LOG-41", "LOG-43");
    covers!(refuse, "LOG-41", "LOG-43");
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
    covers!(accept, "LOG-46");
    covers!(refuse, "LOG-46");
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
    covers!(accept, "LOG-42", "LOG-44", "LOG-45");
    covers!(refuse, "LOG-42", "LOG-45");
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
    covers!(accept, "LOG-44");
    covers!(refuse, "LOG-44");
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
