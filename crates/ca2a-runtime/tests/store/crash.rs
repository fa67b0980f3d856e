//! RUN-45: what was acknowledged survives a killed process, decisions and acts alike.
//!
//! `CA2A_TEST_CRASH_ROUNDS` says how often it is killed; a few times unless set.

use std::{collections::HashSet, path::PathBuf, sync::Arc};

use ca2a_core::{RecordHash, Sha256, SigningKey, TraceLink};
use ca2a_covers::covers;
use ca2a_runtime::{
    sink::{StoredRecord, TraceSink as _},
    store::{RecordStore, SyncPolicy},
};
use ca2a_trace::{HopContext, TrustRecord};

use crate::support::crash::{assignment, kill_again_and_again, write_for_ever};

fn decision(name: &str) -> StoredRecord {
    let json = format!(r#"{{"record_id":"{name}"}}"#);
    let statement = Some(format!(r#"{{"about":"{name}"}}"#));
    StoredRecord { hash: RecordHash(Sha256::of(json.as_bytes())), json, statement }
}

fn act(name: &str) -> TrustRecord<'static> {
    let context = HopContext::software("acme", "large-2", name, TraceLink::sha256_of(b"policy"));
    let key = SigningKey::from_seed(&[2; 32]);
    context.sign("spiffe://acme.example/agent", 1_790_000_000, None, &key).unwrap()
}

/// Every third write is an act.
fn is_act(name: &str) -> bool {
    name.bytes().map(u32::from).sum::<u32>() % 3 == 0
}

fn text(record: &TrustRecord<'_>) -> String {
    String::from_utf8(record.canonical().to_vec()).unwrap()
}

/// The process that is killed: keeps decisions and acts for ever, and says each once it is acknowledged.
#[test]
fn child() {
    let Some((file, round)) = assignment() else { return };
    let store = Arc::new(RecordStore::open(&file, SyncPolicy::EachCommit).unwrap());
    write_for_ever(&round, move |name| {
        let store = Arc::clone(&store);
        async move {
            match is_act(&name) {
                true => store.keep(&act(&name)).await.unwrap(),
                false => store.append(decision(&name)).await.unwrap(),
            }
            name
        }
    });
}

#[test]
fn nothing_acknowledged_is_lost() {
    covers!(accept, "RUN-45");
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("crash-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("records.redb");
    let (mut decisions, mut acts) = (HashSet::new(), HashSet::new());
    // What was whole once is compared as text from then on.
    let mut whole = HashSet::new();
    kill_again_and_again(&file, 20, |round, _, acknowledged| {
        let (acted, decided): (Vec<_>, Vec<_>) = acknowledged.iter().partition(|name| is_act(name));
        acts.extend(acted.into_iter().map(|name| text(&act(name))));
        decisions.extend(decided.into_iter().map(|name| decision(name).json));

        let store = RecordStore::open(&file, SyncPolicy::EachCommit).unwrap();
        let kept: Vec<StoredRecord> = store.records().unwrap().collect::<Result<_, _>>().unwrap();
        for record in kept.iter().filter(|record| !whole.contains(&record.json)) {
            let name = record.json.split('"').nth(3).unwrap();
            assert_eq!(*record, decision(name), "round {round}: a torn record");
        }
        let kept: HashSet<_> = kept.into_iter().map(|record| record.json).collect();
        whole.extend(kept.iter().cloned());
        let lost: Vec<_> = decisions.difference(&kept).collect();
        assert!(lost.is_empty(), "round {round}: acknowledged and lost: {lost:?}");

        let kept: HashSet<String> = store.trace_records().unwrap().collect::<Result<_, _>>().unwrap();
        for json in kept.difference(&whole) {
            assert!(TrustRecord::from_json(json.as_bytes()).is_ok(), "round {round}: a torn record");
        }
        whole.extend(kept.iter().cloned());
        let lost: Vec<_> = acts.difference(&kept).collect();
        assert!(lost.is_empty(), "round {round}: acknowledged and lost: {lost:?}");
    });
    assert!(decisions.len() > 20 && acts.len() > 20);
    std::fs::remove_dir_all(&folder).unwrap();
}
