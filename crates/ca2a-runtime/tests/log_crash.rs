//! LOG-54: a killed process loses nothing that it acknowledged, and its log goes on from every head that it signed.
//!
//! `CA2A_TEST_CRASH_ROUNDS` says how often it is killed; a few times unless set.
#![cfg(all(feature = "log", unix))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

mod log_support;

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use ca2a_runtime::log::{EntryId, StatementLog};
use ca2a_trace::merkle::TreeHead;
use log_support::{AT, Folder, NAME, NOW, bytes, log_key, logs};

const FILE: &str = "CA2A_TEST_LOG_FILE";
const ROUND: &str = "CA2A_TEST_LOG_ROUND";
const ROUNDS: &str = "CA2A_TEST_CRASH_ROUNDS";

/// The process that is killed: registers for ever from eight tasks, and prints each entry once it is acknowledged.
#[test]
fn child() {
    let (Ok(file), Ok(round)) = (std::env::var(FILE), std::env::var(ROUND)) else { return };
    let log = Arc::new(StatementLog::open(Path::new(&file), log_key()).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let endless = |task: u32| {
        let (log, round) = (Arc::clone(&log), round.clone());
        async move {
            for number in 0_u64.. {
                let registered =
                    log.register(&bytes(&format!("{round}-{task}-{number}")), NOW).await.unwrap();
                writeln!(std::io::stdout(), "ACK {} {}", registered.index, registered.id).unwrap();
            }
        }
    };
    runtime.block_on(async {
        let tasks: Vec<_> = (0..8).map(|task| tokio::spawn(endless(task))).collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

/// Runs the child, kills it `delay` after its first acknowledgement, and says what it acknowledged.
fn run_and_kill(file: &Path, round: u32, delay: Duration) -> Vec<(u64, EntryId)> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(FILE, file)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (sender, receiver) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        let mut acknowledged = Vec::new();
        for line in lines.map_while(Result::ok) {
            let Some((_, entry)) = line.split_once("ACK ") else { continue };
            // The last line may be cut.
            let Some((index, id)) = entry.split_once(' ') else { continue };
            let (Ok(index), Ok(id)) = (index.parse(), id.parse()) else { continue };
            acknowledged.push((index, id));
            let _ = sender.send(());
        }
        acknowledged
    });
    receiver.recv().expect("the child acknowledges something");
    std::thread::sleep(delay);
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

#[test]
fn a_killed_log_opens_and_proves() {
    let rounds = std::env::var(ROUNDS).map_or(8, |rounds| rounds.parse().expect("a number of rounds"));
    let mut seed = [0; 4];
    getrandom::fill(&mut seed).unwrap();
    let mut random = u32::from_be_bytes(seed);
    println!("seed {random}");
    let folder = Folder::new("crash");
    let file = folder.file("log");
    StatementLog::create(&file, NAME, &log_key()).unwrap();
    let mut kept: Option<TreeHead> = None;
    for round in 0..rounds {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // Somewhere inside or between commits.
        let delay = Duration::from_micros(u64::from(random >> 8) % 12_000);
        let acknowledged = run_and_kill(&file, round, delay);
        assert!(!acknowledged.is_empty());

        let log = StatementLog::open(&file, log_key()).unwrap();
        let head = log.checkpoint(NOW).unwrap().verify(&logs(), AT).unwrap().head();
        if let Some(kept) = kept {
            let growth = log.consistency(kept.size, head.size, NOW).unwrap();
            growth.verify(&kept, &logs(), AT).unwrap().confirm(&head).unwrap();
        }
        for (index, id) in acknowledged {
            let receipt = log.receipt_at(id, head.size, NOW).unwrap().verify(id.0, &logs(), AT).unwrap();
            assert_eq!(receipt.confirm(&head).unwrap(), index, "round {round}");
        }
        // All of it costs more with each round.
        if round % 16 == 0 || round + 1 == rounds {
            assert_eq!(log.audit().unwrap(), head, "round {round}");
        }
        kept = Some(head);
    }
}
