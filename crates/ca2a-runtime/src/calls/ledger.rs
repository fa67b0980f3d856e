//! The calls of one life of one node.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use ca2a_core::{ChannelKey, RecordHash, SigningKey, VerifyingKey};

use super::{
    Abandoned, Answered, CallId, CallStore, CallStoreError, Epoch, Outcome, OutcomeStatement, SignedOutcome,
    loose_ends::LooseEnds, neighbours::Neighbours, rest::Unended,
};
use crate::system::Clock;

/// Calls that are settled with one look at the store.
const AT_ONCE: usize = 256;

/// Proofs and outcomes that are forgotten at once.
const FORGOTTEN_AT_ONCE: usize = 1000;

/// How often that is done before a node turns to something else.
const ROUNDS: usize = 50;

/// Seconds by which the clock of a node may differ from that of its store, before it counts as not ready (GATE-46).
const MAX_APART: u64 = 5;

/// A store of calls, joined: what a node begins and ends its calls with.
pub struct Ledger {
    pub(super) store: Arc<dyn CallStore>,
    pub(super) loose: LooseEnds,
    pub(super) unended: Unended,
    epoch: AtomicU64,
    lease_seconds: u64,
    key: SigningKey,
    pub(super) channel_key: ChannelKey,
    clock: Arc<dyn Clock>,
    held: AtomicBool,
    /// When the lease was renewed last, by the clock of this node.
    renewed: AtomicU64,
    punctual: AtomicBool,
    pub(super) neighbours: Neighbours,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Ledger").field("epoch", &self.epoch()).finish_non_exhaustive()
    }
}

impl Ledger {
    /// Begins a life at `store`, and settles what earlier lives left open (GATE-6). `key` signs outcomes.
    ///
    /// # Errors
    /// A store that does not answer.
    pub async fn join(
        store: Arc<dyn CallStore>,
        channel_key: ChannelKey,
        key: SigningKey,
        lease_seconds: u64,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, CallStoreError> {
        let Epoch(epoch) = store.join(channel_key, lease_seconds).await?;
        let renewed = AtomicU64::new(clock.now());
        let ledger = Self {
            store,
            loose: LooseEnds::default(),
            unended: Unended::default(),
            epoch: AtomicU64::new(epoch),
            lease_seconds,
            key,
            channel_key,
            clock,
            held: AtomicBool::new(true),
            renewed,
            punctual: AtomicBool::new(true),
            neighbours: Neighbours::default(),
        };
        ledger.compare_clocks().await?;
        ledger.recover().await?;
        ledger.look_around().await?;
        Ok(ledger)
    }

    /// This life.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        Epoch(self.epoch.load(Ordering::SeqCst))
    }

    /// For how long a lease is good.
    #[must_use]
    pub fn lease_seconds(&self) -> u64 {
        self.lease_seconds
    }

    /// The key that signs outcomes.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        self.key.verifying_key()
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn CallStore> {
        &self.store
    }

    /// What a node does every third of its lease: renews it, or begins another life where this one is over; ends what it
    /// could not end before, settles what others left open, forgets what is over, and looks who else is there. What fails of
    /// that keeps nothing else from being done, and however long it takes, the lease is renewed meanwhile (GATE-5).
    ///
    /// # Errors
    /// What failed first. A node whose lease is not renewed begins nothing until it is.
    pub async fn keep(&self) -> Result<(), CallStoreError> {
        match self.renew().await {
            Err(CallStoreError::Fenced) => self.rejoin().await?,
            other => other?,
        }
        let steps: [Answered<'_, ()>; 6] = [
            Box::pin(self.announce_again()),
            Box::pin(self.compare_clocks()),
            Box::pin(self.tie_up()),
            Box::pin(async { self.recover().await.map(drop) }),
            Box::pin(self.forget()),
            Box::pin(self.look_around()),
        ];
        let mut all = Ok(());
        for step in steps {
            if let Err(error) = self.stay().await {
                return all.and(Err(error));
            }
            all = all.and(step.await);
        }
        all
    }

    async fn forget(&self) -> Result<(), CallStoreError> {
        for _ in 0..ROUNDS {
            if self.store.forget(FORGOTTEN_AT_ONCE).await? == 0 {
                break;
            }
            self.stay().await?;
        }
        Ok(())
    }

    /// Renews the lease where a third of it may have passed since that was done last.
    ///
    /// # Errors
    /// Those of [`Self::renew`].
    pub(super) async fn stay(&self) -> Result<(), CallStoreError> {
        // A clock that was set tells nothing of how long that is.
        let passed = self.clock.now().abs_diff(self.renewed.load(Ordering::SeqCst));
        if passed < (self.lease_seconds / 3).max(1) {
            return Ok(());
        }
        self.renew().await
    }

    /// Renews the lease.
    ///
    /// # Errors
    /// A life that is over, or a store that does not answer.
    pub async fn renew(&self) -> Result<(), CallStoreError> {
        // What it was before the store heard of it: rather too early than too late.
        let now = self.clock.now();
        let renewed = self.store.renew(self.epoch(), self.lease_seconds).await;
        self.held.store(renewed.is_ok(), Ordering::SeqCst);
        if renewed.is_ok() {
            self.renewed.store(now, Ordering::SeqCst);
        }
        renewed
    }

    /// A node whose life is over, because it slept or the store was away, begins another; what it has at hand belongs to
    /// the one before (GATE-44).
    async fn rejoin(&self) -> Result<(), CallStoreError> {
        let now = self.clock.now();
        let Epoch(epoch) = self.store.join(self.channel_key, self.lease_seconds).await?;
        self.epoch.store(epoch, Ordering::SeqCst);
        self.held.store(true, Ordering::SeqCst);
        self.renewed.store(now, Ordering::SeqCst);
        Ok(())
    }

    async fn compare_clocks(&self) -> Result<(), CallStoreError> {
        let before = self.clock.now();
        let theirs = self.store.now().await?;
        let after = self.clock.now();
        let apart = before.saturating_sub(theirs).max(theirs.saturating_sub(after));
        self.punctual.store(apart <= MAX_APART, Ordering::SeqCst);
        Ok(())
    }

    /// Whether the lease could be renewed when that was tried last.
    #[must_use]
    pub fn holds_lease(&self) -> bool {
        self.held.load(Ordering::SeqCst)
    }

    /// Whether the clock of this node went with that of the store when they were compared last (GATE-46).
    #[must_use]
    pub fn is_punctual(&self) -> bool {
        self.punctual.load(Ordering::SeqCst)
    }

    /// Gives every abandoned call the outcome `outcome_unknown` (GATE-6), and says how many there were.
    ///
    /// # Errors
    /// A life that is over, or a store that does not answer.
    pub async fn recover(&self) -> Result<usize, CallStoreError> {
        let mut settled = 0_usize;
        loop {
            let found = self.store.abandoned(AT_ONCE).await?;
            if found.is_empty() {
                return Ok(settled);
            }
            for Abandoned { call, record, .. } in found {
                self.stay().await?;
                let by = self.epoch();
                match self.store.settle(by, call, self.sign(by, call, record, Outcome::Unknown)).await {
                    Ok(()) => settled = settled.saturating_add(1),
                    // Another node was faster.
                    Err(CallStoreError::NotOpen) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }

    pub(super) fn sign(
        &self,
        epoch: Epoch,
        call: CallId,
        record: RecordHash,
        outcome: Outcome,
    ) -> SignedOutcome {
        OutcomeStatement {
            call,
            record,
            channel_key: self.channel_key,
            epoch,
            outcome,
            issued_at: self.clock.now(),
        }
        .sign(&self.key)
    }
}
