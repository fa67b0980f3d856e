//! GATE-1, GATE-3, GATE-6: a node that is killed at any point of its calls leaves each with one beginning and, after the next
//! start, one outcome.
//!
//! `CA2A_TEST_CRASH_ROUNDS` says how often it is killed; a few times unless set.

use std::{
    collections::{HashMap, HashSet},
    io::Write as _,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use ca2a_core::{ChannelKey, RecordHash, ReplayClaim, Sha256, SigningKey};
use ca2a_covers::covers;
use ca2a_runtime::{
    calls::{
        CallId, CallStore as _, CallStoreError, DurableCalls, Ended, Epoch, Ledger, NewCall, Outcome,
        OutcomeStatement,
    },
    sink::StoredRecord,
    store::{RecordStore, ReplayLimits, SyncPolicy},
    system::{Clock as _, SystemClock},
};

use crate::support::crash::{assignment, kill_again_and_again, write_for_ever};

const NODE: ChannelKey = ChannelKey([5; 32]);

fn key() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

fn new(name: &str) -> NewCall {
    let claim = ReplayClaim {
        digest: Sha256::of(name.as_bytes()),
        expires_at: SystemClock.now() + 3600,
        holder: key().verifying_key(),
    };
    let json = format!(r#"{{"record_id":"{name}"}}"#);
    let record = StoredRecord { hash: RecordHash(Sha256::of(json.as_bytes())), json, statement: None };
    NewCall { claim, record, packet: None, refused: None }
}

fn completed(call: &NewCall, epoch: Epoch) -> Ended {
    let outcome = OutcomeStatement {
        call: CallId::of(&call.claim),
        record: call.record.hash,
        channel_key: NODE,
        epoch,
        outcome: Outcome::Completed(Sha256::of(b"answer")),
        issued_at: SystemClock.now(),
    };
    Ended { outcome: outcome.sign(&key()), binding: None, task: None }
}

fn open(file: &Path) -> (Arc<RecordStore>, DurableCalls) {
    let records = Arc::new(RecordStore::open(file, SyncPolicy::EachCommit).unwrap());
    (Arc::clone(&records), DurableCalls::new(records, ReplayLimits::of(10_000_000)))
}

/// What the upstream saw: one line a call, as an upstream of its own would write it.
fn upstream(file: &Path) -> PathBuf {
    file.with_extension("upstream")
}

/// The process that is killed: begins calls, hands them on and ends them, for ever.
#[test]
fn child() {
    let Some((file, round)) = assignment() else { return };
    let (_, calls) = open(&file);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let epoch = runtime.block_on(calls.join(NODE, 600)).unwrap();
    let seen = std::fs::OpenOptions::new().append(true).create(true).open(upstream(&file)).unwrap();
    let seen = Arc::new(Mutex::new(seen));
    write_for_ever(&round, move |name| {
        let (calls, seen) = (calls.clone(), Arc::clone(&seen));
        async move {
            let call = new(&name);
            calls.begin(epoch, call.clone()).await.unwrap();
            // A line in one piece: a kill between its text and its end would glue the next name to it.
            seen.lock().unwrap().write_all(format!("{name}\n").as_bytes()).unwrap();
            calls.end(epoch, CallId::of(&call.claim), completed(&call, epoch)).await.unwrap();
            name
        }
    });
}

#[test]
fn one_beginning_and_one_outcome_across_crashes() {
    covers!(accept, "GATE-1", "GATE-3", "GATE-6");
    covers!(refuse, "GATE-1");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("calls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("records.redb");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let (mut answered, mut settled) = (HashSet::new(), HashMap::new());
    kill_again_and_again(&file, 20, |round, _, acknowledged| {
        answered.extend(acknowledged);
        let (_, calls) = open(&file);
        let calls = Arc::new(calls);
        let joined = Ledger::join(calls.clone(), NODE, key(), 600, Arc::new(SystemClock));
        let ledger = runtime.block_on(joined).unwrap();
        assert_eq!(runtime.block_on(calls.abandoned(9)).unwrap(), [], "round {round}: still open");

        let seen = std::fs::read_to_string(upstream(&file)).unwrap();
        let mut once = HashSet::new();
        for name in seen.lines() {
            assert!(once.insert(name), "round {round}: {name} was handed on twice");
            let call = new(name);
            let text = runtime.block_on(calls.outcome(CallId::of(&call.claim))).unwrap();
            let text = text.unwrap_or_else(|| panic!("round {round}: {name} has no outcome"));
            let before = settled.insert(name.to_owned(), text.clone());
            assert!(before.is_none_or(|before| before == text), "round {round}: {name} changed");
            let outcome = OutcomeStatement::verify(&text, &key().verifying_key()).unwrap().outcome;
            assert!(
                outcome == Outcome::Unknown || matches!(outcome, Outcome::Completed(_)),
                "round {round}: {name}"
            );
            if answered.contains(name) {
                assert!(matches!(outcome, Outcome::Completed(_)), "round {round}: {name} was answered");
            }
        }
        if let Some(name) = seen.lines().last() {
            let again = runtime.block_on(calls.begin(ledger.epoch(), new(name)));
            assert_eq!(again, Err(CallStoreError::Spent), "round {round}: {name}");
        }
    });
    assert!(answered.len() > 20);
    std::fs::remove_dir_all(&folder).unwrap();
}
