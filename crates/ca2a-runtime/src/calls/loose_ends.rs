//! What a store did not confirm, until it is known to have ended (GATE-43).

use std::sync::{Mutex, MutexGuard, PoisonError};

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
pub(super) struct LooseEnds(Mutex<Vec<LooseEnd>>);

impl LooseEnds {
    /// Refuses where there are too many already.
    pub(super) fn admit(&self) -> Result<(), CallStoreError> {
        if self.ends().len() < MOST {
            return Ok(());
        }
        Err(CallStoreError::Unavailable("too many calls wait for it to say what it kept".to_owned()))
    }

    pub(super) fn add(&self, end: LooseEnd) {
        self.ends().push(end);
    }

    fn ends(&self) -> MutexGuard<'_, Vec<LooseEnd>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger {
    /// Ends what is in doubt: a call that may have begun is refused, one that may have ended is ended again. Where the store
    /// knew better, that stands.
    ///
    /// # Errors
    /// A store that does not answer; then the rest stays in doubt.
    pub(super) async fn tie_up(&self) -> Result<(), CallStoreError> {
        loop {
            let Some(end) = self.loose.ends().pop() else { return Ok(()) };
            let tied = match &end {
                LooseEnd::Begun(epoch, call) => self.refuse(*epoch, call).await,
                LooseEnd::Ended(epoch, record, ended) => self.end_again(*epoch, *record, ended).await,
            };
            match tied {
                // Open in nobody's hands: it never began, it ended, or whoever closed the life settles it.
                Ok(()) | Err(CallStoreError::NotOpen | CallStoreError::Fenced) => {}
                Err(error) => {
                    self.loose.add(end);
                    return Err(error);
                }
            }
        }
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
                self.store.end(epoch, id, Ended { outcome: refused(epoch), binding: None, task: None }).await
            }
            other => other,
        }
    }
}
