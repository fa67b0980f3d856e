//! GATE-1 to GATE-8: what a store of calls promises.
#![cfg(feature = "store-redb")]
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
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use ca2a_core::{ChannelKey, ErrorCode, RecordHash, ReplayClaim, ReplayError, Sha256, SigningKey};
use ca2a_runtime::{
    calls::{
        Binding, CallId, CallStore, CallStoreError, DurableCalls, Ended, Epoch, NewCall, Outcome,
        OutcomeStatement, SignedOutcome,
    },
    sink::StoredRecord,
    store::{RecordStore, ReplayLimits},
    system::Clock,
};
use proptest::prelude::*;

const START: u64 = 1_790_000_000;
const LEASE: u64 = 30;
const NODE: ChannelKey = ChannelKey([5; 32]);

#[derive(Default)]
struct Hand(AtomicU64);

impl Clock for Hand {
    fn now(&self) -> u64 {
        START + self.0.load(Ordering::SeqCst)
    }
}

struct Scene {
    records: Arc<RecordStore>,
    calls: DurableCalls,
    clock: Arc<Hand>,
}

fn scene() -> Scene {
    scene_with(ReplayLimits::default())
}

fn scene_with(limits: ReplayLimits) -> Scene {
    let (records, clock) = (Arc::new(RecordStore::in_memory().unwrap()), Arc::new(Hand::default()));
    let calls = DurableCalls::new(Arc::clone(&records), limits).with_clock(clock.clone());
    Scene { records, calls, clock }
}

fn claim(name: &str) -> ReplayClaim {
    ReplayClaim {
        digest: Sha256::of(name.as_bytes()),
        expires_at: START + 60,
        holder: SigningKey::from_seed(&[3; 32]).verifying_key(),
    }
}

fn id(name: &str) -> CallId {
    CallId::of(&claim(name))
}

fn record(name: &str) -> StoredRecord {
    let json = format!(r#"{{"record_id":"{name}"}}"#);
    StoredRecord { hash: RecordHash(Sha256::of(json.as_bytes())), json, statement: None }
}

fn new(name: &str) -> NewCall {
    NewCall { claim: claim(name), record: record(name), refused: None }
}

fn outcome(name: &str, epoch: Epoch, outcome: Outcome) -> SignedOutcome {
    OutcomeStatement {
        call: id(name),
        record: record(name).hash,
        channel_key: NODE,
        epoch,
        outcome,
        issued_at: START,
    }
    .sign(&SigningKey::from_seed(&[1; 32]))
}

fn ended(name: &str, epoch: Epoch) -> Ended {
    let outcome = outcome(name, epoch, Outcome::Completed(Sha256::of(b"answer")));
    Ended { outcome, binding: None }
}

/// GATE-1, GATE-2
#[tokio::test]
async fn of_many_equal_proofs_one_begins_a_call() {
    let Scene { records, calls, .. } = scene();
    let epoch = calls.join(NODE, LEASE).await.unwrap();
    let tries = (0..32).map(|_| {
        let calls = calls.clone();
        tokio::spawn(async move { calls.begin(epoch, new("a")).await })
    });
    let mut fresh = 0;
    for tried in tries.collect::<Vec<_>>() {
        match tried.await.unwrap() {
            Ok(()) => fresh += 1,
            Err(error) => assert_eq!(error, CallStoreError::Spent),
        }
    }
    assert_eq!(fresh, 1);
    assert_eq!(records.records().unwrap().count(), 1, "the record came with the call, once");
}

/// GATE-1: neither an outcome nor the end of the challenge lets a proof begin again.
#[tokio::test]
async fn a_proof_that_began_a_call_never_begins_another() {
    let Scene { calls, clock, .. } = scene();
    let epoch = calls.join(NODE, 10_000).await.unwrap();
    calls.begin(epoch, new("a")).await.unwrap();
    calls.end(epoch, id("a"), ended("a", epoch)).await.unwrap();
    for later in [0, 61, 200, 5000] {
        clock.0.store(later, Ordering::SeqCst);
        assert_eq!(calls.begin(epoch, new("a")).await, Err(CallStoreError::Spent), "{later}");
    }
}

/// GATE-2
#[tokio::test]
async fn a_refusal_has_its_outcome_in_the_same_commit() {
    let Scene { records, calls, .. } = scene();
    let epoch = calls.join(NODE, LEASE).await.unwrap();
    let refused = outcome("a", epoch, Outcome::Refused(ErrorCode::ScopeNotPermitted));
    calls.begin(epoch, NewCall { refused: Some(refused.clone()), ..new("a") }).await.unwrap();
    assert_eq!(calls.outcome(id("a")).await.unwrap().as_deref(), Some(refused.as_str()));
    assert_eq!(records.records().unwrap().count(), 1);
    assert_eq!(calls.end(epoch, id("a"), ended("a", epoch)).await, Err(CallStoreError::NotOpen));
}

/// GATE-3
#[tokio::test]
async fn an_outcome_and_a_binding_are_kept_once() {
    let Scene { calls, .. } = scene();
    let epoch = calls.join(NODE, LEASE).await.unwrap();
    calls.begin(epoch, new("a")).await.unwrap();
    assert_eq!(calls.outcome(id("a")).await.unwrap(), None);
    let binding = Binding { task: "ours".to_owned(), elsewhere: r#"{"task":"theirs"}"#.to_owned() };
    let first = Ended { binding: Some(binding), ..ended("a", epoch) };
    calls.end(epoch, id("a"), first.clone()).await.unwrap();
    let second = Ended { outcome: outcome("a", epoch, Outcome::Unknown), binding: None };
    assert_eq!(calls.end(epoch, id("a"), second).await, Err(CallStoreError::NotOpen));
    assert_eq!(calls.outcome(id("a")).await.unwrap().as_deref(), Some(first.outcome.as_str()));
    assert_eq!(calls.binding("ours").await.unwrap().as_deref(), Some(r#"{"task":"theirs"}"#));
    assert_eq!(calls.binding("another").await.unwrap(), None);
    assert_eq!(calls.end(epoch, id("b"), ended("b", epoch)).await, Err(CallStoreError::NotOpen));
}

/// GATE-5: what an earlier life of the node still sends is not taken.
#[tokio::test]
async fn a_life_that_is_over_begins_and_ends_nothing() {
    let Scene { calls, clock, .. } = scene();
    let first = calls.join(NODE, LEASE).await.unwrap();
    calls.begin(first, new("a")).await.unwrap();
    let second = calls.join(NODE, LEASE).await.unwrap();
    assert!(second > first);
    assert_eq!(calls.begin(first, new("b")).await, Err(CallStoreError::Fenced));
    assert_eq!(calls.end(first, id("a"), ended("a", first)).await, Err(CallStoreError::Fenced));
    assert_eq!(calls.renew(first, LEASE).await, Err(CallStoreError::Fenced));
    assert_eq!(calls.begin(Epoch(99), new("b")).await, Err(CallStoreError::Fenced));

    clock.0.fetch_add(LEASE - 1, Ordering::SeqCst);
    calls.renew(second, LEASE).await.unwrap();
    clock.0.fetch_add(LEASE - 1, Ordering::SeqCst);
    calls.begin(second, new("b")).await.unwrap();
    clock.0.fetch_add(1, Ordering::SeqCst);
    assert_eq!(calls.begin(second, new("c")).await, Err(CallStoreError::Fenced));
    assert_eq!(calls.renew(second, LEASE).await, Err(CallStoreError::Fenced));
}

/// GATE-6
#[tokio::test]
async fn what_a_life_left_open_is_settled_once() {
    let Scene { calls, clock, .. } = scene();
    let first = calls.join(NODE, LEASE).await.unwrap();
    calls.begin(first, new("a")).await.unwrap();
    assert_eq!(calls.abandoned(9).await.unwrap(), [], "its lease is not over");
    let unknown = outcome("a", first, Outcome::Unknown);
    assert_eq!(calls.settle(first, id("a"), unknown.clone()).await, Err(CallStoreError::Leased));

    let second = calls.join(NODE, LEASE).await.unwrap();
    let found = calls.abandoned(9).await.unwrap();
    assert_eq!(found.iter().map(|found| (found.call, found.epoch)).collect::<Vec<_>>(), [(id("a"), first)]);
    calls.settle(second, id("a"), unknown.clone()).await.unwrap();
    assert_eq!(calls.settle(second, id("a"), unknown.clone()).await, Err(CallStoreError::NotOpen));
    assert_eq!(calls.outcome(id("a")).await.unwrap().as_deref(), Some(unknown.as_str()));
    assert_eq!(calls.begin(second, new("a")).await, Err(CallStoreError::Spent), "nothing is sent again");
    clock.0.fetch_add(LEASE, Ordering::SeqCst);
    assert_eq!(calls.settle(second, id("b"), unknown).await, Err(CallStoreError::Fenced));
}

/// GATE-7
#[tokio::test]
async fn a_full_store_begins_nothing_and_forgets_nothing_early() {
    let Scene { calls, clock, .. } = scene_with(ReplayLimits { claims: 2, per_holder: 2 });
    let epoch = calls.join(NODE, 10_000).await.unwrap();
    calls.begin(epoch, new("a")).await.unwrap();
    calls.begin(epoch, new("b")).await.unwrap();
    let refused = calls.begin(epoch, new("c")).await.unwrap_err();
    assert_eq!(refused, CallStoreError::Replay(ReplayError::Full));
    assert_eq!(refused.code(), ErrorCode::Overloaded);
    // The challenge has expired, and clocks may differ by a minute.
    clock.0.store(60 + 119, Ordering::SeqCst);
    let late = |name: &str| {
        let claim = ReplayClaim { expires_at: START + 500, ..claim(name) };
        NewCall { claim, ..new(name) }
    };
    assert!(calls.begin(epoch, late("c")).await.is_err());
    clock.0.store(60 + 120, Ordering::SeqCst);
    calls.begin(epoch, late("c")).await.unwrap();
}

#[derive(Debug, Clone)]
enum Step {
    Join,
    Renew(usize),
    Begin(usize, usize),
    Refuse(usize, usize),
    End(usize, usize),
    Settle(usize, usize),
    Wait(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let life = 0..3_usize;
    let pair = || (0..3_usize, 0..4_usize);
    prop::collection::vec(
        prop_oneof![
            2 => Just(Step::Join),
            2 => life.prop_map(Step::Renew),
            6 => pair().prop_map(|(life, call)| Step::Begin(life, call)),
            2 => pair().prop_map(|(life, call)| Step::Refuse(life, call)),
            6 => pair().prop_map(|(life, call)| Step::End(life, call)),
            4 => pair().prop_map(|(life, call)| Step::Settle(life, call)),
            2 => (0..40_u64).prop_map(Step::Wait),
        ],
        1..40,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// GATE-1, GATE-3, GATE-6: whatever happens in whatever order, a proof begins one call at most, and a call that has an
    /// outcome keeps it.
    #[test]
    fn one_beginning_and_one_outcome(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async move {
            let Scene { records, calls, clock } = scene();
            let mut lives: Vec<Epoch> = Vec::new();
            let (mut begun, mut outcomes) = (HashMap::new(), HashMap::new());
            for step in steps {
                let life = |index: usize| lives.len().checked_sub(index + 1).map(|place| lives[place]);
                let name = |call: usize| format!("call-{call}");
                match step {
                    Step::Join => lives.push(calls.join(NODE, LEASE).await.unwrap()),
                    Step::Wait(seconds) => { clock.0.fetch_add(seconds, Ordering::SeqCst); }
                    Step::Renew(index) => if let Some(epoch) = life(index) {
                        let _ = calls.renew(epoch, LEASE).await;
                    }
                    Step::Begin(index, call) | Step::Refuse(index, call) => if let Some(epoch) = life(index) {
                        let name = name(call);
                        let refusing = matches!(step, Step::Refuse(..));
                        let refused = refusing.then(|| outcome(&name, epoch, Outcome::Refused(ErrorCode::Overloaded)));
                        if calls.begin(epoch, NewCall { refused: refused.clone(), ..new(&name) }).await.is_ok() {
                            assert!(begun.insert(name.clone(), epoch).is_none(), "begun twice");
                            if let Some(refused) = refused {
                                outcomes.insert(name, refused.as_str().to_owned());
                            }
                        }
                    }
                    Step::End(index, call) => if let Some(epoch) = life(index) {
                        let name = name(call);
                        let end = ended(&name, epoch);
                        let text = end.outcome.as_str().to_owned();
                        if calls.end(epoch, id(&name), end).await.is_ok() {
                            assert_eq!(begun.get(&name), Some(&epoch), "ended by another life");
                            assert!(outcomes.insert(name, text).is_none(), "ended twice");
                        }
                    }
                    Step::Settle(index, call) => if let Some(epoch) = life(index) {
                        let name = name(call);
                        let unknown = outcome(&name, epoch, Outcome::Unknown);
                        if calls.settle(epoch, id(&name), unknown.clone()).await.is_ok() {
                            assert!(begun.contains_key(&name), "settled and never begun");
                            assert!(outcomes.insert(name, unknown.as_str().to_owned()).is_none(), "ended twice");
                        }
                    }
                }
                for call in 0..4 {
                    let name = format!("call-{call}");
                    let kept = calls.outcome(id(&name)).await.unwrap();
                    assert_eq!(kept.as_ref(), outcomes.get(&name));
                }
                assert_eq!(records.records().unwrap().count(), begun.len());
            }
        });
    }
}
