//! Calls in the file of records: one writer, one commit for what waits together, one for a call and its record.

mod bindings;
mod lives;

use std::sync::Arc;

use ca2a_core::{ChannelKey, RecordHash, Sha256};
use redb::{ReadableTable as _, TableDefinition, TableError, WriteTransaction};
use tokio::sync::oneshot;

use super::{
    Abandoned, Answered, CallId, CallStore, CallStoreError, Ended, Epoch, KEEP_OUTCOMES, NewCall,
    SignedOutcome, WithCall,
};
use crate::{
    store::{
        RecordStore, ReplayLimits, StoreError, Work, append_decisions,
        spent::{SpentClaims, SpentNames},
    },
    system::{Clock, SystemClock},
};

const NAMES: SpentNames = SpentNames {
    spent: "calls-spent",
    by_expiry: "calls-by-expiry",
    held: "calls-held",
    horizon: "calls-horizon",
};

/// Lives: whose, and the Unix second at which the lease is over; 0 for one that is over for good.
const EPOCHS: TableDefinition<'_, u64, (&[u8; 32], u64)> = TableDefinition::new("calls-epochs");
/// Open calls: the life in which each began, and the record of its decision.
const OPEN: TableDefinition<'_, &[u8; 32], (u64, &[u8; 32])> = TableDefinition::new("calls-open");
/// Signed outcomes. One that is there is never replaced.
const OUTCOMES: TableDefinition<'_, &[u8; 32], &str> = TableDefinition::new("calls-outcomes");
/// When each outcome may be forgotten, in Unix seconds.
const BY_END: TableDefinition<'_, (u64, &[u8; 32]), ()> = TableDefinition::new("calls-outcomes-by-time");

/// Calls beside the records of a [`RecordStore`]. Only one process has the file open, so whoever joins knows that every life
/// before its own is over.
#[derive(Clone)]
pub struct DurableCalls {
    records: Arc<RecordStore>,
    limits: ReplayLimits,
    clock: Arc<dyn Clock>,
}

impl core::fmt::Debug for DurableCalls {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.debug_struct("DurableCalls").field("limits", &self.limits).finish_non_exhaustive()
    }
}

type Step<T> = Result<Result<T, CallStoreError>, redb::Error>;

impl DurableCalls {
    /// Calls in the file of `records`, by the machine's clock.
    #[must_use]
    pub fn new(records: Arc<RecordStore>, limits: ReplayLimits) -> Self {
        Self { records, limits, clock: Arc::new(SystemClock) }
    }

    /// The same by another clock.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Runs `step` in the next commit.
    fn commit<T: Send + 'static>(
        &self,
        step: impl FnMut(&WriteTransaction) -> Step<T> + Send + 'static,
    ) -> Answered<'_, T> {
        self.commit_with(step, None)
    }

    /// Runs `step`, which changes `task`, in the next commit.
    fn commit_with<T: Send + 'static>(
        &self,
        step: impl FnMut(&WriteTransaction) -> Step<T> + Send + 'static,
        task: Option<Arc<dyn WithCall>>,
    ) -> Answered<'_, T> {
        Box::pin(async move {
            let (done, answer) = oneshot::channel();
            let job = Job { step, task, found: None, done };
            self.records.work(Box::new(job)).await.map_err(unavailable)?;
            answer.await.map_err(|_| unavailable(StoreError::Stopped))?
        })
    }

    fn look<T: Send + 'static>(
        &self,
        read: impl FnOnce(&redb::ReadTransaction) -> Result<T, redb::Error>,
    ) -> Answered<'_, T> {
        let found = self.records.read(read).map_err(unavailable);
        Box::pin(std::future::ready(found))
    }
}

fn unavailable(error: StoreError) -> CallStoreError {
    CallStoreError::Unavailable(error.to_string())
}

/// A step on its way through the writer.
struct Job<T, F> {
    step: F,
    /// What `step` changes beside the calls.
    task: Option<Arc<dyn WithCall>>,
    found: Option<Result<T, CallStoreError>>,
    done: oneshot::Sender<Result<T, CallStoreError>>,
}

impl<T: Send, F: FnMut(&WriteTransaction) -> Step<T> + Send> Work for Job<T, F> {
    fn apply(&mut self, transaction: &WriteTransaction) -> Result<(), StoreError> {
        self.found = Some((self.step)(transaction).map_err(StoreError::write)?);
        Ok(())
    }

    fn settle(&mut self, is_committed: bool) {
        let is_refused = !matches!(self.found, Some(Ok(_)));
        // A step that was refused changed nothing.
        if let Some(task) = &self.task
            && !(is_committed && is_refused)
        {
            task.committed(is_committed);
        }
    }

    fn answer(self: Box<Self>, committed: Result<(), StoreError>) {
        let found = self.found.unwrap_or(Err(unavailable(StoreError::Stopped)));
        // Who went away does not hear; what was committed stands.
        let _ = self.done.send(committed.map_err(unavailable).and(found));
    }
}

impl CallStore for DurableCalls {
    fn join(&self, node: ChannelKey, lease_seconds: u64) -> Answered<'_, Epoch> {
        let until = self.clock.now().saturating_add(lease_seconds);
        self.commit(move |transaction| {
            let mut epochs = transaction.open_table(EPOCHS)?;
            let before: Vec<(u64, [u8; 32], u64)> = epochs
                .iter()?
                .map(|row| row.map(|(epoch, life)| (epoch.value(), *life.value().0, life.value().1)))
                .collect::<Result<_, _>>()?;
            for (epoch, node, _) in before.iter().filter(|(_, _, until)| *until != 0) {
                epochs.insert(epoch, (node, 0))?;
            }
            let epoch = before.last().map_or(1, |(epoch, ..)| epoch.saturating_add(1));
            epochs.insert(epoch, (&node.0, until))?;
            Ok(Ok(Epoch(epoch)))
        })
    }

    fn renew(&self, epoch: Epoch, lease_seconds: u64) -> Answered<'_, ()> {
        let now = self.clock.now();
        self.commit(move |transaction| {
            let mut epochs = transaction.open_table(EPOCHS)?;
            let node = epochs.get(epoch.0)?.and_then(|life| lives(life.value(), now));
            let Some(node) = node else { return Ok(Err(CallStoreError::Fenced)) };
            epochs.insert(epoch.0, (&node, now.saturating_add(lease_seconds)))?;
            Ok(Ok(()))
        })
    }

    fn begin(&self, epoch: Epoch, call: NewCall) -> Answered<'_, ()> {
        let (now, limits, places) = (self.clock.now(), self.limits, Arc::clone(self.records.places()));
        self.commit(move |transaction| {
            if !is_alive(transaction, epoch, now)? {
                return Ok(Err(CallStoreError::Fenced));
            }
            let id = CallId::of(&call.claim);
            if transaction.open_table(OUTCOMES)?.get(&id.0)?.is_some() {
                return Ok(Err(CallStoreError::Spent));
            }
            let claims: Vec<_> = call.claims().collect();
            match SpentClaims::open(transaction, &NAMES)?.spend_all(&claims, now, limits)? {
                Ok(None) => {}
                Ok(Some(0)) => return Ok(Err(CallStoreError::Spent)),
                Ok(Some(_)) => return Ok(Err(CallStoreError::PacketSpent)),
                Err(error) => return Ok(Err(CallStoreError::Replay(error))),
            }
            append_decisions(transaction, &places, [&call.record]).map_err(storage)?;
            match &call.refused {
                Some(outcome) => keep(transaction, id, outcome, now)?,
                None => {
                    transaction.open_table(OPEN)?.insert(&id.0, (epoch.0, &call.record.hash.0.0))?;
                }
            }
            Ok(Ok(()))
        })
    }

    fn end(&self, epoch: Epoch, call: CallId, ended: Ended) -> Answered<'_, ()> {
        let now = self.clock.now();
        let task = ended.task.as_ref().map(|change| change.within(&self.records));
        let Some(task) = task.map_or(Some(None), |task| task.map(Some)) else {
            return Box::pin(std::future::ready(Err(CallStoreError::NoTask)));
        };
        let changed = task.clone();
        let step = move |transaction: &WriteTransaction| {
            // A lease that is over fences nobody here: whoever settles the call closes the life with it.
            if !is_alive(transaction, epoch, 0)? {
                return Ok(Err(CallStoreError::Fenced));
            }
            let began = transaction.open_table(OPEN)?.get(&call.0)?.map(|open| open.value().0);
            if began != Some(epoch.0) {
                return Ok(Err(CallStoreError::NotOpen));
            }
            if let Some(task) = &task
                && !task.apply(transaction)?
            {
                return Ok(Err(CallStoreError::NoTask));
            }
            close(transaction, call, &ended.outcome, now)?;
            if let Some(binding) = &ended.binding {
                bindings::keep(transaction, binding, now.saturating_add(KEEP_OUTCOMES))?;
            }
            Ok(Ok(()))
        };
        self.commit_with(step, changed)
    }

    fn abandoned(&self, most: usize) -> Answered<'_, Vec<Abandoned>> {
        let now = self.clock.now();
        self.look(move |transaction| {
            let (open, epochs) = match (transaction.open_table(OPEN), transaction.open_table(EPOCHS)) {
                (Ok(open), Ok(epochs)) => (open, epochs),
                (Err(TableError::TableDoesNotExist(_)), _) | (_, Err(TableError::TableDoesNotExist(_))) => {
                    return Ok(Vec::new());
                }
                (Err(error), _) | (_, Err(error)) => return Err(error.into()),
            };
            let mut found = Vec::new();
            for row in open.iter()? {
                let (call, (epoch, record)) = {
                    let (call, open) = row?;
                    (*call.value(), (open.value().0, *open.value().1))
                };
                let alive = epochs.get(epoch)?.is_some_and(|life| lives(life.value(), now).is_some());
                if !alive {
                    let record = RecordHash(Sha256(record));
                    found.push(Abandoned { call: CallId(call), record, epoch: Epoch(epoch) });
                }
                if found.len() >= most {
                    break;
                }
            }
            Ok(found)
        })
    }

    fn settle(&self, by: Epoch, call: CallId, outcome: SignedOutcome) -> Answered<'_, ()> {
        let now = self.clock.now();
        self.commit(move |transaction| {
            if !is_alive(transaction, by, now)? {
                return Ok(Err(CallStoreError::Fenced));
            }
            let began = transaction.open_table(OPEN)?.get(&call.0)?.map(|open| open.value().0);
            let Some(began) = began else { return Ok(Err(CallStoreError::NotOpen)) };
            if is_alive(transaction, Epoch(began), now)? {
                return Ok(Err(CallStoreError::Leased));
            }
            let mut epochs = transaction.open_table(EPOCHS)?;
            let node = epochs.get(began)?.map(|life| *life.value().0);
            if let Some(node) = node {
                epochs.insert(began, (&node, 0))?;
            }
            close(transaction, call, &outcome, now)?;
            Ok(Ok(()))
        })
    }

    fn outcome(&self, call: CallId) -> Answered<'_, Option<String>> {
        self.look(move |transaction| match transaction.open_table(OUTCOMES) {
            Ok(table) => Ok(table.get(&call.0)?.map(|text| text.value().to_owned())),
            Err(TableError::TableDoesNotExist(_)) => Ok(None),
            Err(error) => Err(error.into()),
        })
    }

    fn binding(&self, task: &str) -> Answered<'_, Option<String>> {
        self.look(|transaction| bindings::find(transaction, task))
    }

    fn forget(&self, most: usize) -> Answered<'_, usize> {
        let now = self.clock.now();
        self.commit(move |transaction| {
            let proofs = SpentClaims::open(transaction, &NAMES)?.sweep(now, most)?;
            let outcomes = forget_outcomes(transaction, now, most)?;
            let bindings = bindings::forget(transaction, now, most)?;
            lives::forget(transaction, most)?;
            Ok(Ok(proofs.saturating_add(outcomes).saturating_add(bindings)))
        })
    }

    fn now(&self) -> Answered<'_, u64> {
        Box::pin(std::future::ready(Ok(self.clock.now())))
    }

    fn live(&self, most: usize) -> Answered<'_, Vec<ChannelKey>> {
        let now = self.clock.now();
        self.look(move |transaction| {
            let epochs = match transaction.open_table(EPOCHS) {
                Ok(epochs) => epochs,
                Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
                Err(error) => return Err(error.into()),
            };
            let mut live = Vec::new();
            for row in epochs.iter()?.rev() {
                live.extend(lives(row?.1.value(), now).map(ChannelKey));
                if live.len() >= most {
                    break;
                }
            }
            Ok(live)
        })
    }
}

/// Forgets up to `most` outcomes whose time is over.
fn forget_outcomes(transaction: &WriteTransaction, now: u64, most: usize) -> Result<usize, redb::Error> {
    let mut by_end = transaction.open_table(BY_END)?;
    let mut outcomes = transaction.open_table(OUTCOMES)?;
    let mut forgotten = 0_usize;
    while forgotten < most {
        let first = by_end.first()?.map(|(key, _)| (key.value().0, *key.value().1));
        let Some((end, call)) = first.filter(|(end, _)| *end <= now) else { break };
        by_end.remove((end, &call))?;
        outcomes.remove(&call)?;
        forgotten = forgotten.saturating_add(1);
    }
    Ok(forgotten)
}

/// The node of a life, unless it is over at `now`.
fn lives((node, until): (&[u8; 32], u64), now: u64) -> Option<[u8; 32]> {
    (until > now).then_some(*node)
}

fn is_alive(transaction: &WriteTransaction, epoch: Epoch, now: u64) -> Result<bool, redb::Error> {
    let epochs = transaction.open_table(EPOCHS)?;
    let life = epochs.get(epoch.0)?;
    Ok(life.is_some_and(|life| lives(life.value(), now).is_some()))
}

/// Takes an open call out and keeps its outcome.
fn close(
    transaction: &WriteTransaction,
    call: CallId,
    outcome: &SignedOutcome,
    now: u64,
) -> Result<(), redb::Error> {
    transaction.open_table(OPEN)?.remove(&call.0)?;
    keep(transaction, call, outcome, now)
}

fn keep(
    transaction: &WriteTransaction,
    call: CallId,
    outcome: &SignedOutcome,
    now: u64,
) -> Result<(), redb::Error> {
    transaction.open_table(OUTCOMES)?.insert(&call.0, outcome.as_str())?;
    transaction.open_table(BY_END)?.insert((now.saturating_add(KEEP_OUTCOMES), &call.0), ())?;
    Ok(())
}

fn storage(error: StoreError) -> redb::Error {
    redb::Error::Io(std::io::Error::other(error.to_string()))
}
