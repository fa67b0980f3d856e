//! What the layer knows of a request and the gate needs, and the other way round.
//!
//! The SDK stands between the two and hands nothing through; but the gate runs in the task of its request.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;

use super::refusal::Refusal;
use crate::peer::{PeerError, PeerRequest};

tokio::task_local! {
    static INBOUND: Arc<Inbound>;
}

/// What the bytes of a request said about cA2A.
pub(super) type Read = Result<Option<PeerRequest>, PeerError>;

/// One request on its way.
#[derive(Default)]
pub(super) struct Inbound {
    /// What was read from the raw bytes; nothing on gRPC, where there are none.
    read: Mutex<Option<Read>>,
    /// Why the gate refused.
    refusal: Mutex<Option<Refusal>>,
    /// The tenant in the path (SDK defect 7).
    pub(super) tenant: Option<String>,
    /// The metadata in the body of a cancellation (SDK defect 7).
    pub(super) metadata: Option<HashMap<String, Value>>,
}

impl Inbound {
    pub(super) fn new(
        read: Option<Read>,
        tenant: Option<String>,
        metadata: Option<HashMap<String, Value>>,
    ) -> Self {
        Self { read: Mutex::new(read), refusal: Mutex::default(), tenant, metadata }
    }

    /// Serves `request` with this at hand.
    pub(super) async fn serve<F: Future>(self: &Arc<Self>, request: F) -> F::Output {
        INBOUND.scope(Arc::clone(self), request).await
    }

    /// What there is about the request at hand.
    pub(super) fn current() -> Option<Arc<Self>> {
        INBOUND.try_with(Arc::clone).ok()
    }

    pub(super) fn take_read(&self) -> Option<Read> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(super) fn refuse(&self, refusal: Refusal) {
        *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
    }

    pub(super) fn take_refusal(&self) -> Option<Refusal> {
        self.refusal.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
