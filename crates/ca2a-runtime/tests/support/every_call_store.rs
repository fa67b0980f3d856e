//! What every store of calls promises, asked of whichever store a test brings.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use ca2a_core::{ChannelKey, ErrorCode, RecordHash, ReplayClaim, ReplayError, Sha256, SigningKey};
use ca2a_covers::covers;
use ca2a_runtime::{
    calls::{
        Binding, CallId, CallStore, CallStoreError, Ended, Epoch, NewCall, Outcome, OutcomeStatement,
        SignedOutcome,
    },
    sink::StoredRecord,
    store::ReplayLimits,
    system::Clock,
};
use proptest::prelude::*;

pub const START: u64 = 1_790_000_000;
const LEASE: u64 = 30;
const NODE: ChannelKey = ChannelKey([5; 32]);
const DAY: u64 = 24 * 60 * 60;

/// A clock that goes by hand.
#[derive(Default)]
pub struct Hand(pub AtomicU64);

impl Clock for Hand {
    fn now(&self) -> u64 {
        START + self.0.load(Ordering::SeqCst)
    }
}

/// A store under test, and what a test does beside it.
pub trait Scene: Send + Sync {
    fn calls(&self) -> Arc<dyn CallStore>;
    /// Sets the clock of the store to so many seconds after [`START`].
    fn at(&self, seconds: u64);
    /// How many records the store has.
    fn records(&self) -> usize;
    /// Makes the store as it was in the beginning.
    fn clear(&mut self);
}

/// Makes stores, or none where there is nothing to make them of.
pub trait Place {
    fn scene(limits: ReplayLimits) -> impl Future<Output = Option<Box<dyn Scene>>>;
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
    NewCall { claim: claim(name), record: record(name), packet: None, refused: None }
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
    Ended { outcome, binding: None, task: None }
}

/// GATE-1, GATE-2
pub async fn of_many_equal_proofs_one_begins_a_call<P: Place>() {
    let Some(scene) = P::scene(ReplayLimits::default()).await else { return };
    covers!(accept, "GATE-1", "GATE-2");
    covers!(refuse, "GATE-1");
    let calls = scene.calls();
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
    assert_eq!(scene.records(), 1, "the record came with the call, once");
}

/// GATE-1: neither an outcome nor the end of the challenge lets a proof begin again.
pub async fn a_proof_that_began_a_call_never_begins_another<P: Place>() {
    let Some(scene) = P::scene(ReplayLimits::default()).await else { return };
    covers!(refuse, "GATE-1");
    let calls = scene.calls();
    let epoch = calls.join(NODE, 10_000).await.unwrap();
    calls.begin(epoch, new("a")).await.unwrap();
    calls.end(epoch, id("a"), ended("a", epoch)).await.unwrap();
    for later in [0, 61, 200, 5000] {
        scene.at(later);
        assert_eq!(calls.begin(epoch, new("a")).await, Err(CallStoreError::Spent), "{later}");
        calls.forget(100).await.unwrap();
    }
    scene.at(0);
    assert_eq!(calls.begin(epoch, new("a")).await, Err(CallStoreError::Spent), "the clock steps back");
}

/// GATE-2
pub async fn a_refusal_has_its_outcome_in_the_same_commit<P: Place>() {
    let Some(scene) = P::scene(ReplayLimits::default()).await else { return };
    covers!(accept, "GATE-2");
    let calls = scene.calls();
    let epoch = calls.join(NODE, LEASE).await.unwrap();
    let refused = outcome("a", epoch, Outcome::Refused(ErrorCode::ScopeNotPermitted));
    calls.begin(epoch, NewCall { refused: Some(refused.clone()), ..new("a") }).await.unwrap();
    assert_eq!(calls.outcome(id("a")).await.unwrap().as_deref(), Some(refused.as_str()));
    assert_eq!(scene.records(), 1);
    assert_eq!(calls.end(epoch, id("a"), ended("a", epoch)).await, Err(CallStoreError::NotOpen));
}

/// GATE-3
pub async fn an_outcome_and_a_binding_are_kept_once<P: Place>() {
    let Some(scene) = P::scene(ReplayLimits::default()).await else { return };
    covers!(accept, "GATE-3");
    covers!(refuse, "GATE-3");
    let calls = scene.calls();
    let epoch = calls.join(NODE, LEASE).await.unwrap();
    calls.begin(epoch, new("a")).await.unwrap();
    assert_eq!(calls.outcome(id("a")).await.unwrap(), None);
    let binding = Binding { task: "ours".to_owned(), elsewhere: r#"{"task":"theirs"}"#.to_owned() };
    let first = Ended { binding: Some(binding), ..ended("a", epoch) };
    calls.end(epoch, id("a"), first.clone()).await.unwrap();
    let second = Ended { outcome: outcome("a", epoch, Outcome::Unknown), binding: None, task: None };
    assert_eq!(calls.end(epoch, id("a"), second).await, Err(CallStoreError::NotOpen));
    assert_eq!(calls.outcome(id("a")).await.unwrap().as_deref(), Some(first.outcome.as_str()));
    assert_eq!(calls.binding("ours").await.unwrap().as_deref(), Some(r#"{"task":"theirs"}"#));
    assert_eq!(calls.binding("another").await.unwrap(), None);
    assert_eq!(calls.end(epoch, id("b"), ended("b", epoch)).await, Err(CallStoreError::NotOpen));
}

/// GATE-5: what an earlier life of the node still sends is not taken.
pub async fn a_life_that_is_over_begins_and_ends_nothing<P: Place>() {
    let Some(scene) = P::scene(ReplayLimits::default()).await else { return };
    covers!(accept, "GATE-5");
    covers!(refuse, "GATE-5");
    let calls = scene.calls();
    let first = calls.join(NODE, LEASE).await.unwrap();
    calls.begin(first, new("a")).await.unwrap();
    let second = calls.join(NODE, LEASE).await.unwrap();
    assert!(second > first);
    assert_eq!(calls.begin(first, new("b")).await, Err(CallStoreError::Fenced));
    assert_eq!(calls.end(first, id("a"), ended("a", first)).await, Err(CallStoreError::Fenced));
    assert_eq!(calls.renew(first, LEASE).await, Err(CallStoreError::Fenced));
    assert_eq!(calls.begin(Epoch(99), new("b")).await, Err(CallStoreError::Fenced));

    scene.at(LEASE - 1);
    calls.renew(second, LEASE).await.unwrap();
    scene.at(2 * (LEASE - 1));
    calls.begin(second, new("b")).await.unwrap();
    assert_eq!(calls.live(9).await.unwrap(), [NODE]);
    scene.at(2 * LEASE - 1);
    assert_eq!(calls.begin(second, new("c")).await, Err(CallStoreError::Fenced));
    assert_eq!(calls.renew(second, LEASE).await, Err(CallStoreError::Fenced));
    assert_eq!(calls.live(9).await.unwrap(), []);
}

/// GATE-6
pub async fn what_a_life_left_open_is_settled_once<P: Place>() {
    let Some(scene) = P::scene(ReplayLimits::default()).await else { return };
    covers!(accept, "GATE-6");
    covers!(refuse, "GATE-6");
    let calls = scene.calls();
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
    scene.at(LEASE);
    assert_eq!(calls.settle(second, id("b"), unknown).await, Err(CallStoreError::Fenced));
}

/// GATE-7
pub async fn a_full_store_begins_nothing_and_forgets_nothing_early<P: Place>() {
    let Some(scene) = P::scene(ReplayLimits { claims: 2, per_holder: 2 }).await else { return };
    covers!(accept, "GATE-7");
    covers!(refuse, "GATE-7");
    let calls = scene.calls();
    let epoch = calls.join(NODE, 10_000).await.unwrap();
    calls.begin(epoch, new("a")).await.unwrap();
    calls.begin(epoch, new("b")).await.unwrap();
    let refused = calls.begin(epoch, new("c")).await.unwrap_err();
    assert_eq!(refused, CallStoreError::Replay(ReplayError::Full));
    assert_eq!(refused.code(), ErrorCode::Overloaded);
    // The challenge has expired, and clocks may differ by a minute.
    scene.at(60 + 119);
    let late = |name: &str| {
        let claim = ReplayClaim { expires_at: START + 500, ..claim(name) };
        NewCall { claim, ..new(name) }
    };
    assert!(calls.begin(epoch, late("c")).await.is_err());
    scene.at(60 + 120);
    calls.begin(epoch, late("c")).await.unwrap();
}

/// GATE-7
pub async fn a_holder_has_its_share_and_no_more<P: Place>() {
    let Some(scene) = P::scene(ReplayLimits { claims: 9, per_holder: 1 }).await else { return };
    covers!(refuse, "GATE-7");
    let calls = scene.calls();
    let epoch = calls.join(NODE, LEASE).await.unwrap();
    calls.begin(epoch, new("a")).await.unwrap();
    let refused = calls.begin(epoch, new("b")).await.unwrap_err();
    assert_eq!(refused, CallStoreError::Replay(ReplayError::HolderQuota));
    let somebody = SigningKey::from_seed(&[4; 32]).verifying_key();
    let other = NewCall { claim: ReplayClaim { holder: somebody, ..claim("b") }, ..new("b") };
    calls.begin(epoch, other).await.unwrap();
}

fn with_packet(name: &str, packet: &str) -> NewCall {
    let packet = ReplayClaim { expires_at: START + DAY, ..claim(packet) };
    NewCall { packet: Some(packet), ..new(name) }
}

/// GATE-71
pub async fn a_packet_is_spent_when_a_call_is_begun_and_only_then<P: Place>() {
    let Some(scene) = P::scene(ReplayLimits { claims: 7, per_holder: 7 }).await else { return };
    covers!(accept, "GATE-71");
    covers!(refuse, "GATE-71");
    let calls = scene.calls();
    let epoch = calls.join(NODE, 10 * DAY).await.unwrap();
    calls.begin(epoch, with_packet("a", "p")).await.unwrap();
    let refused = calls.begin(epoch, with_packet("b", "p")).await.unwrap_err();
    assert_eq!((&refused, refused.code()), (&CallStoreError::PacketSpent, ErrorCode::HandoffReplay));
    assert_eq!(scene.records(), 1, "nothing is kept of it");
    // So that its refusal can be, under the same proof.
    let refusal = outcome("b", epoch, Outcome::Refused(ErrorCode::HandoffReplay));
    calls.begin(epoch, NewCall { refused: Some(refusal), ..with_packet("b", "p") }).await.unwrap();

    let refusal = outcome("c", epoch, Outcome::Refused(ErrorCode::ScopeNotPermitted));
    calls.begin(epoch, NewCall { refused: Some(refusal), ..with_packet("c", "q") }).await.unwrap();
    assert_eq!(calls.begin(epoch, with_packet("c", "q")).await, Err(CallStoreError::Spent));
    assert_eq!(calls.begin(Epoch(99), with_packet("d", "q")).await, Err(CallStoreError::Fenced));
    calls.begin(epoch, with_packet("d", "q")).await.unwrap();
    // A proof and a packet want two places, and one is left.
    let full = calls.begin(epoch, with_packet("e", "r")).await.unwrap_err();
    assert_eq!(full.code(), ErrorCode::Overloaded);
    let proof = |name: &str, days: u64| ReplayClaim { expires_at: START + days * DAY, ..claim(name) };
    // A packet outlives the proof that spent it.
    scene.at(DAY);
    let late = NewCall { claim: proof("f", 2), ..with_packet("f", "p") };
    assert_eq!(calls.begin(epoch, late).await, Err(CallStoreError::PacketSpent));
    scene.at(DAY + 120);
    let late = NewCall { claim: proof("f", 2), ..with_packet("f", "p") };
    assert_eq!(calls.begin(epoch, late).await, Err(CallStoreError::PacketSpent), "its time is over");
    let late = NewCall { claim: proof("f", 2), packet: Some(proof("r", 2)), ..new("f") };
    calls.begin(epoch, late).await.unwrap();
}

/// GATE-71: whoever shares the store, and whatever proofs they come with.
pub async fn of_many_calls_with_one_packet_one_begins<P: Place>() {
    let Some(scene) = P::scene(ReplayLimits::default()).await else { return };
    let calls = scene.calls();
    let epoch = calls.join(NODE, LEASE).await.unwrap();
    let tries = (0..32).map(|number| {
        let calls = calls.clone();
        let call = with_packet(&format!("call-{number}"), &format!("packet-{}", number % 2));
        tokio::spawn(async move { calls.begin(epoch, call).await })
    });
    let mut begun = 0;
    for tried in tries.collect::<Vec<_>>() {
        match tried.await.unwrap() {
            Ok(()) => begun += 1,
            Err(error) => assert_eq!(error, CallStoreError::PacketSpent),
        }
    }
    assert_eq!((begun, scene.records()), (2, 2));
}

/// GATE-45
pub async fn what_is_over_is_forgotten_and_nothing_else<P: Place>() {
    let Some(scene) = P::scene(ReplayLimits::default()).await else { return };
    covers!(accept, "GATE-45");
    covers!(refuse, "GATE-45");
    let calls = scene.calls();
    let epoch = calls.join(NODE, 365 * DAY).await.unwrap();
    calls.begin(epoch, new("a")).await.unwrap();
    calls.begin(epoch, new("open")).await.unwrap();
    calls.end(epoch, id("a"), ended("a", epoch)).await.unwrap();
    scene.at(60 + 119);
    assert_eq!(calls.forget(100).await.unwrap(), 0);
    scene.at(60 + 120);
    assert_eq!(calls.forget(1).await.unwrap(), 1, "the proofs, at most so many");
    assert_eq!(calls.forget(100).await.unwrap(), 1);
    scene.at(30 * DAY - 1);
    assert_eq!(calls.forget(100).await.unwrap(), 0);
    assert!(calls.outcome(id("a")).await.unwrap().is_some(), "an outcome is kept for thirty days");
    scene.at(30 * DAY);
    assert_eq!(calls.forget(100).await.unwrap(), 1);
    assert_eq!(calls.outcome(id("a")).await.unwrap(), None);
    assert_eq!(scene.records(), 2, "records stay");
    calls.end(epoch, id("open"), ended("open", epoch)).await.unwrap();
    assert!(calls.outcome(id("open")).await.unwrap().is_some());
}

/// GATE-70
pub async fn a_binding_is_forgotten_in_time_unless_it_is_used_again<P: Place>() {
    let Some(scene) = P::scene(ReplayLimits::default()).await else { return };
    covers!(accept, "GATE-70");
    covers!(refuse, "GATE-70");
    let calls = scene.calls();
    let epoch = calls.join(NODE, 365 * DAY).await.unwrap();
    let late = |name: &str| NewCall {
        claim: ReplayClaim { expires_at: START + 20 * DAY, ..claim(name) },
        ..new(name)
    };
    let waiting = |name: &str, task: &str| {
        let (task, elsewhere) = (task.to_owned(), format!(r#"{{"task":"{name}"}}"#));
        Ended { binding: Some(Binding { task, elsewhere }), ..ended(name, epoch) }
    };
    for (name, task) in [("a", "left"), ("b", "continued")] {
        calls.begin(epoch, new(name)).await.unwrap();
        calls.end(epoch, id(name), waiting(name, task)).await.unwrap();
    }
    scene.at(10 * DAY);
    calls.begin(epoch, late("c")).await.unwrap();
    calls.end(epoch, id("c"), waiting("c", "continued")).await.unwrap();
    scene.at(30 * DAY - 1);
    calls.forget(100).await.unwrap();
    assert!(calls.binding("left").await.unwrap().is_some());
    scene.at(30 * DAY);
    // Of each kind so many: one of the two outcomes, and the one binding.
    assert_eq!(calls.forget(1).await.unwrap(), 2);
    assert_eq!(calls.binding("left").await.unwrap(), None);
    assert_eq!(calls.binding("continued").await.unwrap().as_deref(), Some(r#"{"task":"c"}"#));
    scene.at(40 * DAY);
    calls.forget(100).await.unwrap();
    assert_eq!(calls.binding("continued").await.unwrap(), None);
}

/// GATE-46
pub async fn a_store_says_what_time_it_is<P: Place>() {
    let Some(scene) = P::scene(ReplayLimits::default()).await else { return };
    covers!(accept, "GATE-46");
    scene.at(77);
    assert_eq!(scene.calls().now().await.unwrap(), START + 77);
}

#[derive(Debug, Clone)]
pub enum Step {
    Join,
    Renew(usize),
    Begin(usize, usize),
    Refuse(usize, usize),
    End(usize, usize),
    Settle(usize, usize),
    Wait(u64),
}

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
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

/// GATE-1, GATE-3, GATE-6: whatever happens in whatever order, a proof begins one call at most, and a call that has an
/// outcome keeps it.
pub async fn one_beginning_and_one_outcome(scene: &dyn Scene, steps: Vec<Step>) {
    let calls = scene.calls();
    let mut passed = 0;
    let mut lives: Vec<Epoch> = Vec::new();
    let (mut begun, mut outcomes) = (HashMap::new(), HashMap::new());
    for step in steps {
        let life = |index: usize| lives.len().checked_sub(index + 1).map(|place| lives[place]);
        let name = |call: usize| format!("call-{call}");
        match step {
            Step::Join => lives.push(calls.join(NODE, LEASE).await.unwrap()),
            Step::Wait(seconds) => {
                passed += seconds;
                scene.at(passed);
            }
            Step::Renew(index) => {
                if let Some(epoch) = life(index) {
                    let _ = calls.renew(epoch, LEASE).await;
                }
            }
            Step::Begin(index, call) | Step::Refuse(index, call) => {
                if let Some(epoch) = life(index) {
                    let name = name(call);
                    let refusing = matches!(step, Step::Refuse(..));
                    let refused =
                        refusing.then(|| outcome(&name, epoch, Outcome::Refused(ErrorCode::Overloaded)));
                    if calls.begin(epoch, NewCall { refused: refused.clone(), ..new(&name) }).await.is_ok() {
                        assert!(begun.insert(name.clone(), epoch).is_none(), "begun twice");
                        if let Some(refused) = refused {
                            outcomes.insert(name, refused.as_str().to_owned());
                        }
                    }
                }
            }
            Step::End(index, call) => {
                if let Some(epoch) = life(index) {
                    let name = name(call);
                    let end = ended(&name, epoch);
                    let text = end.outcome.as_str().to_owned();
                    if calls.end(epoch, id(&name), end).await.is_ok() {
                        assert_eq!(begun.get(&name), Some(&epoch), "ended by another life");
                        assert!(outcomes.insert(name, text).is_none(), "ended twice");
                    }
                }
            }
            Step::Settle(index, call) => {
                if let Some(epoch) = life(index) {
                    let name = name(call);
                    let unknown = outcome(&name, epoch, Outcome::Unknown);
                    if calls.settle(epoch, id(&name), unknown.clone()).await.is_ok() {
                        assert!(begun.contains_key(&name), "settled and never begun");
                        assert!(outcomes.insert(name, unknown.as_str().to_owned()).is_none(), "ended twice");
                    }
                }
            }
        }
        for call in 0..4 {
            let name = format!("call-{call}");
            let kept = calls.outcome(id(&name)).await.unwrap();
            assert_eq!(kept.as_ref(), outcomes.get(&name));
        }
    }
    assert_eq!(scene.records(), begun.len());
}
