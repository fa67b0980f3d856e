//! LOG-55: a large log costs what its logarithm costs, and memory that does not grow with it.
//!
//! `CA2A_TEST_LOG_LEAVES` says how large; some thousands unless set. A million is what the claim is about.

use std::sync::{Arc, LazyLock};

use ca2a_runtime::log::{EntryId, StatementLog};
use ca2a_trace::{
    merkle::TreeHead,
    scitt::{InclusionReceipt, SignedStatement},
};

use crate::support::log::{AT, Folder, NOW, bytes, log_key, logs};

const LEAVES: &str = "CA2A_TEST_LOG_LEAVES";
/// What a process may use: the database's cache of 64 MiB, a queue of statements, and itself.
const MOST_MEMORY: u64 = 256 << 20;
/// Where the payload starts with what is replaced by a number.
const MARK: &[u8] = b"--------";

/// A statement for each number. Nobody verifies the signature, which is of the first one.
fn numbered(number: u64) -> Vec<u8> {
    static FIRST: LazyLock<Vec<u8>> = LazyLock::new(|| bytes("--------"));
    let mut statement = FIRST.clone();
    // The text stands in the subject too, which is signed as it was.
    let at = statement.windows(MARK.len()).rposition(|window| window == MARK).unwrap();
    statement[at..at + 8].copy_from_slice(&number.to_be_bytes());
    statement
}

/// The most memory that this process ever had, in bytes; `None` where the system does not say.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes << 10)
}

fn verified(log: &StatementLog, id: EntryId, receipt: InclusionReceipt) -> u64 {
    assert!(receipt.proof().path().len() <= 64);
    let size = receipt.proof().size();
    let head = TreeHead { size, root: receipt.proof().lead(id.0).unwrap().root };
    assert!(head.size < log.head().unwrap().size || head == log.head().unwrap());
    receipt.verify(id.0, &logs(), AT).unwrap().confirm(&head).unwrap()
}

#[test]
fn a_large_log_is_proved_in_little_memory() {
    let leaves: u64 =
        std::env::var(LEAVES).map_or(4_000, |leaves| leaves.parse().expect("a number of leaves"));
    let folder = Folder::new("scale");
    let log = Arc::new(folder.log("a"));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    // As many callers as share one commit.
    let callers = 1024.min(leaves);
    runtime.block_on(async {
        let tasks: Vec<_> = (0..callers)
            .map(|caller| {
                let log = Arc::clone(&log);
                let mine = (caller..leaves).step_by(usize::try_from(callers).unwrap());
                tokio::spawn(async move {
                    for number in mine {
                        assert!(log.register(&numbered(number), NOW).await.unwrap().new);
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
    drop(runtime);
    let log = Arc::into_inner(log).expect("the callers are gone");
    let head = log.head().unwrap();
    assert_eq!(head.size, leaves);
    drop(log);

    let log = StatementLog::open(&folder.file("a"), log_key()).unwrap();
    assert_eq!(log.head().unwrap(), head);
    for number in [0, 1, leaves / 3, leaves / 2, leaves - 1] {
        let id = EntryId(SignedStatement::read(&numbered(number)).unwrap().leaf().unwrap());
        let index = verified(&log, id, log.receipt(id).unwrap());
        assert_eq!(verified(&log, id, log.receipt_at(id, leaves, NOW).unwrap()), index);
        if index > 0 {
            let receipt = log.consistency(index, leaves, NOW).unwrap();
            assert!(receipt.proof().path().len() <= 65);
        }
    }
    assert_eq!(log.audit().unwrap(), head);
    if let Some(peak) = peak_memory() {
        println!("{leaves} leaves, at most {} MiB", peak >> 20);
        assert!(peak < MOST_MEMORY, "{} MiB", peak >> 20);
    } else {
        println!("SKIPPED: this system does not say how much memory a process had");
    }
}
