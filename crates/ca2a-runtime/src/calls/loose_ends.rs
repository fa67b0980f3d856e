//! What a store did not confirm, until it is known to have ended (GATE-43).

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ca2a_core::{ErrorCode, RecordHash};

use super::{CallId, CallStoreError, Ended, Epoch, Ledger, NewCall, Outcome};

/// With so many calls in doubt, a node begins no more of them.
const MOST: usize = 256;

/// A call of which this node does not know whether it is open.
pub(super) enum LooseEnd {
    /// S1 was not confirmed. Nothing was handed on, and nothing will be.
    Begun(Epoch, Box<NewCall>),
    /// S3 was not confirmed, of a call with this record.
    Ended(Epoch, RecordHash, Box<Ended>),
}

/// The calls in doubt.
#[derive(Default)]
pub(super) struct LooseEnds(Mutex<Doubts>);

#[derive(Default)]
struct Doubts {
    /// The first is tied first: it is what was meant.
    ends: VecDeque<Arc<LooseEnd>>,
    /// Calls whose S1 is under way or in doubt.
    beginning: HashSet<CallId>,
}

/// The only S1 of its call that this node has under way.
pub(super) struct Beginning<'l> {
    loose: &'l LooseEnds,
    id: CallId,
    in_doubt: bool,
}

impl Beginning<'_> {
    /// Ends it as `end`, so that the proof begins nothing else before that is tied: a call that is in somebody's hands must
    /// not be refused in the place of one that never began.
    pub(super) fn leave(mut self, end: LooseEnd) {
        self.in_doubt = true;
        self.loose.add(end);
    }
}

impl Drop for Beginning<'_> {
    fn drop(&mut self) {
        if !self.in_doubt {
            self.loose.doubts().beginning.remove(&self.id);
        }
    }
}

impl LooseEnds {
    /// Lets the call `id` begin. Refuses where its proof is about to begin one or may have, and where there are too many calls
    /// in doubt already.
    pub(super) fn admit(&self, id: CallId) -> Result<Beginning<'_>, CallStoreError> {
        let mut doubts = self.doubts();
        if doubts.beginning.contains(&id) {
            return Err(CallStoreError::Spent);
        }
        if doubts.ends.len() >= MOST {
            let why = "too many calls wait for it to say what it kept";
            return Err(CallStoreError::Unavailable(why.to_owned()));
        }
        doubts.beginning.insert(id);
        Ok(Beginning { loose: self, id, in_doubt: false })
    }

    pub(super) fn add(&self, end: LooseEnd) {
        self.doubts().ends.push_back(Arc::new(end));
    }

    pub(super) fn lack_an_outcome(&self) -> bool {
        self.doubts().ends.iter().any(|end| matches!(**end, LooseEnd::Ended(..)))
    }

    fn all(&self) -> Vec<Arc<LooseEnd>> {
        self.doubts().ends.iter().cloned().collect()
    }

    fn remove(&self, tied: &Arc<LooseEnd>) {
        let mut doubts = self.doubts();
        doubts.ends.retain(|end| !Arc::ptr_eq(end, tied));
        if let LooseEnd::Begun(_, call) = &**tied {
            doubts.beginning.remove(&CallId::of(&call.claim));
        }
    }

    fn doubts(&self) -> MutexGuard<'_, Doubts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger {
    /// Whether a call waits for its outcome to be kept.
    pub(crate) fn lacks_an_outcome(&self) -> bool {
        self.loose.lack_an_outcome()
    }

    /// Ends what is in doubt: a call that may have begun is refused, one that may have ended is ended again. Where the store
    /// knew better, that stands.
    ///
    /// # Errors
    /// The first thing that a store said against it; what is not tied stays in doubt. With a store that does not answer that is
    /// the rest.
    pub(super) async fn tie_up(&self) -> Result<(), CallStoreError> {
        let mut all = Ok(());
        for end in self.loose.all() {
            self.stay().await?;
            let tied = match &*end {
                LooseEnd::Begun(epoch, call) => self.refuse(*epoch, call).await,
                LooseEnd::Ended(epoch, record, ended) => closed(self.end_again(*epoch, *record, ended).await),
            };
            match tied {
                Ok(()) => self.loose.remove(&end),
                Err(error @ (CallStoreError::Unavailable(_) | CallStoreError::Unconfirmed(_))) => {
                    return all.and(Err(error));
                }
                Err(error) => all = all.and(Err(error)),
            }
        }
        all
    }

    /// Ends a call that may have ended. Where its task was ended by itself meanwhile, nobody was told of this outcome, and it is
    /// unknown as the task says.
    async fn end_again(&self, epoch: Epoch, record: RecordHash, ended: &Ended) -> Result<(), CallStoreError> {
        let call = ended.outcome.call();
        match self.store.end(epoch, call, ended.clone()).await {
            Err(CallStoreError::NoTask) => {
                let outcome = self.sign(epoch, call, record, Outcome::Unknown);
                let unknown = Ended { outcome, binding: ended.binding.clone(), task: None };
                self.store.end(epoch, call, unknown).await
            }
            other => other,
        }
    }

    /// Refuses a call that may have begun in `epoch`. Beginning it once more, as a refusal, waits for a commit that is still
    /// under way.
    async fn refuse(&self, epoch: Epoch, call: &NewCall) -> Result<(), CallStoreError> {
        let id = CallId::of(&call.claim);
        let refused = |epoch| {
            let refused = Outcome::Refused(ErrorCode::StoreUnavailable);
            call.refused.clone().unwrap_or_else(|| self.sign(epoch, id, call.record.hash, refused))
        };
        let now = self.epoch();
        let again = NewCall { refused: Some(refused(now)), ..call.clone() };
        match self.store.begin(now, again).await {
            Err(CallStoreError::Spent) => {
                let ended = Ended { outcome: refused(epoch), binding: None, task: None };
                closed(self.store.end(epoch, id, ended).await)
            }
            // Also where this life is over: the proof is as fresh as before, and the next life refuses it.
            other => other,
        }
    }
}

/// A call that is not open is in nobody's hands: it never began, it ended, or whoever closed the life settles it.
fn closed(ended: Result<(), CallStoreError>) -> Result<(), CallStoreError> {
    match ended {
        Err(CallStoreError::NotOpen | CallStoreError::Fenced) => Ok(()),
        other => other,
    }
}
