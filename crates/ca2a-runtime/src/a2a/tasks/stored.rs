//! A task and what goes with it, as stores write them: JSON.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use a2a::{Artifact, Message, Part, Role, Task, TaskState, TaskStatus};
use ca2a_core::{CredentialDigest, VerifyingKey};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Owner, Provenance, TaskRow, TaskStoreError};
use crate::a2a::wire;

/// A row, and where in the records of its file that is which it says of its call, where it was not written with it.
pub(super) struct Stored {
    pub(super) row: TaskRow,
    pub(super) record: Option<u64>,
}

/// A row as a file has it; `T` is the task, or a reference to it.
#[derive(Serialize, Deserialize)]
struct Entry<T> {
    owner: Option<String>,
    provenance: Vec<Hop>,
    changed: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    record: Option<u64>,
    task: T,
}

/// A task without what its record says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rest<'t> {
    id: &'t str,
    context_id: &'t str,
    status: &'t TaskStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifacts: Option<&'t [Artifact]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<&'t [Message]>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    metadata: BTreeMap<&'t str, &'t Value>,
}

impl<'t> Rest<'t> {
    fn of(task: &'t Task) -> Self {
        let Task { id, context_id, status, artifacts, history, metadata } = task;
        let is_rest = |key: &str| ![wire::RECORD, wire::STATEMENT].contains(&key);
        let metadata = metadata.iter().flatten().map(|(key, value)| (key.as_str(), value));
        let metadata = metadata.filter(|(key, _)| is_rest(key)).collect();
        let (artifacts, history) = (artifacts.as_deref(), history.as_deref());
        Self { id, context_id, status, artifacts, history, metadata }
    }
}

/// The digest of a credential, as records write it, and its issuer, hex.
type Hop = (String, String);

/// A short message and its answer fit in.
const USUAL_LENGTH: usize = 2048;

/// The bytes of a row; with `record`, the place of what the task says of its call, without that.
pub(super) fn stored(row: &TaskRow, record: Option<u64>) -> Result<Vec<u8>, TaskStoreError> {
    let owner = match &row.owner {
        Owner::Holder(key) => Some(key.to_hex()),
        Owner::Anyone => None,
    };
    let (provenance, changed, task) = (hops(&row.provenance), row.changed, &*row.task);
    let mut bytes = Vec::with_capacity(USUAL_LENGTH);
    let written = match record {
        Some(_) => {
            let entry = Entry { owner, provenance, changed, record, task: Rest::of(task) };
            serde_json::to_writer(&mut bytes, &entry)
        }
        None => serde_json::to_writer(&mut bytes, &Entry { owner, provenance, changed, record, task }),
    };
    written.map_err(unavailable)?;
    Ok(bytes)
}

/// The row of these bytes.
pub(super) fn restored(bytes: &[u8]) -> Result<Stored, TaskStoreError> {
    let written: Entry<Task> = serde_json::from_slice(bytes).map_err(unavailable)?;
    let key = |text: &str| VerifyingKey::from_hex(text).map_err(unavailable);
    let owner = written.owner.as_deref().map(key).transpose()?.map_or(Owner::Anyone, Owner::Holder);
    let provenance = provenance(&written.provenance)?;
    let row = TaskRow { owner, provenance, task: Arc::new(written.task), changed: written.changed };
    Ok(Stored { row, record: written.record })
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
    use ca2a_core::{Sha256, SigningKey};
    use serde_json::json;

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
        let back = restored(&stored(&row, None).unwrap()).unwrap().row;
        assert_eq!((back.owner, back.provenance, back.changed), (row.owner, row.provenance, row.changed));
        assert_eq!(back.task.id, row.task.id);
    }

    /// A2A-33: with its record elsewhere a task is written as it is otherwise, but for what the record says.
    #[test]
    fn a_task_without_its_record_lacks_nothing_else() {
        let mut message = Message::new(Role::User, vec![Part::text("a"), Part::data(json!({ "n": 1 }))]);
        message.metadata = Some(HashMap::from([(wire::RECORD.to_owned(), "not the task's".into())]));
        let said = |keys: &[&str]| keys.iter().map(|key| ((*key).to_owned(), json!(*key))).collect();
        let artifact = Artifact {
            artifact_id: "x".to_owned(),
            name: Some("n".to_owned()),
            description: Some("d".to_owned()),
            parts: vec![Part::text("b")],
            metadata: Some(said(&["m"])),
            extensions: Some(vec!["e".to_owned()]),
        };
        let task = Task {
            id: "t".to_owned(),
            context_id: "c".to_owned(),
            status: TaskStatus {
                state: TaskState::InputRequired,
                message: Some(message.clone()),
                timestamp: wire::timestamp(1),
            },
            artifacts: Some(vec![artifact]),
            history: Some(vec![message]),
            metadata: Some(said(&[wire::RECORD, wire::STATEMENT, wire::REPLY_KEY, "other"])),
        };
        let row = |task: &Task| TaskRow {
            owner: Owner::Anyone,
            provenance: Provenance::default(),
            task: Arc::new(task.clone()),
            changed: 1,
        };
        let written = |task: &Task, record| stored(&row(task), record).unwrap();
        let Stored { row: whole, record: None } = restored(&written(&task, None)).unwrap() else { panic!() };
        assert_eq!(*whole.task, task);
        let Stored { row: rest, record: Some(7) } = restored(&written(&task, Some(7))).unwrap() else {
            panic!()
        };
        let mut lacking = task.clone();
        lacking
            .metadata
            .as_mut()
            .unwrap()
            .retain(|key, _| ![wire::RECORD, wire::STATEMENT].contains(&key.as_str()));
        assert_eq!(*rest.task, lacking);
        for bare in [None, Some(HashMap::new()), Some(said(&[wire::RECORD]))] {
            let task = Task { metadata: bare, artifacts: None, history: None, ..task.clone() };
            let text = |bytes: Vec<u8>| serde_json::from_slice::<Value>(&bytes).unwrap()["task"].take();
            let mut whole = text(written(&task, None));
            let members = whole.as_object_mut().unwrap();
            if task.metadata.is_some() {
                members.remove("metadata");
            }
            assert_eq!(text(written(&task, Some(7))), whole);
        }
    }
}
