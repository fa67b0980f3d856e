//! What becomes of a task that perhaps another node works on, as the store shows it (A2A-37).

use std::sync::Arc;

use a2a::{StreamResponse, Task, TaskArtifactUpdateEvent, TaskStatusUpdateEvent};
use futures_util::{StreamExt as _, stream};

use super::{drive::Events, elsewhere::PAUSE, refused};
use crate::a2a::tasks::{Owner, TaskStore, is_final};

/// The changes of the task of `owner` after it stood as `seen`, up to its end. A task that is let go ends it, too.
pub(super) fn stream(tasks: Arc<dyn TaskStore>, owner: Owner, seen: Arc<Task>) -> Events {
    let looks = stream::unfold((tasks, Some(seen)), move |(tasks, seen)| async move {
        let seen = seen.filter(|seen| !is_final(&seen.status.state))?;
        tokio::time::sleep(PAUSE).await;
        match tasks.get(&owner, &seen.id).await {
            Ok(row) => {
                let task = row?.task;
                let events = changes(&seen, &task).into_iter().map(Ok).collect();
                Some((events, (tasks, Some(task))))
            }
            Err(error) => Some((vec![Err(refused(&error, &seen.id))], (tasks, None))),
        }
    });
    Box::pin(looks.flat_map(stream::iter))
}

/// What a follower is told who knows how the task stood before: artifacts whole, then the status.
fn changes(before: &Task, after: &Task) -> Vec<StreamResponse> {
    let known = before.artifacts.as_deref().unwrap_or_default();
    let artifacts = after.artifacts.iter().flatten().filter(|artifact| !known.contains(artifact));
    let artifacts = artifacts.map(|artifact| {
        StreamResponse::ArtifactUpdate(TaskArtifactUpdateEvent {
            task_id: after.id.clone(),
            context_id: after.context_id.clone(),
            artifact: artifact.clone(),
            append: Some(false),
            last_chunk: None,
            metadata: None,
        })
    });
    let status = (before.status != after.status).then(|| {
        StreamResponse::StatusUpdate(TaskStatusUpdateEvent {
            task_id: after.id.clone(),
            context_id: after.context_id.clone(),
            status: after.status.clone(),
            metadata: None,
        })
    });
    artifacts.chain(status).collect()
}

#[cfg(test)]
#[allow(clippy::panic, reason = "tests")]
mod tests {
    use a2a::{Artifact, Part, TaskState, TaskStatus};
    use ca2a_covers::covers;

    use super::*;

    fn task(state: TaskState, artifacts: &[(&str, &str)]) -> Task {
        let artifact = |(id, text): &(&str, &str)| Artifact {
            artifact_id: (*id).to_owned(),
            name: None,
            description: None,
            parts: vec![Part::text(*text)],
            metadata: None,
            extensions: None,
        };
        let status = TaskStatus { state, message: None, timestamp: None };
        let artifacts = Some(artifacts.iter().map(artifact).collect());
        Task { id: "t".into(), context_id: "c".into(), status, artifacts, history: None, metadata: None }
    }

    /// A2A-37
    #[test]
    fn who_knows_how_it_stood_is_told_what_is_new() {
        covers!(accept, "A2A-37");
        covers!(refuse, "A2A-37");
        let before = task(TaskState::Working, &[("a", "1")]);
        assert!(changes(&before, &before).is_empty());
        let told = changes(&before, &task(TaskState::Completed, &[("a", "1"), ("b", "2")]));
        let [StreamResponse::ArtifactUpdate(new), StreamResponse::StatusUpdate(end)] = &told[..] else {
            panic!("{told:?}")
        };
        assert_eq!((new.artifact.artifact_id.as_str(), &end.status.state), ("b", &TaskState::Completed));
        let grown = changes(&before, &task(TaskState::Working, &[("a", "1 and more")]));
        assert!(matches!(&grown[..], [StreamResponse::ArtifactUpdate(_)]), "{grown:?}");
    }
}
