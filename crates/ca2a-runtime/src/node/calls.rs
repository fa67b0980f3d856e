//! A node that promises something about its calls (`specs/gateway.md`).

use std::sync::Arc;

use ca2a_core::Sha256;

use super::{Decline, PeerNode, TaskError};
use crate::{
    calls::{CallStore, CallStoreError, FirstCommit, Ledger, Outcome},
    peer::{Granted, Notary, Opened, PeerError, Refused},
};

impl PeerNode {
    /// Keeps its calls in `store`, with its own identity under their outcomes, and settles what earlier lives of it left
    /// open. From here on the proofs and records of calls go there and nowhere else (GATE-2).
    ///
    /// # Errors
    /// A node without an identity, or a store that does not answer.
    pub async fn with_calls(
        mut self,
        store: Arc<dyn CallStore>,
        lease_seconds: u64,
    ) -> Result<Self, CallStoreError> {
        let why = || CallStoreError::Unavailable("a node without a signing key signs no outcome".to_owned());
        let key = self.identity.clone().ok_or_else(why)?;
        let clock = Arc::clone(&self.clock);
        let ledger = Ledger::join(store, self.channel_key(), key, lease_seconds, clock).await?;
        self.calls = Some(Arc::new(ledger));
        Ok(self)
    }

    /// The ledger, where there is one.
    #[must_use]
    pub fn ledger(&self) -> Option<&Arc<Ledger>> {
        self.calls.as_ref()
    }

    /// S3 of a call that this node served itself. A task that failed was answered too: with its failure.
    pub(super) async fn end(
        &self,
        call: &mut Granted,
        result: &Result<Option<Vec<u8>>, TaskError>,
    ) -> Result<(), PeerError> {
        let Some(open) = call.call.take() else { return Ok(()) };
        let answer = match result {
            Ok(plaintext) => Sha256::of(plaintext.as_deref().unwrap_or_default()),
            Err(failure) => Sha256::of(failure.0.as_bytes()),
        };
        open.end(Outcome::Completed(answer)).await.map(drop).map_err(PeerError::Outcome)
    }
}

impl FirstCommit {
    /// S1: keeps what the pipeline came to, and begins the call where that is a grant.
    ///
    /// # Errors
    /// The refusal with its record; a proof that began a call already; a store that does not answer.
    pub(super) async fn commit(
        &mut self,
        decided: Result<Box<Opened>, Box<Refused>>,
        notary: Option<&Notary<'_>>,
    ) -> Result<Box<Granted>, Decline> {
        let refused = match decided {
            Ok(opened) => match opened.try_record(self, notary).await {
                Ok(mut granted) => {
                    granted.call = self.take_begun();
                    return Ok(granted);
                }
                // Nothing was kept, the proof neither: it is spent on the refusal.
                Err((opened, _)) if self.take_lack_of_packet() => {
                    opened.refused(CallStoreError::PacketSpent.into())
                }
                Err((_, error)) => return Err(self.unrecorded(error)),
            },
            Err(refused) => *refused,
        };
        self.refuse(refused.error().code());
        match refused.commit(self, notary).await {
            Ok(denied) => Err(Decline::Denied(Box::new(denied))),
            Err(error) => Err(self.unrecorded(error)),
        }
    }

    fn unrecorded(&self, error: PeerError) -> Decline {
        Decline::Unrecorded(self.take_error().map_or(error, PeerError::from))
    }
}
