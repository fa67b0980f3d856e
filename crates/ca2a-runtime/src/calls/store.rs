//! What a store of calls does, wherever it keeps them.

use std::{future::Future, pin::Pin};

use ca2a_core::{ChannelKey, RecordHash, ReplayClaim};

use super::{CallId, CallStoreError, Epoch, SignedOutcome, TaskChange};
use crate::sink::StoredRecord;

/// The answer of a store, when it comes.
pub type Answered<'s, T> = Pin<Box<dyn Future<Output = Result<T, CallStoreError>> + Send + 's>>;

/// A call at S1.
#[derive(Debug, Clone)]
pub struct NewCall {
    /// The proof that begins it.
    pub claim: ReplayClaim,
    /// The nonce of the packet that it takes over by a signed hop, where it does: spent with the proof (GATE-71).
    pub packet: Option<ReplayClaim>,
    /// What was decided about it, as the records have it.
    pub record: StoredRecord,
    /// The outcome, where the decision was a refusal: then nothing is dispatched, and no packet is taken over.
    pub refused: Option<SignedOutcome>,
}

impl NewCall {
    /// What it spends, remembered until clocks that differ agree that its time is over (GATE-7): the proof first, then the
    /// packet of a call that is not refused.
    #[cfg(feature = "store-redb")]
    pub(super) fn claims(&self) -> impl Iterator<Item = ReplayClaim> {
        let packet = self.packet.filter(|_| self.refused.is_none());
        core::iter::once(self.claim).chain(packet).map(|claim| {
            let expires_at = claim.expires_at.saturating_add(super::AFTER_EXPIRY);
            ReplayClaim { expires_at, ..claim }
        })
    }
}

/// The end of a call at S3.
#[derive(Debug, Clone)]
pub struct Ended {
    /// The outcome.
    pub outcome: SignedOutcome,
    /// What the task of the call is called where it was handed on.
    pub binding: Option<Binding>,
    /// How the task of the call stands with that, where one store keeps tasks and calls. Elsewhere it is no task.
    pub task: Option<TaskChange>,
}

/// What a task of ours is elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The id that our callers know.
    pub task: String,
    /// What whoever handed the call on wants to find again, JSON text.
    pub elsewhere: String,
}

/// A call that its node left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abandoned {
    /// The call.
    pub call: CallId,
    /// The record of its decision.
    pub record: RecordHash,
    /// The life in which it began.
    pub epoch: Epoch,
}

/// Keeps calls. Every method is one atomic commit, and answers `Ok` only once that would survive a crash.
pub trait CallStore: Send + Sync {
    /// Begins a life of the node with the channel key `node`, whose lease is over in so many seconds unless it is renewed.
    fn join(&self, node: ChannelKey, lease_seconds: u64) -> Answered<'_, Epoch>;

    /// Renews the lease of a life that is not over.
    fn renew(&self, epoch: Epoch, lease_seconds: u64) -> Answered<'_, ()>;

    /// S1: spends the proof, and the packet if there is one, and opens the call; or spends the proof and keeps its refusal.
    /// Either together with its record (GATE-2, GATE-71).
    fn begin(&self, epoch: Epoch, call: NewCall) -> Answered<'_, ()>;

    /// S3: closes an open call of this life (GATE-3).
    fn end(&self, epoch: Epoch, call: CallId, ended: Ended) -> Answered<'_, ()>;

    /// Calls that are open in lives whose lease is over, at most so many (GATE-6).
    fn abandoned(&self, most: usize) -> Answered<'_, Vec<Abandoned>>;

    /// Closes an abandoned call in the name of `by`, and with it the life that left it (GATE-6).
    fn settle(&self, by: Epoch, call: CallId, outcome: SignedOutcome) -> Answered<'_, ()>;

    /// The outcome of a call, as [`SignedOutcome`] writes it.
    fn outcome(&self, call: CallId) -> Answered<'_, Option<String>>;

    /// What the task `task` of ours is elsewhere.
    fn binding(&self, task: &str) -> Answered<'_, Option<String>>;

    /// Forgets proofs, outcomes and bindings whose time is over by the clock of the store, at most so many of each, and says
    /// how many there were (GATE-45, GATE-70).
    fn forget(&self, most: usize) -> Answered<'_, usize>;

    /// What time it is for the store, in Unix seconds.
    fn now(&self) -> Answered<'_, u64>;

    /// The channel keys of nodes whose lease is not over, at most so many (GATE-50).
    fn live(&self, most: usize) -> Answered<'_, Vec<ChannelKey>>;

    /// Says where other nodes reach the one of this life, an `https` origin. A store that one process has open has no others.
    fn announce<'s>(&'s self, epoch: Epoch, address: &str) -> Answered<'s, ()> {
        let _ = (epoch, address);
        Box::pin(std::future::ready(Ok(())))
    }

    /// Where nodes are whose lease is not over, as they said themselves, at most so many (GATE-74).
    fn addresses(&self, most: usize) -> Answered<'_, Vec<(ChannelKey, String)>> {
        let _ = most;
        Box::pin(std::future::ready(Ok(Vec::new())))
    }
}
