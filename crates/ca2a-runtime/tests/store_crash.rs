//! RUN-45: what was acknowledged survives a killed process.
#![cfg(all(feature = "store-redb", unix))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

use std::{
    collections::HashSet,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use ca2a_core::{RecordHash, Sha256};
use ca2a_runtime::{
    sink::StoredRecord,
    store::{RecordStore, SyncPolicy},
};

const ROUNDS: u32 = 20;
const FILE: &str = "CA2A_TEST_CRASH_FILE";
const ROUND: &str = "CA2A_TEST_CRASH_ROUND";

fn record(name: &str) -> StoredRecord {
    let json = format!(r#"{{"record_id":"{name}"}}"#);
    StoredRecord { hash: RecordHash(Sha256::of(json.as_bytes())), json, statement: None }
}

/// The process that is killed: appends for ever from eight tasks, and prints each record once it is acknowledged.
#[test]
fn child() {
    let (Ok(file), Ok(round)) = (std::env::var(FILE), std::env::var(ROUND)) else { return };
    let store = Arc::new(RecordStore::open(Path::new(&file), SyncPolicy::EachCommit).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let local = (0..8).map(|task| {
        let (store, round) = (Arc::clone(&store), round.clone());
        async move {
            for number in 0_u64.. {
                let name = format!("{round}-{task}-{number}");
                store.append(record(&name)).await.unwrap();
                writeln!(std::io::stdout(), "ACK {name}").unwrap();
            }
        }
    });
    runtime.block_on(async {
        let tasks: Vec<_> = local.map(tokio::spawn).collect();
        for task in tasks {
            task.await.unwrap();
        }
    });
}

/// Runs the child, kills it some time after its first acknowledgement, and says what it acknowledged.
fn run_and_kill(file: &Path, round: u32) -> Vec<String> {
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
            let Some((_, name)) = line.split_once("ACK ") else { continue };
            acknowledged.push(name.to_owned());
            let _ = sender.send(());
        }
        acknowledged
    });
    receiver.recv().expect("the child acknowledges something");
    // Somewhere inside or between commits, elsewhere each round.
    std::thread::sleep(Duration::from_micros(u64::from(round) * 1371 % 23_000));
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap()
}

#[test]
fn nothing_acknowledged_is_lost() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("crash-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("records.redb");
    let mut acknowledged = HashSet::new();
    for round in 0..ROUNDS {
        acknowledged.extend(run_and_kill(&file, round).into_iter().map(|name| record(&name)).map(|r| r.json));
        let store = RecordStore::open(&file, SyncPolicy::EachCommit).unwrap();
        let kept: Vec<StoredRecord> = store.records().unwrap().collect::<Result<_, _>>().unwrap();
        for record in &kept {
            assert_eq!(
                record.hash,
                RecordHash(Sha256::of(record.json.as_bytes())),
                "round {round}: a torn record"
            );
        }
        let distinct: HashSet<_> = kept.into_iter().map(|record| record.json).collect();
        let lost: Vec<_> = acknowledged.difference(&distinct).collect();
        assert!(lost.is_empty(), "round {round}: acknowledged and lost: {lost:?}");
    }
    assert!(acknowledged.len() > usize::try_from(ROUNDS).unwrap());
    std::fs::remove_dir_all(&folder).unwrap();
}
