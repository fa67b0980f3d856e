//! S1 as the pipeline sees it: a place to spend the proof and a place to keep the record, which are one commit.

use std::sync::{Arc, Mutex, PoisonError};

use ca2a_core::{Consumption, ErrorCode, ReplayClaim, ReplayError, ReplayStore};

use super::{CallId, CallStoreError, Epoch, Ledger, NewCall, OpenCall, Outcome, loose_ends::LooseEnd};
use crate::{
    sink::{Appended, RecordSink, SinkError, StoredRecord},
    to_its_end::to_its_end,
};

/// The first commit of one call. Nothing between the claim and the record changes anything, so the claim is only noted, and
/// spent in the commit that keeps the record (GATE-2).
pub(crate) struct FirstCommit {
    ledger: Arc<Ledger>,
    refused: Option<ErrorCode>,
    state: Mutex<State>,
    #[cfg(feature = "handoff")]
    packet: NotedPacket,
}

/// The packet that a call brought, noted like its proof.
#[cfg(feature = "handoff")]
#[derive(Default)]
struct NotedPacket(Mutex<Option<ReplayClaim>>);

#[derive(Default)]
struct State {
    claim: Option<ReplayClaim>,
    begun: Option<OpenCall>,
    error: Option<CallStoreError>,
}

impl FirstCommit {
    pub(crate) fn new(ledger: &Arc<Ledger>) -> Self {
        Self {
            ledger: Arc::clone(ledger),
            refused: None,
            state: Mutex::default(),
            #[cfg(feature = "handoff")]
            packet: NotedPacket::default(),
        }
    }

    /// The decision is a refusal: the commit that records it is also the last.
    pub(crate) fn refuse(&mut self, code: ErrorCode) {
        self.refused = Some(code);
    }

    /// Where the packet of a signed hop is spent: in the commit that begins the call, and only there (GATE-71).
    #[cfg(feature = "handoff")]
    pub(crate) fn packets(&self) -> &dyn ReplayStore {
        &self.packet
    }

    #[cfg(feature = "handoff")]
    fn packet(&self) -> Option<ReplayClaim> {
        *self.packet.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(not(feature = "handoff"))]
    fn packet(&self) -> Option<ReplayClaim> {
        None
    }

    /// Whether nothing was begun because the packet is spent: then the call can still be refused, with a record.
    pub(crate) fn take_lack_of_packet(&self) -> bool {
        self.state().error.take_if(|error| *error == CallStoreError::PacketSpent).is_some()
    }

    /// The call that was begun.
    pub(crate) fn take_begun(&self) -> Option<OpenCall> {
        self.state().begun.take()
    }

    /// Why it was not.
    pub(crate) fn take_error(&self) -> Option<CallStoreError> {
        self.state().error.take()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn begin(&self, record: StoredRecord) -> Result<(), SinkError> {
        let claim = self.state().claim;
        let claim = claim.ok_or_else(|| SinkError { reason: "no proof was claimed".to_owned() })?;
        let (id, hash, epoch) = (CallId::of(&claim), record.hash, self.ledger.epoch());
        let refused = self.refused.map(|code| self.ledger.sign(epoch, id, hash, Outcome::Refused(code)));
        // By itself: whoever waits may go away, and what is begun then is closed as nobody holds it (GATE-8).
        let call = NewCall { claim, packet: self.packet(), record, refused };
        let begun = begin(Arc::clone(&self.ledger), epoch, call);
        let lost = |_| Err(CallStoreError::Unconfirmed("the commit was given up".to_owned()));
        let begun = to_its_end(begun).await.unwrap_or_else(lost);
        let mut state = self.state();
        match begun {
            Ok(open) => {
                state.begun = open;
                Ok(())
            }
            Err(error) => {
                let reason = error.to_string();
                state.error = Some(error);
                Err(SinkError { reason })
            }
        }
    }
}

/// Begins a call. One that is refused is not open afterwards.
async fn begin(ledger: Arc<Ledger>, epoch: Epoch, call: NewCall) -> Result<Option<OpenCall>, CallStoreError> {
    let (id, record, dispatching) = (CallId::of(&call.claim), call.record.hash, call.refused.is_none());
    let beginning = ledger.loose.admit(id)?;
    let begun = ledger.store.begin(epoch, call.clone()).await;
    match &begun {
        Err(CallStoreError::Unconfirmed(_)) => beginning.leave(LooseEnd::Begun(epoch, Box::new(call))),
        _ => drop(beginning),
    }
    begun.map(|()| dispatching.then(|| OpenCall::new(ledger, epoch, id, record)))
}

impl ReplayStore for FirstCommit {
    fn consume(&self, claim: &ReplayClaim, _now: u64) -> Result<Consumption, ReplayError> {
        self.state().claim = Some(*claim);
        Ok(Consumption::Fresh)
    }
}

#[cfg(feature = "handoff")]
impl ReplayStore for NotedPacket {
    fn consume(&self, claim: &ReplayClaim, _now: u64) -> Result<Consumption, ReplayError> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(*claim);
        Ok(Consumption::Fresh)
    }
}

impl RecordSink for FirstCommit {
    fn append(&self, record: StoredRecord) -> Appended<'_> {
        Box::pin(self.begin(record))
    }
}
