//! The replay store: once, bounded, and never forgetting early.

use std::{
    collections::HashMap,
    sync::{Barrier, LazyLock},
};

use ca2a_core::{Consumption, ReplayClaim, ReplayError, ReplayStore, Sha256, SigningKey, VerifyingKey};
use ca2a_covers::covers;
use ca2a_runtime::store::{MemoryReplayStore, ReplayLimits};
use proptest::prelude::*;

static HOLDERS: LazyLock<Vec<VerifyingKey>> =
    LazyLock::new(|| (0..16).map(|seed| SigningKey::from_seed(&[seed; 32]).verifying_key()).collect());

fn claim(number: u64, holder: usize, expires_at: u64) -> ReplayClaim {
    ReplayClaim { digest: Sha256::of(&number.to_be_bytes()), expires_at, holder: HOLDERS[holder] }
}

/// RUN-40: of 1,000 concurrent equal claims exactly one is fresh.
#[test]
fn concurrent_equal_claims_have_one_winner() {
    covers!(accept, "RUN-40");
    covers!(refuse, "RUN-40");
    covers!(accept, "CORE-25");
    covers!(refuse, "CORE-25");
    const THREADS: usize = 50;
    const EACH: usize = 20;
    for round in 0..5 {
        let store = MemoryReplayStore::default();
        let barrier = Barrier::new(THREADS);
        let fresh: usize = std::thread::scope(|scope| {
            let claimants: Vec<_> = (0..THREADS)
                .map(|_| {
                    scope.spawn(|| {
                        barrier.wait();
                        let answers = (0..EACH).map(|_| store.consume(&claim(round, 0, 160), 100).unwrap());
                        answers.filter(|answer| *answer == Consumption::Fresh).count()
                    })
                })
                .collect();
            claimants.into_iter().map(|claimant| claimant.join().unwrap()).sum()
        });
        assert_eq!(fresh, 1);
    }
}

/// RUN-41: a claim is spent until its last second, and forgotten afterwards.
#[test]
fn a_claim_is_remembered_until_it_expires() {
    covers!(accept, "RUN-41");
    covers!(refuse, "RUN-41");
    let store = MemoryReplayStore::default();
    assert_eq!(store.consume(&claim(1, 0, 160), 100), Ok(Consumption::Fresh));
    for now in [100, 130, 159] {
        assert_eq!(store.consume(&claim(1, 0, 160), now), Ok(Consumption::Spent));
    }
    assert_eq!(store.consume(&claim(2, 0, 300), 160), Ok(Consumption::Fresh));
    assert_eq!(store.len(), 1);
}

/// RUN-42: what has expired is not fresh, also when the clock steps back after it was forgotten.
#[test]
fn a_clock_that_steps_back_revives_nothing() {
    covers!(accept, "RUN-42");
    covers!(refuse, "RUN-42");
    let store = MemoryReplayStore::default();
    assert_eq!(store.consume(&claim(1, 0, 160), 160), Ok(Consumption::Spent));
    assert_eq!(store.consume(&claim(2, 0, 160), 100), Ok(Consumption::Spent));
    assert_eq!(store.consume(&claim(3, 0, 161), 100), Ok(Consumption::Fresh));
}

/// RUN-43: a full store refuses, and takes again what fits once something expired.
#[test]
fn a_full_store_refuses() {
    covers!(accept, "RUN-43");
    covers!(refuse, "RUN-41", "RUN-43");
    covers!(accept, "CORE-25");
    covers!(refuse, "CORE-25");
    let store = MemoryReplayStore::new(ReplayLimits { claims: 10, per_holder: 10 });
    for number in 0..10 {
        assert_eq!(store.consume(&claim(number, 0, 160 + number), 100), Ok(Consumption::Fresh));
    }
    assert_eq!(store.consume(&claim(10, 1, 200), 100), Err(ReplayError::Full));
    assert_eq!(store.consume(&claim(3, 0, 163), 100), Ok(Consumption::Spent), "and has forgotten nothing");
    assert_eq!(store.consume(&claim(10, 1, 200), 160), Ok(Consumption::Fresh), "one has expired");
    assert_eq!(store.consume(&claim(11, 1, 200), 160), Err(ReplayError::Full));
}

/// RUN-43: one holder gets an eighth.
#[test]
fn a_holder_has_a_share() {
    covers!(accept, "RUN-43");
    covers!(refuse, "RUN-43");
    let limits = ReplayLimits::of(80);
    assert_eq!((limits.claims, limits.per_holder), (80, 10));
    assert_eq!(ReplayLimits::default(), ReplayLimits::of(1_000_000));
    let store = MemoryReplayStore::new(limits);
    for number in 0..10 {
        assert_eq!(store.consume(&claim(number, 0, 160), 100), Ok(Consumption::Fresh));
    }
    assert_eq!(store.consume(&claim(10, 0, 160), 100), Err(ReplayError::HolderQuota));
    assert_eq!(store.consume(&claim(10, 1, 160), 100), Ok(Consumption::Fresh));
    assert_eq!(store.consume(&claim(11, 0, 300), 160), Ok(Consumption::Fresh), "its claims have expired");
}

/// What the store must answer, said as plainly as possible.
#[derive(Default)]
struct Model {
    live: HashMap<u64, (usize, u64)>,
    horizon: u64,
}

impl Model {
    fn consume(
        &mut self,
        number: u64,
        holder: usize,
        expires_at: u64,
        now: u64,
        limits: ReplayLimits,
    ) -> Result<Consumption, ReplayError> {
        self.horizon = self.horizon.max(now);
        self.live.retain(|_, (_, expires_at)| *expires_at > self.horizon);
        if expires_at <= self.horizon || self.live.contains_key(&number) {
            return Ok(Consumption::Spent);
        }
        if self.live.len() >= limits.claims {
            return Err(ReplayError::Full);
        }
        if self.live.values().filter(|(of, _)| *of == holder).count() >= limits.per_holder {
            return Err(ReplayError::HolderQuota);
        }
        self.live.insert(number, (holder, expires_at));
        Ok(Consumption::Fresh)
    }
}

proptest! {
    /// The store answers as the model does, whatever comes in whatever order. A claim's expiry belongs to the claim,
    /// as it does where claims come from: the challenge holds it.
    #[test]
    fn it_answers_as_the_model(calls in proptest::collection::vec((0_u64..60, 0_u64..40), 1..300)) {
        let limits = ReplayLimits { claims: 12, per_holder: 3 };
        let (store, mut model) = (MemoryReplayStore::new(limits), Model::default());
        let mut now = 100;
        for (number, step) in calls {
            // Mostly forwards, sometimes back.
            now = if step > 35 { now - 5 } else { now + step / 8 };
            let holder = usize::try_from(number % 6).unwrap();
            let expires_at = 100 + number * 2;
            let expected = model.consume(number, holder, expires_at, now, limits);
            prop_assert_eq!(store.consume(&claim(number, holder, expires_at), now), expected);
        }
    }
}
