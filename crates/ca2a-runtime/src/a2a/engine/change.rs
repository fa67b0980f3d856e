//! What an event makes of a task.

use a2a::{
    A2AError, Message, Part, Role, StreamResponse, Task, TaskArtifactUpdateEvent, TaskState, TaskStatus,
};

use crate::a2a::wire::{is_ca2a_key, timestamp};

/// The task after `event`, which gets what it lacks: the time of its status, and in a whole task what only the server
/// knows. A message changes no task.
///
/// # Errors
/// An event about another task: `InvalidAgentResponse`.
pub(super) fn apply(task: &Task, event: &mut StreamResponse, now: u64) -> Result<Option<Task>, A2AError> {
    let ours = |id: &str, context: &str| {
        if id == task.id && context == task.context_id {
            Ok(())
        } else {
            Err(A2AError::invalid_agent_response())
        }
    };
    match event {
        StreamResponse::Message(_) => Ok(None),
        StreamResponse::Task(whole) => {
            ours(&whole.id, &whole.context_id)?;
            complete(whole, task);
            dated(&mut whole.status, now);
            Ok(Some(whole.clone()))
        }
        StreamResponse::StatusUpdate(update) => {
            ours(&update.task_id, &update.context_id)?;
            dated(&mut update.status, now);
            Ok(Some(Task { status: update.status.clone(), ..task.clone() }))
        }
        StreamResponse::ArtifactUpdate(update) => {
            ours(&update.task_id, &update.context_id)?;
            let mut task = task.clone();
            add(&mut task, update);
            Ok(Some(task))
        }
    }
}

/// Puts into an agent's view of a task what it need not repeat and what is not its to say.
fn complete(whole: &mut Task, known: &Task) {
    whole.history = whole.history.take().or_else(|| known.history.clone());
    whole.artifacts = whole.artifacts.take().or_else(|| known.artifacts.clone());
    let mut metadata = whole.metadata.take().unwrap_or_default();
    metadata.retain(|key, _| !is_ca2a_key(key));
    for (key, value) in known.metadata.iter().flatten().filter(|(key, _)| is_ca2a_key(key)) {
        metadata.insert(key.clone(), value.clone());
    }
    whole.metadata = (!metadata.is_empty()).then_some(metadata);
}

fn dated(status: &mut TaskStatus, now: u64) {
    status.timestamp = status.timestamp.or_else(|| timestamp(now));
}

fn add(task: &mut Task, update: &TaskArtifactUpdateEvent) {
    let artifacts = task.artifacts.get_or_insert_with(Vec::new);
    let known = artifacts.iter_mut().find(|artifact| artifact.artifact_id == update.artifact.artifact_id);
    match known {
        Some(artifact) if update.append.unwrap_or(false) => {
            artifact.parts.extend(update.artifact.parts.iter().cloned());
            if let Some(more) = &update.artifact.metadata {
                artifact.metadata.get_or_insert_default().extend(more.clone());
            }
        }
        Some(artifact) => *artifact = update.artifact.clone(),
        None => artifacts.push(update.artifact.clone()),
    }
}

/// How many bytes of a reason there are in the status of a task at most: with every task there is room for that.
const REASON: usize = 4 << 10;

fn shortened(why: &str) -> &str {
    match why.len() <= REASON {
        true => why,
        // A character has four bytes at most.
        false => (0..=REASON).rev().find_map(|end| why.get(..end)).unwrap_or_default(),
    }
}

/// The status of a task that ended otherwise than its agent said.
pub(super) fn ended(task: &Task, state: TaskState, why: &str, now: u64) -> TaskStatus {
    let mut message = Message::new(Role::Agent, vec![Part::text(shortened(why))]);
    message.task_id = Some(task.id.clone());
    message.context_id = Some(task.context_id.clone());
    TaskStatus { state, message: Some(message), timestamp: timestamp(now) }
}
