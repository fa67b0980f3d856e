//! About how many bytes something takes, without writing it out.

use std::collections::HashMap;

use a2a::{Artifact, Message, Part, PartContent, StreamResponse, Task, TaskStatus};
use serde_json::Value;

/// Of a task.
pub(super) fn task(task: &Task) -> usize {
    let artifacts: usize = task.artifacts.iter().flatten().map(artifact).sum();
    let history: usize = task.history.iter().flatten().map(message).sum();
    [artifacts, history, members(task.metadata.as_ref()), status(&task.status)]
        .into_iter()
        .fold(512, usize::saturating_add)
}

/// Of what an agent says at one time.
pub(super) fn event(event: &StreamResponse) -> usize {
    let (content, metadata) = match event {
        StreamResponse::Task(whole) => (task(whole), None),
        StreamResponse::Message(said) => (message(said), said.metadata.as_ref()),
        StreamResponse::StatusUpdate(update) => (status(&update.status), update.metadata.as_ref()),
        StreamResponse::ArtifactUpdate(update) => (artifact(&update.artifact), update.metadata.as_ref()),
    };
    content.saturating_add(members(metadata)).saturating_add(256)
}

fn status(status: &TaskStatus) -> usize {
    status.message.as_ref().map_or(0, message)
}

fn message(message: &Message) -> usize {
    message.parts.iter().map(part).sum::<usize>().saturating_add(256)
}

fn artifact(artifact: &Artifact) -> usize {
    artifact.parts.iter().map(part).sum::<usize>().saturating_add(256)
}

fn members(metadata: Option<&HashMap<String, Value>>) -> usize {
    metadata.into_iter().flatten().map(|(key, node)| key.len().saturating_add(value(node))).sum()
}

fn part(part: &Part) -> usize {
    let content = match &part.content {
        PartContent::Text(text) | PartContent::Url(text) => text.len(),
        PartContent::Raw(bytes) => bytes.len(),
        PartContent::Data(data) => value(data),
    };
    content.saturating_add(64)
}

fn value(node: &Value) -> usize {
    match node {
        Value::Null | Value::Bool(_) | Value::Number(_) => 16,
        Value::String(text) => text.len().saturating_add(16),
        Value::Array(items) => items.iter().map(value).sum::<usize>().saturating_add(16),
        Value::Object(members) => {
            members.iter().map(|(name, node)| name.len().saturating_add(value(node))).sum()
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::json;

    use super::*;

    /// Whatever an event says stands in one of its members, and is counted there.
    #[test]
    fn what_is_long_weighs_much() {
        let long = "x".repeat(100_000);
        let message = json!({"messageId": "m", "role": "ROLE_AGENT", "parts": [{"text": long}]});
        let status = json!({"state": "TASK_STATE_WORKING", "message": message});
        let artifact = json!({"artifactId": "a", "parts": [{"data": {"long": [long]}}]});
        for said in [
            json!({ "message": message }),
            json!({"message": {"messageId": "m", "role": "ROLE_AGENT", "parts": [], "metadata": {"a": long}}}),
            json!({"statusUpdate": {"taskId": "t", "contextId": "c", "status": status}}),
            json!({"artifactUpdate": {"taskId": "t", "contextId": "c", "artifact": artifact}}),
            json!({"task": {"id": "t", "contextId": "c", "status": status}}),
            json!({"task": {"id": "t", "contextId": "c", "status": {"state": "TASK_STATE_WORKING"}, "artifacts": [artifact]}}),
        ] {
            let said: StreamResponse = serde_json::from_value(said).unwrap();
            let weight = event(&said);
            assert!((100_000..110_000).contains(&weight), "{weight}: {said:?}");
        }
    }
}
