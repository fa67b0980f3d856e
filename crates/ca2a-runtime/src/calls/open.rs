//! A call between S1 and S3.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use ca2a_core::{ErrorCode, RecordHash};
use tokio::{runtime::Handle, sync::Mutex as Turn};

use super::{
    Binding, CallId, CallStoreError, Ended, Epoch, Ledger, Outcome, SignedOutcome, TaskChange,
    loose_ends::LooseEnd, rest::AtWork,
};

/// How far a call is towards its end.
#[derive(Default)]
enum End {
    /// Nobody has ended it.
    #[default]
    Open,
    /// The store did not confirm its end, for this reason. The ledger ends it again, and nobody else does: another outcome
    /// might come before the one that was meant.
    InDoubt(CallStoreError),
    /// It has its outcome.
    Ended(SignedOutcome),
}

/// A call that was begun and has no outcome yet. Whoever lets go of it without one gives it one all the same: refused where
/// nothing was handed on, else unknown (GATE-8).
pub struct OpenCall {
    ledger: Arc<Ledger>,
    epoch: Epoch,
    id: CallId,
    record: RecordHash,
    handed_on: AtomicBool,
    binding: Mutex<Option<Binding>>,
    end: Turn<End>,
    /// Until its end is written, however it is let go of.
    at_work: Option<AtWork>,
}

impl fmt::Debug for OpenCall {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("OpenCall").field("id", &self.id).finish_non_exhaustive()
    }
}

impl OpenCall {
    pub(super) fn new(ledger: Arc<Ledger>, epoch: Epoch, id: CallId, record: RecordHash) -> Self {
        Self {
            at_work: Some(AtWork::at(&ledger)),
            ledger,
            epoch,
            id,
            record,
            handed_on: AtomicBool::new(false),
            binding: Mutex::default(),
            end: Turn::default(),
        }
    }

    /// Which call.
    #[must_use]
    pub fn id(&self) -> CallId {
        self.id
    }

    /// Says that S2 begins: from here on the call may have had an effect.
    pub fn hand_on(&self) {
        self.handed_on.store(true, Ordering::SeqCst);
    }

    /// Says that nothing of the call reached anybody after all.
    pub fn take_back(&self) {
        self.handed_on.store(false, Ordering::SeqCst);
    }

    /// Whether S2 began.
    #[must_use]
    pub fn was_handed_on(&self) -> bool {
        self.handed_on.load(Ordering::SeqCst)
    }

    /// Remembers what the task of the call is elsewhere; it is kept with the outcome.
    pub fn bind(&self, binding: Binding) {
        *self.binding.lock().unwrap_or_else(PoisonError::into_inner) = Some(binding);
    }

    /// What the task `task` of ours is elsewhere.
    ///
    /// # Errors
    /// A store that does not answer.
    pub async fn binding(&self, task: &str) -> Result<Option<String>, CallStoreError> {
        self.ledger.store.binding(task).await
    }

    /// S3. Whoever comes second gets the outcome that stands.
    ///
    /// # Errors
    /// A store that does not answer; what it kept is unknown then, and so is the outcome.
    pub async fn end(&self, outcome: Outcome) -> Result<SignedOutcome, CallStoreError> {
        self.end_with(outcome, |_| Ok(None)).await
    }

    /// S3 in one commit with what the signed outcome makes of the task of the call. Whoever comes second gets the outcome that
    /// stands, and is not asked for the task; while nobody knows whether one does, what the store said.
    ///
    /// # Errors
    /// Those of [`Self::end`], and those of `task`, after which the call is open as before.
    pub async fn end_with<E: From<CallStoreError>>(
        &self,
        outcome: Outcome,
        task: impl FnOnce(&SignedOutcome) -> Result<Option<TaskChange>, E>,
    ) -> Result<SignedOutcome, E> {
        let mut end = self.end.lock().await;
        match &*end {
            End::Open => {}
            End::InDoubt(error) => return Err(error.clone().into()),
            End::Ended(signed) => return Ok(signed.clone()),
        }
        let signed = self.ledger.sign(self.epoch, self.id, self.record, outcome);
        let task = task(&signed)?;
        let binding = self.binding.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let ended = Ended { outcome: signed.clone(), binding, task };
        let done = close(&self.ledger, self.epoch, self.record, ended).await;
        match &done {
            Ok(()) => *end = End::Ended(signed.clone()),
            Err(error) if is_in_doubt(error) => *end = End::InDoubt(error.clone()),
            Err(_) => {}
        }
        done?;
        Ok(signed)
    }

    /// S3 for a call that came to nothing: refused with `code` where nothing was handed on, else unknown.
    ///
    /// # Errors
    /// Those of [`Self::end`].
    pub async fn abandon(&self, code: ErrorCode) -> Result<SignedOutcome, CallStoreError> {
        self.end(self.without_answer(code)).await
    }

    /// What it comes to without an answer: refused with `code` where nothing was handed on, else unknown.
    pub(crate) fn without_answer(&self, code: ErrorCode) -> Outcome {
        if self.was_handed_on() { Outcome::Unknown } else { Outcome::Refused(code) }
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        if !matches!(self.end.get_mut(), End::Open) {
            return;
        }
        // Without a runtime nobody can write; the lease ends, and the call is settled then.
        let Ok(runtime) = Handle::try_current() else { return };
        let nothing = self.without_answer(ErrorCode::Ca2aError);
        let outcome = self.ledger.sign(self.epoch, self.id, self.record, nothing);
        let binding = self.binding.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        let (ledger, epoch, record) = (Arc::clone(&self.ledger), self.epoch, self.record);
        let ended = Ended { outcome, binding, task: None };
        let at_work = self.at_work.take();
        runtime.spawn(async move {
            let _ = close(&ledger, epoch, record, ended).await;
            drop(at_work);
        });
    }
}

/// S3. Where the store does not confirm it, it is done again later: the first outcome that the store has stands (GATE-43).
async fn close(
    ledger: &Ledger,
    epoch: Epoch,
    record: RecordHash,
    ended: Ended,
) -> Result<(), CallStoreError> {
    let call = ended.outcome.call();
    let done = ledger.store.end(epoch, call, ended.clone()).await;
    if done.as_ref().is_err_and(is_in_doubt) {
        ledger.loose.add(LooseEnd::Ended(epoch, record, Box::new(ended)));
    }
    done
}

/// Whether a store that says `error` may have ended the call, or will once it is asked again.
fn is_in_doubt(error: &CallStoreError) -> bool {
    matches!(error, CallStoreError::Unavailable(_) | CallStoreError::Unconfirmed(_))
}
