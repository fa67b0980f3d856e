//! GATE-43, GATE-44, GATE-46: a store that does not say what it kept, a node that slept, clocks that differ.

use std::{
    future::ready,
    ops::Range,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use ca2a_core::{ChannelKey, ErrorCode, RecordHash, ReplayClaim, ReplayError, Sha256};
use ca2a_covers::covers;
use ca2a_runtime::{
    calls::{
        Abandoned, Answered, CallId, CallStore, CallStoreError, DurableCalls, Ended, Epoch, Ledger, NewCall,
        Outcome, OutcomeStatement, SignedOutcome,
    },
    node::{Decline, PeerNode},
    sink::StoredRecord,
    store::{RecordStore, ReplayLimits},
    system::{Clock, SystemClock},
};

use crate::support::scene::{self, call, key};

const LEASE: u64 = 30;

/// What becomes of the commits of a [`Doubtful`] store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
enum Commits {
    Confirmed,
    /// They come about, and nobody hears.
    Unheard,
    /// They do not, and nobody hears.
    Lost,
    /// There is no connection.
    Away,
}

/// A store whose answers to S1 and S3 may get lost.
struct Doubtful {
    inner: DurableCalls,
    commits: AtomicU64,
    moved: Arc<Moved>,
    /// What was to begin.
    asked: Mutex<Vec<CallId>>,
    /// Seconds that pass with every call that is settled.
    slow: AtomicU64,
    /// Whether no holder has room for one more proof.
    full: AtomicBool,
}

/// The machine's clock, moved forwards.
#[derive(Default)]
struct Moved(AtomicU64);

impl Clock for Moved {
    fn now(&self) -> u64 {
        SystemClock.now() + self.0.load(Ordering::SeqCst)
    }
}

impl Doubtful {
    fn set(&self, commits: Commits) {
        self.commits.store(commits as u64, Ordering::SeqCst);
    }

    fn commit<'s>(
        &'s self,
        step: impl Future<Output = Result<(), CallStoreError>> + Send + 's,
    ) -> Answered<'s, ()> {
        let commits = self.commits.load(Ordering::SeqCst);
        Box::pin(async move {
            let lost = || CallStoreError::Unconfirmed("lost".to_owned());
            // No commit is there before somebody has waited for it.
            tokio::task::yield_now().await;
            match commits {
                0 => step.await,
                1 => step.await.and_then(|()| Err(lost())),
                2 => Err(lost()),
                _ => Err(CallStoreError::Unavailable("away".to_owned())),
            }
        })
    }
}

impl CallStore for Doubtful {
    fn join(&self, node: ChannelKey, lease_seconds: u64) -> Answered<'_, Epoch> {
        self.inner.join(node, lease_seconds)
    }
    fn renew(&self, epoch: Epoch, lease_seconds: u64) -> Answered<'_, ()> {
        self.inner.renew(epoch, lease_seconds)
    }
    fn begin(&self, epoch: Epoch, call: NewCall) -> Answered<'_, ()> {
        self.asked.lock().unwrap().push(CallId::of(&call.claim));
        if self.full.load(Ordering::SeqCst) {
            return Box::pin(ready(Err(CallStoreError::Replay(ReplayError::HolderQuota))));
        }
        self.commit(self.inner.begin(epoch, call))
    }
    fn end(&self, epoch: Epoch, call: CallId, ended: Ended) -> Answered<'_, ()> {
        self.commit(self.inner.end(epoch, call, ended))
    }
    fn abandoned(&self, most: usize) -> Answered<'_, Vec<Abandoned>> {
        self.inner.abandoned(most)
    }
    fn settle(&self, by: Epoch, call: CallId, outcome: SignedOutcome) -> Answered<'_, ()> {
        self.moved.0.fetch_add(self.slow.load(Ordering::SeqCst), Ordering::SeqCst);
        self.inner.settle(by, call, outcome)
    }
    fn outcome(&self, call: CallId) -> Answered<'_, Option<String>> {
        self.inner.outcome(call)
    }
    fn binding(&self, task: &str) -> Answered<'_, Option<String>> {
        self.inner.binding(task)
    }
    fn forget(&self, most: usize) -> Answered<'_, usize> {
        self.inner.forget(most)
    }
    fn now(&self) -> Answered<'_, u64> {
        self.inner.now()
    }
    fn live(&self, most: usize) -> Answered<'_, Vec<ChannelKey>> {
        self.inner.live(most)
    }
}

struct Doubts {
    store: Arc<Doubtful>,
    records: Arc<RecordStore>,
    node: PeerNode,
}

fn doubtful(records: &Arc<RecordStore>) -> Arc<Doubtful> {
    let moved = Arc::new(Moved::default());
    let inner = DurableCalls::new(Arc::clone(records), ReplayLimits::default()).with_clock(moved.clone());
    Arc::new(Doubtful {
        inner,
        commits: AtomicU64::new(0),
        moved,
        asked: Mutex::default(),
        slow: AtomicU64::new(0),
        full: AtomicBool::new(false),
    })
}

async fn doubts() -> Doubts {
    let records = Arc::new(RecordStore::in_memory().unwrap());
    let store = doubtful(&records);
    let node = scene::scene().node.with_identity(key(9)).with_calls(store.clone(), LEASE).await.unwrap();
    Doubts { store, records, node }
}

impl Doubts {
    fn ledger(&self) -> &Ledger {
        self.node.ledger().unwrap()
    }

    /// The call that was to begin last.
    fn asked(&self) -> CallId {
        *self.store.asked.lock().unwrap().last().unwrap()
    }

    async fn outcome(&self, call: CallId) -> Option<Outcome> {
        let text = self.store.outcome(call).await.unwrap()?;
        Some(OutcomeStatement::verify(&text, &key(9).verifying_key()).unwrap().outcome)
    }
}

/// GATE-43
#[tokio::test]
async fn a_call_that_may_have_begun_is_refused_and_ends_so() {
    covers!(refuse, "GATE-2", "GATE-43");
    for commits in [Commits::Unheard, Commits::Lost] {
        let doubts = doubts().await;
        doubts.store.set(commits);
        let request = call("read").prove(&doubts.node);
        let refused = doubts.node.decide(request.clone()).await.unwrap_err();
        let Decline::Unrecorded(refused) = refused else { panic!("{commits:?}: {refused:?}") };
        assert_eq!((refused.code(), refused.code().http_status()), (ErrorCode::StoreUnavailable, 503));

        doubts.store.set(Commits::Confirmed);
        doubts.ledger().keep().await.unwrap();
        let unavailable = Some(Outcome::Refused(ErrorCode::StoreUnavailable));
        assert_eq!(doubts.outcome(doubts.asked()).await, unavailable, "{commits:?}");
        assert_eq!(doubts.records.records().unwrap().count(), 1, "{commits:?}: one record");
        let again = doubts.node.decide(request).await.unwrap_err();
        let Decline::Unrecorded(again) = again else { panic!("{commits:?}: {again:?}") };
        assert_eq!(again.code(), ErrorCode::HolderProofInvalid, "{commits:?}");
        doubts.store.join(ChannelKey([1; 32]), LEASE).await.unwrap();
        assert_eq!(doubts.store.abandoned(9).await.unwrap(), [], "{commits:?}: nothing is left open");
    }
}

/// GATE-43
#[tokio::test]
async fn a_call_that_may_have_ended_ends_once() {
    covers!(accept, "GATE-43");
    covers!(refuse, "GATE-3");
    for commits in [Commits::Unheard, Commits::Lost, Commits::Away] {
        let doubts = doubts().await;
        let mut granted = doubts.node.decide(call("read").prove(&doubts.node)).await.unwrap();
        let open = granted.call.take().unwrap();
        open.hand_on();
        doubts.store.set(commits);
        let answer = Outcome::Completed(Sha256::of(b"answer"));
        assert!(open.end(answer).await.is_err(), "{commits:?}: nobody says that it ended well");
        let call = open.id();
        let kept = doubts.outcome(call).await;
        assert_eq!(kept, (commits == Commits::Unheard).then_some(answer), "{commits:?}");

        doubts.store.set(Commits::Confirmed);
        doubts.ledger().keep().await.unwrap();
        assert_eq!(doubts.outcome(call).await, Some(answer), "{commits:?}");
        drop(open);
        doubts.ledger().keep().await.unwrap();
        assert_eq!(doubts.outcome(call).await, Some(answer), "{commits:?}: it stands");
    }
}

/// GATE-43: whoever held the call lets go of it while the store is away. What comes of that is not said in the place of what
/// was meant.
#[tokio::test]
async fn the_first_end_of_a_call_in_doubt_is_the_one() {
    covers!(accept, "GATE-43");
    for commits in [Commits::Unheard, Commits::Lost, Commits::Away] {
        for back_before in [true, false] {
            let doubts = doubts().await;
            let mut granted = doubts.node.decide(call("read").prove(&doubts.node)).await.unwrap();
            let open = granted.call.take().unwrap();
            open.hand_on();
            doubts.store.set(commits);
            let answer = Outcome::Completed(Sha256::of(b"answer"));
            let unsaid = open.end(answer).await.unwrap_err();
            assert_eq!(open.abandon(ErrorCode::OutcomeUnknown).await.unwrap_err(), unsaid, "{commits:?}");
            if back_before {
                doubts.store.set(Commits::Confirmed);
            }
            let call = open.id();
            drop(open);
            // Whatever that set going has come to its end.
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            doubts.store.set(Commits::Confirmed);
            doubts.ledger().keep().await.unwrap();
            assert_eq!(doubts.outcome(call).await, Some(answer), "{commits:?}");
        }
    }
}

/// GATE-43: between an S1 that nobody heard of and its refusal the same proof comes again.
#[tokio::test]
async fn the_proof_of_a_call_in_doubt_begins_nothing() {
    covers!(refuse, "GATE-1", "GATE-43");
    for commits in [Commits::Unheard, Commits::Lost] {
        let doubts = doubts().await;
        doubts.store.set(commits);
        let request = call("read").prove(&doubts.node);
        doubts.node.decide(request.clone()).await.unwrap_err();
        doubts.store.set(Commits::Confirmed);
        // Before it is refused, while the node's life is over, and afterwards.
        for later in 0..3 {
            let again = doubts.node.decide(request.clone()).await.unwrap_err();
            let Decline::Unrecorded(again) = again else { panic!("{commits:?}: {again:?}") };
            assert_eq!(again.code(), ErrorCode::HolderProofInvalid, "{commits:?}, {later}");
            if later == 0 {
                doubts.store.moved.0.fetch_add(LEASE, Ordering::SeqCst);
            } else {
                doubts.ledger().keep().await.unwrap();
            }
        }
        let unavailable = Outcome::Refused(ErrorCode::StoreUnavailable);
        // What was open in the life that is over was settled with it.
        let kept = doubts.outcome(doubts.asked()).await.unwrap();
        assert!(kept == unavailable || kept == Outcome::Unknown, "{commits:?}: {kept:?}");
        assert_eq!(doubts.records.records().unwrap().count(), 1, "{commits:?}: one record");
    }
}

/// Calls that a node left open which is gone.
async fn abandoned(store: &Doubtful, calls: Range<u32>) {
    let gone = store.join(ChannelKey([1; 32]), LEASE).await.unwrap();
    for number in calls {
        let json = format!(r#"{{"record_id":"{number}"}}"#);
        let claim = ReplayClaim {
            digest: Sha256::of(json.as_bytes()),
            expires_at: SystemClock.now() + 3600,
            holder: key(1).verifying_key(),
        };
        let record = StoredRecord { hash: RecordHash(Sha256::of(json.as_bytes())), json, statement: None };
        store.begin(gone, NewCall { claim, packet: None, record, refused: None }).await.unwrap();
    }
}

/// GATE-5: what others left takes longer than a lease, and the node keeps its own meanwhile.
#[tokio::test]
async fn a_node_with_much_to_settle_keeps_its_lease() {
    covers!(accept, "GATE-5", "GATE-6");
    let store = doubtful(&Arc::new(RecordStore::in_memory().unwrap()));
    abandoned(&store, 0..40).await;
    store.slow.store(1, Ordering::SeqCst);
    let join = Ledger::join(store.clone(), ChannelKey([2; 32]), key(9), LEASE, store.moved.clone());
    let ledger = join.await.unwrap();
    assert_eq!(store.moved.0.load(Ordering::SeqCst), 40, "it settled them as it joined");
    ledger.renew().await.unwrap();

    // One that keeps a life: whoever joins ends those before.
    abandoned(&store, 40..80).await;
    ledger.keep().await.unwrap();
    assert_eq!(store.moved.0.load(Ordering::SeqCst), 80);
    ledger.renew().await.unwrap();
    assert!(ledger.holds_lease());
}

/// GATE-6: what cannot be done yet keeps nothing else from being done.
#[tokio::test]
async fn a_loose_end_that_stays_holds_nothing_up() {
    covers!(accept, "GATE-6", "GATE-44");
    let doubts = doubts().await;
    let mut before = doubts.node.decide(call("read").prove(&doubts.node)).await.unwrap();
    let left = before.call.take().unwrap();
    doubts.store.set(Commits::Lost);
    let request = call("read").prove(&doubts.node);
    doubts.node.decide(request.clone()).await.unwrap_err();
    doubts.store.set(Commits::Confirmed);

    doubts.store.moved.0.fetch_add(LEASE, Ordering::SeqCst);
    doubts.store.full.store(true, Ordering::SeqCst);
    let full = doubts.ledger().keep().await.unwrap_err();
    assert_eq!(full, CallStoreError::Replay(ReplayError::HolderQuota));
    assert_eq!(doubts.outcome(left.id()).await, Some(Outcome::Unknown), "it was settled all the same");
    doubts.store.full.store(false, Ordering::SeqCst);
    doubts.ledger().keep().await.unwrap();
    assert_eq!(doubts.outcome(doubts.asked()).await, Some(Outcome::Refused(ErrorCode::StoreUnavailable)));
}

/// GATE-43
#[tokio::test]
async fn with_too_many_calls_in_doubt_none_is_begun() {
    covers!(refuse, "GATE-43");
    let doubts = doubts().await;
    doubts.store.set(Commits::Unheard);
    for _ in 0..256 {
        let refused = doubts.node.decide(call("read").prove(&doubts.node)).await.unwrap_err();
        assert!(matches!(refused, Decline::Unrecorded(_)));
    }
    doubts.store.set(Commits::Confirmed);
    let refused = doubts.node.decide(call("read").prove(&doubts.node)).await.unwrap_err();
    let Decline::Unrecorded(refused) = refused else { panic!("{refused:?}") };
    assert_eq!(refused.code(), ErrorCode::StoreUnavailable);
    assert_eq!(doubts.records.records().unwrap().count(), 256);
    doubts.ledger().keep().await.unwrap();
    doubts.node.decide(call("read").prove(&doubts.node)).await.unwrap();
}

/// GATE-8: whoever waited for S1 has gone away; what was begun is closed.
#[tokio::test]
async fn a_call_that_nobody_waits_for_any_more_is_refused() {
    covers!(refuse, "GATE-8");
    let doubts = doubts().await;
    let request = call("read").prove(&doubts.node);
    tokio::select! {
        biased;
        decided = doubts.node.decide(request) => panic!("{decided:?} before its commit"),
        () = std::future::ready(()) => {}
    }
    let mut kept = None;
    while kept.is_none() {
        tokio::time::sleep(Duration::from_millis(1)).await;
        if !doubts.store.asked.lock().unwrap().is_empty() {
            kept = doubts.outcome(doubts.asked()).await;
        }
    }
    assert_eq!(kept, Some(Outcome::Refused(ErrorCode::Ca2aError)));
}

/// GATE-44
#[tokio::test]
async fn a_node_that_slept_begins_another_life() {
    covers!(accept, "GATE-44");
    covers!(refuse, "GATE-44");
    let doubts = doubts().await;
    let mut before = doubts.node.decide(call("read").prove(&doubts.node)).await.unwrap();
    let open = before.call.take().unwrap();
    let first = doubts.ledger().epoch();
    doubts.store.moved.0.fetch_add(LEASE, Ordering::SeqCst);
    let refused = doubts.node.decide(call("read").prove(&doubts.node)).await.unwrap_err();
    let Decline::Unrecorded(refused) = refused else { panic!("{refused:?}") };
    assert_eq!(refused.code(), ErrorCode::StoreUnavailable);

    doubts.ledger().keep().await.unwrap();
    assert!(doubts.ledger().epoch() > first);
    assert!(doubts.ledger().holds_lease());
    assert_eq!(doubts.outcome(open.id()).await, Some(Outcome::Unknown));
    let late = open.end(Outcome::Completed(Sha256::of(b"answer"))).await;
    assert!(late.is_err(), "its outcome stands");
    doubts.node.decide(call("read").prove(&doubts.node)).await.unwrap();
}

/// GATE-46
#[tokio::test]
async fn a_node_whose_clock_is_off_says_so() {
    covers!(accept, "GATE-46");
    covers!(refuse, "GATE-46");
    let doubts = doubts().await;
    assert!(doubts.ledger().is_punctual());
    for (moved, punctual) in [(4, true), (60, false), (0, true)] {
        doubts.store.moved.0.store(moved, Ordering::SeqCst);
        doubts.ledger().keep().await.unwrap();
        assert_eq!(doubts.ledger().is_punctual(), punctual, "{moved} s");
    }
}
