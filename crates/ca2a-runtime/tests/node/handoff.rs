//! Spent nonces on disk, and tasks that are stopped.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use ca2a_core::{Consumption, ReplayClaim, ReplayError, ReplayStore, Sha256, SigningKey, VerifyingKey};
use ca2a_covers::covers;
use ca2a_handoff::{
    AgentIdentity, Executor, Handoff, HandoffVerifier, Permissions, Profile, TaskPacket, Timestamp,
};
use ca2a_runtime::{
    handoff::{HandoffStore, Stopped, until_deadline},
    store::{MemoryReplayStore, ReplayLimits, StoreError},
};

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("ca2a-handoff-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn store(&self, claims: usize, per_holder: usize) -> HandoffStore {
        HandoffStore::open(&self.0.join("spent"), ReplayLimits { claims, per_holder }).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn holder(seed: u8) -> VerifyingKey {
    SigningKey::from_seed(&[seed; 32]).verifying_key()
}

fn claim(name: &str, expires_at: u64, seed: u8) -> ReplayClaim {
    ReplayClaim { digest: Sha256::of(name.as_bytes()), expires_at, holder: holder(seed) }
}

/// HAND-31: what is spent stays spent over a restart, until it has expired.
#[test]
fn a_restart_forgets_nothing() {
    covers!(accept, "HAND-31");
    covers!(refuse, "HAND-31");
    let folder = Folder::new();
    assert_eq!(folder.store(10, 10).consume(&claim("a", 100, 1), 0), Ok(Consumption::Fresh));
    let store = folder.store(10, 10);
    assert_eq!(store.consume(&claim("a", 100, 1), 99), Ok(Consumption::Spent));
    // Its time is over, and so is what it names; a clock that steps back brings nothing back.
    assert_eq!(store.consume(&claim("a", 100, 1), 100), Ok(Consumption::Spent));
    assert_eq!(store.consume(&claim("a", 100, 1), 50), Ok(Consumption::Spent));
    assert_eq!(store.consume(&claim("a", 200, 1), 101), Ok(Consumption::Fresh));
    assert!(matches!(HandoffStore::open(store.path(), ReplayLimits::of(1)), Err(StoreError::InUse { .. })));
}

/// W22: a full store refuses, forgets nothing that lives, and makes room when something has expired.
#[test]
fn a_full_store_refuses() {
    covers!(refuse, "HAND-31");
    let folder = Folder::new();
    let store = folder.store(3, 2);
    assert_eq!(store.consume(&claim("a", 10, 1), 0), Ok(Consumption::Fresh));
    assert_eq!(store.consume(&claim("b", 20, 1), 0), Ok(Consumption::Fresh));
    assert_eq!(store.consume(&claim("c", 20, 1), 0), Err(ReplayError::HolderQuota));
    assert_eq!(store.consume(&claim("c", 20, 2), 0), Ok(Consumption::Fresh));
    assert_eq!(store.consume(&claim("d", 20, 3), 0), Err(ReplayError::Full));
    assert_eq!(store.consume(&claim("a", 10, 1), 9), Ok(Consumption::Spent));
    assert_eq!(store.consume(&claim("d", 20, 1), 10), Ok(Consumption::Fresh));
}

#[test]
fn of_equal_claims_one_is_fresh() {
    let folder = Folder::new();
    for store in [&folder.store(100, 100) as &dyn ReplayStore, &MemoryReplayStore::default()] {
        let fresh = std::thread::scope(|scope| {
            let spend = || scope.spawn(|| store.consume(&claim("a", 100, 1), 0) == Ok(Consumption::Fresh));
            let spenders: Vec<_> = (0..8).map(|_| spend()).collect();
            spenders.into_iter().filter_map(|spender| spender.join().ok()).filter(|fresh| *fresh).count()
        });
        assert_eq!(fresh, 1);
    }
}

/// What expired is free again, swept or not.
#[test]
fn a_name_is_free_once_it_has_expired() {
    let store = MemoryReplayStore::default();
    for (at, answer) in [(0, Consumption::Fresh), (600, Consumption::Spent), (601, Consumption::Fresh)] {
        assert_eq!(store.consume(&claim("a", at + 601, 1), at), Ok(answer), "{at}");
    }
}

/// HAND-61: what is not done at the deadline is dropped.
#[tokio::test]
async fn a_task_is_stopped_at_its_deadline() {
    covers!(accept, "HAND-61");
    covers!(refuse, "HAND-61");
    let (alice, bob) = (AgentIdentity::from_seed(&[1; 32]), AgentIdentity::from_seed(&[2; 32]));
    let issued = Timestamp::parse("2026-01-15T12:00:00Z").unwrap();
    let packet = TaskPacket::new(
        ["pk", "task", "nonce"],
        alice.agent_id(),
        bob.agent_id(),
        issued,
        issued.plus_seconds(60).unwrap(),
        "read",
    )
    .permissions(Permissions::new(["read"]))
    .sign(&alice, Profile::P3)
    .unwrap();
    let verifier = HandoffVerifier::new(bob.agent_id().clone());
    let store = MemoryReplayStore::default();
    let accepted = verifier.verify(Handoff::packet(&packet), &store, issued.moment()).unwrap();
    let executor = Executor::begin(accepted, issued.moment());
    let late = executor.deadline();
    assert_eq!(until_deadline(&executor, issued.moment(), async { 7 }).await, Ok(7));
    assert_eq!(until_deadline(&executor, late, std::future::pending::<()>()).await, Err(Stopped));
}
