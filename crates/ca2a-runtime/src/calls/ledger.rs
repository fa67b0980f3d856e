//! The calls of one life of one node.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use ca2a_core::{ChannelKey, RecordHash, SigningKey, VerifyingKey};

use super::{
    Abandoned, CallId, CallStore, CallStoreError, Ended, Epoch, Outcome, OutcomeStatement, SignedOutcome,
};
use crate::system::Clock;

/// Calls that are settled with one look at the store.
const AT_ONCE: usize = 256;

/// A store of calls, joined: what a node begins and ends its calls with.
pub struct Ledger {
    pub(super) store: Arc<dyn CallStore>,
    epoch: Epoch,
    lease_seconds: u64,
    key: SigningKey,
    channel_key: ChannelKey,
    clock: Arc<dyn Clock>,
    held: AtomicBool,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Ledger").field("epoch", &self.epoch).finish_non_exhaustive()
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
        let epoch = store.join(channel_key, lease_seconds).await?;
        let held = AtomicBool::new(true);
        let ledger = Self { store, epoch, lease_seconds, key, channel_key, clock, held };
        ledger.recover().await?;
        Ok(ledger)
    }

    /// This life.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
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

    /// Renews the lease.
    ///
    /// # Errors
    /// A life that is over, or a store that does not answer.
    pub async fn renew(&self) -> Result<(), CallStoreError> {
        let renewed = self.store.renew(self.epoch, self.lease_seconds).await;
        self.held.store(renewed.is_ok(), Ordering::SeqCst);
        renewed
    }

    /// Whether the lease could be renewed when that was tried last.
    #[must_use]
    pub fn holds_lease(&self) -> bool {
        self.held.load(Ordering::SeqCst)
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
                match self.store.settle(self.epoch, call, self.sign(call, record, Outcome::Unknown)).await {
                    Ok(()) => settled = settled.saturating_add(1),
                    // Another node was faster.
                    Err(CallStoreError::NotOpen) => {}
                    Err(error) => return Err(error),
                }
            }
        }
    }

    pub(super) fn sign(&self, call: CallId, record: RecordHash, outcome: Outcome) -> SignedOutcome {
        OutcomeStatement {
            call,
            record,
            channel_key: self.channel_key,
            epoch: self.epoch,
            outcome,
            issued_at: self.clock.now(),
        }
        .sign(&self.key)
    }

    pub(super) async fn end(&self, call: CallId, ended: Ended) -> Result<(), CallStoreError> {
        self.store.end(self.epoch, call, ended).await
    }
}
