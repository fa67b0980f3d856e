//! LOG-54: a killed process loses nothing that it acknowledged, and its log goes on from every head that it signed.
//!
//! `CA2A_TEST_CRASH_ROUNDS` says how often it is killed; a few times unless set.

use std::sync::Arc;

use ca2a_covers::covers;
use ca2a_runtime::log::{EntryId, StatementLog};
use ca2a_trace::merkle::TreeHead;

use crate::support::crash::{assignment, kill_again_and_again, write_for_ever};
use crate::support::log::{AT, Folder, NAME, NOW, bytes, log_key, logs};

/// The process that is killed: registers for ever, and says each entry once it is acknowledged.
#[test]
fn child() {
    let Some((file, round)) = assignment() else { return };
    let log = Arc::new(StatementLog::open(&file, log_key()).unwrap());
    write_for_ever(&round, move |name| {
        let log = Arc::clone(&log);
        async move {
            let registered = log.register(&bytes(&name), NOW).await.unwrap();
            format!("{} {}", registered.index, registered.id)
        }
    });
}

fn entry(acknowledged: &str) -> (u64, EntryId) {
    let (index, id) = acknowledged.split_once(' ').unwrap();
    (index.parse().unwrap(), id.parse().unwrap())
}

#[test]
fn a_killed_log_opens_and_proves() {
    covers!(accept, "LOG-54");
    let folder = Folder::new("crash");
    let file = folder.file("log");
    StatementLog::create(&file, NAME, &log_key()).unwrap();
    let mut kept: Option<TreeHead> = None;
    kill_again_and_again(&file, 8, |round, last, acknowledged| {
        let log = StatementLog::open(&file, log_key()).unwrap();
        let head = log.checkpoint(NOW).unwrap().verify(&logs(), AT).unwrap().head();
        if let Some(kept) = kept {
            let growth = log.consistency(kept.size, head.size, NOW).unwrap();
            growth.verify(&kept, &logs(), AT).unwrap().confirm(&head).unwrap();
        }
        for (index, id) in acknowledged.iter().map(|said| entry(said)) {
            let receipt = log.receipt_at(id, head.size, NOW).unwrap().verify(id.0, &logs(), AT).unwrap();
            assert_eq!(receipt.confirm(&head).unwrap(), index, "round {round}");
        }
        // All of it costs more with each round.
        if round % 16 == 0 || last {
            assert_eq!(log.audit().unwrap(), head, "round {round}");
        }
        kept = Some(head);
    });
}
