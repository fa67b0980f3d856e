//! About how many bytes something takes, without writing it out.

use std::collections::HashMap;

use a2a::{Artifact, Message, Part, PartContent, StreamResponse, Task, TaskStatus};
use serde_json::Value;

/// What a value or a text takes beside what it holds, however little that is.
const NODE: usize = 32;

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
        StreamResponse::Message(said) => (message(said), None),
        StreamResponse::StatusUpdate(update) => (status(&update.status), update.metadata.as_ref()),
        StreamResponse::ArtifactUpdate(update) => (artifact(&update.artifact), update.metadata.as_ref()),
    };
    content.saturating_add(members(metadata)).saturating_add(256)
}

fn status(status: &TaskStatus) -> usize {
    status.message.as_ref().map_or(0, message)
}

fn message(message: &Message) -> usize {
    let parts: usize = message.parts.iter().map(part).sum();
    let ids = [text(message.task_id.as_ref()), text(message.context_id.as_ref()), message.message_id.len()];
    let lists = [texts(message.extensions.as_ref()), texts(message.reference_task_ids.as_ref())];
    ids.into_iter()
        .chain(lists)
        .chain([parts, members(message.metadata.as_ref())])
        .fold(256, usize::saturating_add)
}

fn artifact(artifact: &Artifact) -> usize {
    let parts: usize = artifact.parts.iter().map(part).sum();
    let said =
        [artifact.artifact_id.len(), text(artifact.name.as_ref()), text(artifact.description.as_ref())];
    let more = [texts(artifact.extensions.as_ref()), members(artifact.metadata.as_ref()), parts];
    said.into_iter().chain(more).fold(256, usize::saturating_add)
}

fn text(said: Option<&String>) -> usize {
    said.map_or(0, String::len)
}

fn texts(list: Option<&Vec<String>>) -> usize {
    list.into_iter().flatten().map(|item| item.len().saturating_add(NODE)).sum()
}

fn members(metadata: Option<&HashMap<String, Value>>) -> usize {
    metadata.into_iter().flatten().map(|(key, node)| member(key, node)).sum()
}

fn member(key: &str, node: &Value) -> usize {
    key.len().saturating_add(NODE).saturating_add(value(node))
}

fn part(part: &Part) -> usize {
    let content = match &part.content {
        PartContent::Text(text) | PartContent::Url(text) => text.len(),
        PartContent::Raw(bytes) => bytes.len(),
        PartContent::Data(data) => value(data),
    };
    let said =
        [text(part.filename.as_ref()), text(part.media_type.as_ref()), members(part.metadata.as_ref())];
    said.into_iter().chain([content]).fold(64, usize::saturating_add)
}

fn value(node: &Value) -> usize {
    let held = match node {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(value).sum(),
        Value::Object(members) => members.iter().map(|(name, node)| member(name, node)).sum(),
    };
    held.saturating_add(NODE)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use ca2a_covers::covers;
    use serde_json::json;

    use super::*;

    /// A2A-30: nothing is so small that any number of it weighs nothing.
    #[test]
    fn what_is_much_weighs_much() {
        covers!(refuse, "A2A-30");
        for item in [json!({}), json!([]), json!(""), json!(null), json!({"": null})] {
            let data = serde_json::Value::Array(vec![item; 10_000]);
            let said =
                json!({"message": {"messageId": "m", "role": "ROLE_AGENT", "parts": [{"data": data}]}});
            let said: StreamResponse = serde_json::from_value(said).unwrap();
            assert!(event(&said) >= 320_000, "{}", event(&said));
        }
    }

    /// Whatever an event says stands in one of its members, and is counted there.
    #[test]
    fn what_is_long_weighs_much() {
        let long = "x".repeat(100_000);
        let of_message = |member: &str, said: Value| {
            let mut message = json!({"messageId": "m", "role": "ROLE_AGENT", "parts": [{"text": "t"}]});
            message[member] = said;
            json!({ "message": message })
        };
        let of_artifact = |member: &str, said: Value| {
            let mut artifact = json!({"artifactId": "a", "parts": [{"text": "t"}]});
            artifact[member] = said;
            json!({"artifactUpdate": {"taskId": "t", "contextId": "c", "artifact": artifact}})
        };
        let message = json!({"messageId": "m", "role": "ROLE_AGENT", "parts": [{"text": long}]});
        let status = json!({"state": "TASK_STATE_WORKING", "message": message});
        let artifact = json!({"artifactId": "a", "parts": [{"data": {"long": [long]}}]});
        for said in [
            of_message("messageId", json!(long)),
            of_message("taskId", json!(long)),
            of_message("contextId", json!(long)),
            of_message("extensions", json!([long])),
            of_message("referenceTaskIds", json!([long])),
            of_message("metadata", json!({ "a": long })),
            of_message("parts", json!([{"text": "t", "filename": long}])),
            of_message("parts", json!([{"text": "t", "mediaType": long}])),
            of_message("parts", json!([{"text": "t", "metadata": {"a": {"b": long}}}])),
            of_artifact("artifactId", json!(long)),
            of_artifact("name", json!(long)),
            of_artifact("description", json!(long)),
            of_artifact("extensions", json!([long])),
            of_artifact("metadata", json!({ "a": long })),
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
