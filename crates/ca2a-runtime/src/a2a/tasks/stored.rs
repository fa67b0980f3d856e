//! A task and what goes with it, as stores write them: JSON.

use std::{collections::HashMap, sync::Arc};

use a2a::{Message, Part, Role, Task, TaskState};
use ca2a_core::{CredentialDigest, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::{Owner, Provenance, TaskRow, TaskStoreError};
use crate::a2a::wire;

/// A row as a file has it; `T` is the task, or a reference to it.
#[derive(Serialize, Deserialize)]
struct Stored<T> {
    owner: Option<String>,
    provenance: Vec<Hop>,
    changed: u64,
    task: T,
}

/// The digest of a credential, as records write it, and its issuer, hex.
type Hop = (String, String);

/// The bytes of a row.
pub(super) fn stored(row: &TaskRow) -> Result<Vec<u8>, TaskStoreError> {
    let owner = match &row.owner {
        Owner::Holder(key) => Some(key.to_hex()),
        Owner::Anyone => None,
    };
    let stored = Stored { owner, provenance: hops(&row.provenance), changed: row.changed, task: &*row.task };
    serde_json::to_vec(&stored).map_err(unavailable)
}

/// The row of these bytes.
pub(super) fn restored(bytes: &[u8]) -> Result<TaskRow, TaskStoreError> {
    let stored: Stored<Task> = serde_json::from_slice(bytes).map_err(unavailable)?;
    let key = |text: &str| VerifyingKey::from_hex(text).map_err(unavailable);
    let owner = stored.owner.as_deref().map(key).transpose()?.map_or(Owner::Anyone, Owner::Holder);
    let provenance = provenance(&stored.provenance)?;
    Ok(TaskRow { owner, provenance, task: Arc::new(stored.task), changed: stored.changed })
}

pub(super) fn hops(provenance: &Provenance) -> Vec<Hop> {
    provenance.0.iter().map(|(digest, issuer)| (digest.to_string(), issuer.to_hex())).collect()
}

pub(super) fn provenance(hops: &[Hop]) -> Result<Provenance, TaskStoreError> {
    let mut provenance = Vec::with_capacity(hops.len());
    for (digest, issuer) in hops {
        let issuer = VerifyingKey::from_hex(issuer).map_err(unavailable)?;
        provenance.push((digest.parse::<CredentialDigest>().map_err(unavailable)?, issuer));
    }
    Ok(Provenance(provenance.into()))
}

/// Ends a task whose process ended before it did (A2A-34).
pub(super) fn abandon(task: &mut Task, now: u64) {
    let mut message = Message::new(Role::Agent, vec![Part::text(wire::OUTCOME_UNKNOWN_TEXT)]);
    message.task_id = Some(task.id.clone());
    message.context_id = Some(task.context_id.clone());
    message.metadata = Some(HashMap::from([(wire::OUTCOME.to_owned(), wire::OUTCOME_UNKNOWN.into())]));
    task.status.state = TaskState::Failed;
    task.status.message = Some(message);
    task.status.timestamp = wire::timestamp(now);
}

pub(super) fn unavailable(error: impl ToString) -> TaskStoreError {
    TaskStoreError::Unavailable(error.to_string())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use a2a::TaskStatus;
    use ca2a_core::{Sha256, SigningKey};

    use super::*;

    /// A2A-33, A2A-46: what a task was made under is there after a restart, since it may be revoked by then.
    #[test]
    fn a_row_comes_back_as_it_was() {
        let key = SigningKey::from_seed(&[1; 32]).verifying_key();
        let provenance = Provenance([(CredentialDigest(Sha256::of(b"a")), key)].into());
        let status = TaskStatus { state: TaskState::Working, message: None, timestamp: None };
        let (id, context_id) = ("t".to_owned(), "c".to_owned());
        let task = Task { id, context_id, status, artifacts: None, history: None, metadata: None };
        let row = TaskRow { owner: Owner::Holder(key), provenance, task: Arc::new(task), changed: 7 };
        let back = restored(&stored(&row).unwrap()).unwrap();
        assert_eq!((back.owner, back.provenance, back.changed), (row.owner, row.provenance, row.changed));
        assert_eq!(back.task.id, row.task.id);
    }
}
