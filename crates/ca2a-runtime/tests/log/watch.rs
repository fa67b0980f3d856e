//! Watching a log: growth is taken, a fork and a rollback are not (LOG-45, LOG-57).

use ca2a_core::{ErrorCode, SigningKey, cose::Signer};
use ca2a_covers::covers;
use ca2a_runtime::log::{Growth, Sighting, StatementLog, Watch, WatchError, watch};
use ca2a_trace::scitt::{LogSigner, TrustedSigners, VerifiedCheckpoint};

use crate::support::log::{AT, Folder, NAME, NOW, bytes, log_key, logs};

async fn fill(log: &StatementLog, whats: &[&str]) {
    for what in whats {
        log.register(&bytes(what), NOW).await.unwrap();
    }
}

fn seen(log: &StatementLog) -> VerifiedCheckpoint {
    log.checkpoint(NOW).unwrap().verify(&logs(), AT).unwrap()
}

fn growth(kept: &VerifiedCheckpoint, now: &VerifiedCheckpoint) -> Growth {
    match watch(Some(kept.clone()), now.clone()).unwrap() {
        Watch::Growth(growth) => growth,
        Watch::Settled(sighting) => panic!("{sighting:?}"),
    }
}

#[tokio::test]
async fn an_honest_log_is_followed() {
    covers!(accept, "LOG-45", "LOG-57");
    let folder = Folder::new("honest");
    let log = folder.log("a");
    let empty = seen(&log);
    assert_eq!(watch(None, empty.clone()), Ok(Watch::Settled(Sighting::First)));
    assert_eq!(watch(Some(empty.clone()), empty.clone()), Ok(Watch::Settled(Sighting::Unchanged)));
    fill(&log, &["a", "b", "c"]).await;
    let three = seen(&log);
    assert_eq!(watch(Some(empty), three.clone()), Ok(Watch::Settled(Sighting::Grown { from: 0 })));
    fill(&log, &["d", "e"]).await;
    let five = seen(&log);
    let growth = growth(&three, &five);
    assert_eq!(growth.sizes(), (3, 5));
    let receipt = log.consistency(3, 5, NOW).unwrap();
    assert_eq!(growth.settle(receipt, &logs(), AT), Ok(Sighting::Grown { from: 3 }));
}

#[tokio::test]
async fn two_histories_are_refused() {
    covers!(refuse, "LOG-45");
    let folder = Folder::new("fork");
    let (one, other) = (folder.log("a"), folder.log("b"));
    fill(&one, &["a", "b", "c"]).await;
    fill(&other, &["a", "b", "x"]).await;
    let (kept, forked) = (seen(&one), seen(&other));
    let fork = watch(Some(kept.clone()), forked.clone()).unwrap_err();
    assert_eq!(fork, WatchError::Fork { size: 3 });
    assert_eq!(fork.code(), ErrorCode::LogInconsistent);

    // A fork that has grown on shows when it is asked for the proof.
    fill(&other, &["d", "e"]).await;
    let later = growth(&kept, &seen(&other));
    let refused = later.settle(other.consistency(3, 5, NOW).unwrap(), &logs(), AT).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::LogInconsistent, "{refused}");

    // An honest proof between other sizes, and one that somebody else signed.
    fill(&one, &["d", "e"]).await;
    let honest = growth(&kept, &seen(&one));
    assert!(honest.settle(one.consistency(2, 5, NOW).unwrap(), &logs(), AT).is_err());
    assert!(honest.settle(one.consistency(3, 4, NOW).unwrap(), &logs(), AT).is_err());
    let stranger = SigningKey::from_seed(&[8; 32]);
    let receipt = one.consistency(3, 5, NOW).unwrap();
    let forged = LogSigner::new(NAME, Signer::eddsa(&stranger))
        .extend(NAME, NOW, &kept.head(), receipt.proof())
        .unwrap();
    let refused = honest.settle(forged, &logs(), AT).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::UntrustedSigner);
    assert_eq!(honest.settle(receipt, &logs(), AT), Ok(Sighting::Grown { from: 3 }));
}

#[tokio::test]
async fn a_log_does_not_forget() {
    covers!(refuse, "LOG-57");
    let folder = Folder::new("rollback");
    let log = folder.log("a");
    fill(&log, &["a", "b"]).await;
    let two = seen(&log);
    fill(&log, &["c"]).await;
    let three = seen(&log);
    let rollback = watch(Some(three), two.clone()).unwrap_err();
    assert_eq!(rollback, WatchError::Rollback { kept: 3, seen: 2 });
    assert_eq!(rollback.code(), ErrorCode::LogInconsistent);

    // The head of another log settles nothing, though its key is trusted.
    let name = "https://other.example";
    let path = folder.file("other");
    StatementLog::create(&path, name, &log_key()).unwrap();
    let other = StatementLog::open(&path, log_key()).unwrap();
    let both = TrustedSigners::from_iter([(name, other.public_key()), (NAME, other.public_key())]);
    let foreign = other.checkpoint(NOW).unwrap().verify(&both, AT).unwrap();
    let refused = watch(Some(two), foreign).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::UntrustedSigner, "{refused}");
}
