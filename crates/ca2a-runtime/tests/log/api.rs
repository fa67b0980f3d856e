//! The log as a library: what it takes in, what it proves, what it refuses.

use ca2a_core::{ErrorCode, SigningKey, cose::Value};
use ca2a_covers::covers;
use ca2a_runtime::log::{EntryId, LogError, MAX_STATEMENT, Registered, StatementLog};
use ca2a_trace::{
    merkle::LeafHash,
    scitt::{Checkpoint, ConsistencyReceipt, InclusionReceipt, SignedStatement},
};
use proptest::prelude::*;

use crate::support::log::{AT, Folder, ISSUER, NAME, NOW, bytes, dated, issuers, log_key, logs, statement};

/// LOG-50, LOG-53: what was registered is there, once, after the log was closed too.
#[tokio::test]
async fn a_log_keeps_what_it_was_given() {
    covers!(accept, "LOG-50", "LOG-53");
    let folder = Folder::new("keeps");
    let log = folder.log("a");
    for (index, what) in (0..5).zip(["a", "b", "c", "d", "e"]) {
        let registered = log.register(&bytes(what), NOW + index).await.unwrap();
        let id = EntryId(statement(what).leaf().unwrap());
        assert_eq!(registered, Registered { id, index, new: true });
    }
    let id = |what| EntryId(statement(what).leaf().unwrap());
    let receipts = |log: &StatementLog| {
        ["a", "b", "c", "d", "e"].map(|what| log.receipt(id(what)).unwrap().to_vec().unwrap())
    };
    let (first, head) = (receipts(&log), log.head().unwrap());
    drop(log);

    let log = StatementLog::open(&folder.file("a"), log_key()).unwrap();
    assert_eq!(log.head().unwrap(), head);
    assert_eq!(log.name(), NAME);
    let again = log.register(&bytes("b"), NOW + 99).await.unwrap();
    assert_eq!(again, Registered { id: id("b"), index: 1, new: false });
    assert_eq!(log.head().unwrap(), head, "nothing was added");
    log.register(&bytes("f"), NOW + 100).await.unwrap();
    assert_eq!(receipts(&log), first, "a receipt is the same bytes for ever");
    assert_eq!(log.audit().unwrap(), log.head().unwrap());
    assert_eq!(log.statement(id("c")).unwrap(), bytes("c"));

    for (what, bytes) in ["a", "b", "c", "d", "e"].into_iter().zip(first) {
        let receipt = InclusionReceipt::read(&bytes).unwrap();
        assert_eq!(receipt.claims().subject, format!("about {what}"));
        receipt.verify(id(what).0, &logs(), AT).unwrap();
    }
}

/// LOG-32, LOG-50: receipts in the unprotected header do not make another statement.
#[tokio::test]
async fn a_transparent_statement_is_the_statement() {
    covers!(accept, "LOG-32", "LOG-50");
    covers!(refuse, "LOG-32", "LOG-50");
    let folder = Folder::new("transparent");
    let log = folder.log("a");
    let id = log.register(&bytes("a"), NOW).await.unwrap().id;
    let outside = vec![(Value::from(394), Value::Array(vec![Value::Bytes(b"x".to_vec())]))];
    let dressed = statement("a").message().with_unprotected(outside).unwrap().to_vec().unwrap();
    assert_ne!(dressed, bytes("a"));
    assert_eq!(log.register(&dressed, NOW).await.unwrap(), Registered { id, index: 0, new: false });
    assert_eq!(log.statement(id).unwrap(), bytes("a"));
    // What was sent with it, or the statement without its tag, has no entry.
    for other in [&dressed[..], &bytes("a")[1..]] {
        assert_eq!(log.receipt(EntryId(LeafHash::of(other))), Err(LogError::NoEntry));
    }
}

/// LOG-50: the first statement has no receipt that RFC 9942 can express, and gets one that never changes.
#[tokio::test]
async fn a_log_of_one_says_that_it_has_no_receipt_yet() {
    covers!(accept, "LOG-50");
    covers!(refuse, "LOG-50");
    let folder = Folder::new("one");
    let log = folder.log("a");
    assert_eq!(log.head().unwrap(), ca2a_trace::merkle::TreeHead::empty());
    let first = log.register(&bytes("a"), NOW).await.unwrap().id;
    for error in [log.receipt(first).unwrap_err(), log.receipt_at(first, 1, NOW).unwrap_err()] {
        assert_eq!(error, LogError::Pending);
        assert_eq!(error.code(), ErrorCode::ReceiptPending);
    }
    log.register(&bytes("b"), NOW + 1).await.unwrap();
    let receipt = log.receipt(first).unwrap();
    log.register(&bytes("c"), NOW + 2).await.unwrap();
    assert_eq!(log.receipt(first).unwrap(), receipt);
    assert_eq!(receipt.verify(first.0, &logs(), AT).unwrap().stated_size(), 2);
}

/// LOG-51: what is no statement of an accepted issuer stays out, under its code.
#[tokio::test]
async fn what_is_no_statement_stays_out() {
    covers!(accept, "LOG-51");
    covers!(refuse, "LOG-51");
    let folder = Folder::new("refused");
    let log = folder.log("a").accept(issuers());
    let good = bytes("a");
    let stranger = {
        let claims =
            ca2a_core::cose::Claims { issuer: ISSUER.to_owned(), subject: "s".to_owned(), issued_at: None };
        let key = SigningKey::from_seed(&[9; 32]);
        let signer = ca2a_core::cose::Signer::eddsa(&key);
        SignedStatement::of_payload(&claims, "text/plain", b"x", &signer).unwrap().to_vec().unwrap()
    };
    let mut forged = good.clone();
    *forged.last_mut().unwrap() ^= 1;
    let mut longer = good.clone();
    longer.push(0);
    let cases: Vec<(&str, Vec<u8>, ErrorCode)> = vec![
        ("nothing", vec![], ErrorCode::StatementInvalid),
        ("cut", good[..good.len() - 1].to_vec(), ErrorCode::StatementInvalid),
        ("longer", longer, ErrorCode::StatementInvalid),
        ("forged", forged, ErrorCode::StatementInvalid),
        ("another key", stranger, ErrorCode::UntrustedSigner),
        ("future", dated("a", Some(NOW + 301)).to_vec().unwrap(), ErrorCode::StatementInvalid),
        ("too large", vec![0; MAX_STATEMENT + 1], ErrorCode::StatementInvalid),
        ("deep", [vec![0xd2], vec![0x81; 4000]].concat(), ErrorCode::StatementInvalid),
        (
            "a checkpoint of nobody",
            folder.log("b").checkpoint(NOW).unwrap().to_vec().unwrap(),
            ErrorCode::UntrustedSigner,
        ),
    ];
    for (what, bytes, code) in cases {
        let error = log.register(&bytes, NOW).await.unwrap_err();
        assert_eq!(error.code(), code, "{what}: {error}");
    }
    assert_eq!(log.head().unwrap().size, 0);
    log.register(&dated("a", Some(NOW + 300)).to_vec().unwrap(), NOW).await.unwrap();

    // Without issuers the shape and the date still count.
    let open = folder.log("c");
    assert!(open.register(&dated("a", Some(NOW + 301)).to_vec().unwrap(), NOW).await.is_err());
    open.register(&dated("a", None).to_vec().unwrap(), NOW).await.unwrap();
}

/// LOG-53: one file, one name, one key, one process.
#[test]
fn a_log_is_of_one_key() {
    covers!(refuse, "LOG-53");
    let folder = Folder::new("identity");
    let path = folder.file("a");
    let missing = StatementLog::open(&path, log_key()).unwrap_err();
    assert_eq!(missing.code(), ErrorCode::ConfigError, "{missing}");
    for name in ["", "a\nb", &"x".repeat(1025)] {
        let refused = StatementLog::create(&folder.file("named"), name, &log_key()).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::ConfigError, "{refused}");
    }
    let log = folder.log("a");
    let busy = StatementLog::open(&path, log_key()).unwrap_err();
    assert!(matches!(busy, LogError::InUse { .. }), "{busy}");
    drop(log);
    let again = StatementLog::create(&path, NAME, &log_key()).unwrap_err();
    assert!(matches!(again, LogError::Exists { .. }), "{again}");
    let other = StatementLog::open(&path, SigningKey::from_seed(&[3; 32])).unwrap_err();
    assert_eq!(other, LogError::OtherKey);

    std::fs::write(folder.file("text"), b"not a database at all").unwrap();
    let refused = StatementLog::open(&folder.file("text"), log_key()).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::StoreUnavailable, "{refused}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

/// LOG-55: sizes and entries that are not there are refused as such.
#[tokio::test]
async fn there_is_no_proof_of_what_is_not() {
    covers!(refuse, "LOG-55");
    let folder = Folder::new("none");
    let log = folder.log("a");
    let mut ids = Vec::new();
    for what in ["a", "b", "c"] {
        ids.push(log.register(&bytes(what), NOW).await.unwrap().id);
    }
    let unknown = EntryId(LeafHash::of(b"unknown"));
    assert_eq!(log.receipt(unknown), Err(LogError::NoEntry));
    assert_eq!(log.receipt_at(unknown, 2, NOW), Err(LogError::NoEntry));
    assert_eq!(log.statement(unknown), Err(LogError::NoEntry));
    for size in [0, 1, 2, 4, u64::MAX] {
        let refused = log.receipt_at(ids[2], size, NOW).unwrap_err();
        assert_eq!(refused, LogError::NoSuchTree { index: 2, asked: size, size: 3 });
        assert_eq!(refused.code(), ErrorCode::BadRequest);
    }
    for (old, new) in [(0, 3), (3, 3), (3, 2), (1, 4), (u64::MAX, u64::MAX), (0, 0)] {
        assert_eq!(log.consistency(old, new, NOW), Err(LogError::NoGrowth { old, new, size: 3 }));
    }
}

/// LOG-41, LOG-42, LOG-44: every proof of every tree up to 40 entries holds.
#[tokio::test]
async fn every_proof_holds() {
    covers!(accept, "LOG-41", "LOG-42", "LOG-44");
    covers!(refuse, "LOG-41", "LOG-42");
    let folder = Folder::new("proofs");
    let log = folder.log("a");
    let (mut heads, mut ids) = (vec![log.head().unwrap()], Vec::new());
    for number in 0..40 {
        ids.push(log.register(&bytes(&format!("{number}")), NOW).await.unwrap().id);
        let checkpoint = log.checkpoint(NOW).unwrap().verify(&logs(), AT).unwrap();
        assert_eq!(checkpoint.head(), log.head().unwrap());
        heads.push(checkpoint.head());
    }
    for size in 2..=40_u64 {
        let head = heads[usize::try_from(size).unwrap()];
        for (index, id) in (0..size).zip(&ids) {
            let receipt = log.receipt_at(*id, size, NOW).unwrap();
            let verified = receipt.verify(id.0, &logs(), AT).unwrap();
            assert_eq!(verified.confirm(&head).unwrap(), index);
        }
        for old in 1..size {
            let kept = heads[usize::try_from(old).unwrap()];
            let receipt = log.consistency(old, size, NOW).unwrap();
            receipt.verify(&kept, &logs(), AT).unwrap().confirm(&head).unwrap();
        }
    }
    // A receipt is for its own entry, and a growth from its own head.
    let receipt = log.receipt_at(ids[0], 40, NOW).unwrap();
    assert_eq!(receipt.verify(ids[1].0, &logs(), AT).unwrap_err().code(), ErrorCode::ReceiptInvalid);
    let receipt = log.consistency(7, 40, NOW).unwrap();
    let forked = ca2a_trace::merkle::TreeHead { root: heads[8].root, ..heads[7] };
    assert_eq!(receipt.verify(&forked, &logs(), AT).unwrap_err().code(), ErrorCode::LogInconsistent);
}

/// LOG-50, LOG-52: many at a time, some of them twice, are one entry each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_at_the_same_time_share_the_log() {
    covers!(accept, "LOG-50");
    let folder = Folder::new("many");
    let log = std::sync::Arc::new(folder.log("a"));
    let tasks: Vec<_> = (0..300)
        .map(|number| {
            let log = std::sync::Arc::clone(&log);
            tokio::spawn(async move {
                let what = format!("{}", number % 100);
                (what.clone(), log.register(&bytes(&what), NOW).await.unwrap())
            })
        })
        .collect();
    let (mut new, mut places) = (0, std::collections::BTreeMap::new());
    for task in tasks {
        let (what, registered) = task.await.unwrap();
        new += usize::from(registered.new);
        assert_eq!(*places.entry(what).or_insert(registered.index), registered.index);
    }
    assert_eq!((new, places.len(), log.head().unwrap().size), (100, 100, 100));
    log.audit().unwrap();
}

fn filled(name: &str, size: u64) -> (Folder, StatementLog, Vec<EntryId>) {
    let folder = Folder::new(name);
    let log = folder.log("a");
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let ids = runtime.block_on(async {
        let mut ids = Vec::new();
        for number in 0..size {
            ids.push(log.register(&bytes(&format!("{number}")), NOW).await.unwrap().id);
        }
        ids
    });
    (folder, log, ids)
}

/// What a flipped bit may still be: a proof of the same root, in which the signature covers nothing but the root (LOG-46).
/// Held against the checkpoint, it never stands for anything else.
#[test]
fn a_flipped_bit_never_makes_another_proof() {
    covers!(refuse, "LOG-46");
    let (_folder, log, ids) = filled("flips", 11);
    let head = log.checkpoint(NOW).unwrap().verify(&logs(), AT).unwrap().head();
    let kept = ca2a_trace::merkle::TreeHead {
        size: 5,
        root: log
            .consistency(4, 5, NOW)
            .unwrap()
            .proof()
            .lead(&ca2a_trace::merkle::TreeHead { size: 4, root: root_at(&log, &ids, 4) })
            .unwrap()
            .root,
    };
    let inclusion = log.receipt_at(ids[6], 11, NOW).unwrap().to_vec().unwrap();
    let consistency = log.consistency(5, 11, NOW).unwrap().to_vec().unwrap();
    let checkpoint = log.checkpoint(NOW).unwrap().to_vec().unwrap();
    let includes = |bytes: &[u8]| {
        let verified = InclusionReceipt::read(bytes)?.verify(ids[6].0, &logs(), AT)?;
        verified.confirm(&head)
    };
    let extends = |bytes: &[u8]| ConsistencyReceipt::read(bytes)?.verify(&kept, &logs(), AT)?.confirm(&head);
    let states =
        |bytes: &[u8]| Checkpoint::read(bytes)?.verify(&logs(), AT).map(|checkpoint| checkpoint.head());
    assert_eq!(includes(&inclusion), Ok(6));
    assert_eq!(extends(&consistency), Ok(()));
    assert_eq!(states(&checkpoint), Ok(head));
    let flipped = |bytes: &[u8], bit: usize| {
        let mut bytes = bytes.to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        bytes
    };
    for bit in 0..inclusion.len() * 8 {
        assert!(includes(&flipped(&inclusion, bit)).is_err(), "bit {bit} of the receipt");
    }
    for bit in 0..consistency.len() * 8 {
        assert!(extends(&flipped(&consistency, bit)).is_err(), "bit {bit} of the consistency receipt");
    }
    for bit in 0..checkpoint.len() * 8 {
        assert!(states(&flipped(&checkpoint, bit)).is_err(), "bit {bit} of the checkpoint");
    }
}

/// The root of the first `size` entries, as a receipt proves it.
fn root_at(log: &StatementLog, ids: &[EntryId], size: u64) -> ca2a_core::Sha256 {
    log.receipt_at(ids[0], size, NOW).unwrap().verify(ids[0].0, &logs(), AT).unwrap().root()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// LOG-50, LOG-54: whatever is registered in whatever order and cut into whatever sessions, the log is the tree of
    /// the first sightings.
    #[test]
    fn a_log_is_the_tree_of_what_it_saw_first(sessions in proptest::collection::vec(
        proptest::collection::vec(0_u8..20, 0..8), 1..4)
    ) {
        let folder = Folder::new("sessions");
        let path = folder.file("a");
        StatementLog::create(&path, NAME, &log_key()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (mut tree, mut seen) = (ca2a_trace::merkle::Frontier::default(), Vec::new());
        for session in sessions {
            let log = StatementLog::open(&path, log_key()).unwrap();
            for number in session {
                let what = format!("{number}");
                let registered = runtime.block_on(log.register(&bytes(&what), NOW)).unwrap();
                prop_assert_eq!(registered.new, !seen.contains(&number));
                if registered.new {
                    seen.push(number);
                    tree.append(statement(&what).leaf().unwrap()).unwrap();
                }
            }
            prop_assert_eq!(log.head().unwrap(), tree.head());
            prop_assert_eq!(log.audit().unwrap(), tree.head());
        }
        std::fs::remove_file(&path).unwrap();
    }

    /// Bytes of anybody are a refusal with a code, and change nothing.
    #[test]
    fn hostile_bytes_are_refused(mut input in proptest::collection::vec(any::<u8>(), 0..200), tagged: bool) {
        let folder = Folder::new("hostile");
        let path = folder.file("a");
        let _ = StatementLog::create(&path, NAME, &log_key());
        let log = StatementLog::open(&path, log_key()).unwrap();
        if tagged {
            input.splice(0..0, [0xd2, 0x84]);
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let refused = runtime.block_on(log.register(&input, NOW));
        prop_assert!(refused.is_err());
        prop_assert_eq!(log.head().unwrap().size, 0);
    }
}
