//! Who is asking, from the gate of the server to the tasks that it owns.
//!
//! The SDK's handlers hand nothing of ours through, but they run in the task of their request; so the gate says who asks
//! and whoever keeps tasks must find it here. Where nobody said, nothing is kept and nothing is found (A2A-31).

use std::{collections::HashMap, sync::Arc};

use a2a::A2AError;
use ca2a_delegation::{Chain, RevocationSnapshot};
use serde_json::Value;

use super::{
    sealed::Reply,
    tasks::{Owner, Provenance},
};
use crate::{calls::OpenCall, peer::Granted};

tokio::task_local! {
    static CALLER: Arc<Caller>;
    static CALL: Option<Arc<OpenCall>>;
    static ACCEPTED: Vec<String>;
}

/// Lets `begin` find the call for which an agent is set to work, and what the caller accepts as output.
pub(super) fn on_behalf_of<T>(
    call: Option<Arc<OpenCall>>,
    accepted: Vec<String>,
    begin: impl FnOnce() -> T,
) -> T {
    CALL.sync_scope(call, || ACCEPTED.sync_scope(accepted, begin))
}

/// The media types that a caller accepts as output, while `execute` runs for its message; none where it named none.
#[cfg(feature = "gateway")]
pub(crate) fn accepted_output_modes() -> Vec<String> {
    ACCEPTED.try_with(Clone::clone).unwrap_or_default()
}

/// The call for which an [`AgentExecutor`](super::sdk::AgentExecutor) is set to work, while its `execute` runs; none where
/// the node keeps no ledger (GATE-3).
#[must_use]
pub fn call_at_hand() -> Option<Arc<OpenCall>> {
    CALL.try_with(Clone::clone).ok().flatten()
}

/// Who is asking.
#[derive(Debug)]
pub(super) struct Caller {
    /// Whose tasks the request may see and make.
    pub(super) owner: Owner,
    /// Under which credentials a task of the request is made.
    pub(super) provenance: Provenance,
    /// What a task of the request carries in its metadata.
    pub(super) attached: HashMap<String, Value>,
    /// What is revoked; a task made under such a credential is closed to its holder (A2A-46).
    pub(super) revocations: Option<Arc<RevocationSnapshot>>,
    /// The call that was granted, where the request is one.
    pub(super) granted: Option<Arc<Granted>>,
    /// The agent's own authority, where the caller sent some.
    pub(super) grant: Option<Chain>,
    /// Whom everything is sealed to that is answered, where the request came sealed.
    pub(super) reply: Option<Reply>,
    /// The call as the node's ledger has it, where there is one.
    pub(super) call: Option<Arc<OpenCall>>,
}

impl Caller {
    /// A caller without authority.
    pub(super) fn anyone() -> Self {
        Self::new(Owner::Anyone)
    }

    /// `owner`, who makes nothing under any credential.
    pub(super) fn new(owner: Owner) -> Self {
        Self {
            owner,
            provenance: Provenance::default(),
            attached: HashMap::new(),
            revocations: None,
            granted: None,
            grant: None,
            reply: None,
            call: None,
        }
    }

    /// Whether what was made under `provenance` is closed to this caller.
    pub(super) fn is_barred(&self, provenance: &Provenance) -> bool {
        self.revocations.as_ref().is_some_and(|snapshot| provenance.is_revoked(snapshot))
    }

    /// Runs `request` as this caller.
    pub(super) fn ask<F: Future>(self: Arc<Self>, request: F) -> impl Future<Output = F::Output> {
        CALLER.scope(self, request)
    }

    /// Who is asking.
    ///
    /// # Errors
    /// Where nobody said.
    pub(super) fn current() -> Result<Arc<Self>, A2AError> {
        CALLER.try_with(Arc::clone).map_err(|_| A2AError::internal("the request has no owner"))
    }
}
