//! A task and whose it is.

use std::sync::Arc;

use a2a::{Task, TaskState};
use ca2a_core::{CredentialDigest, VerifyingKey};
use ca2a_delegation::{RevocationSnapshot, VerifiedChain};

/// Whose a task is (A2A-31).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// The holder under whose credential it was made: the leaf's subject.
    Holder(VerifyingKey),
    /// Everybody who comes without authority, at a server that serves such callers.
    Anyone,
}

/// The credentials under which a task was made, root first: what a later revocation may name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Provenance(pub(super) Arc<[(CredentialDigest, VerifyingKey)]>);

impl From<&VerifiedChain> for Provenance {
    fn from(chain: &VerifiedChain) -> Self {
        Self(chain.hops().iter().map(|hop| (hop.digest(), *hop.issuer())).collect())
    }
}

impl Provenance {
    /// Whether a statement of `snapshot` names one of the credentials and is by its issuer or one above (REV-6).
    #[must_use]
    pub fn is_revoked(&self, snapshot: &RevocationSnapshot) -> bool {
        snapshot.statements().iter().any(|statement| {
            let named = self.0.iter().position(|(digest, _)| *digest == statement.revoked());
            named.is_some_and(|hop| {
                self.0.iter().take(hop.saturating_add(1)).any(|(_, issuer)| issuer == statement.revoker())
            })
        })
    }
}

/// A task and whose it is.
#[derive(Debug, Clone)]
pub struct TaskRow {
    /// Whose.
    pub owner: Owner,
    /// Under which credentials it was made.
    pub provenance: Provenance,
    /// The task.
    pub task: Arc<Task>,
    /// When it changed last, in Unix milliseconds.
    pub changed: u64,
}

/// Whether a task in this state has ended for good.
pub(in crate::a2a) fn is_final(state: &TaskState) -> bool {
    state.is_terminal()
}

/// Whether a task in this state waits for its client.
pub(in crate::a2a) fn is_interrupted(state: &TaskState) -> bool {
    matches!(state, TaskState::InputRequired | TaskState::AuthRequired)
}

/// Whether an agent works on a task in this state: it has neither ended nor waits for its client.
pub(in crate::a2a) fn is_at_work(state: &TaskState) -> bool {
    !is_final(state) && !is_interrupted(state)
}
