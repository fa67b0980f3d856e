//! What the agent says, as our callers hear it: under our ids, and without a word of cA2A (GATE-24, GATE-25).

use a2a::{Message, StreamResponse, Task, TaskStatus};
use serde_json::{Map, Value};

use super::UpstreamError;
use crate::{a2a::wire::is_ca2a_key, peer::message::EXTENSION_URI};

/// How one task is called here and at the agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ids {
    /// The task here.
    pub(super) task: String,
    /// The context here.
    pub(super) context: String,
    /// The tenant that the agent is asked under.
    pub(super) tenant: Option<String>,
    /// The task at the agent, once it has named one.
    pub(super) theirs: Option<Theirs>,
}

/// A task and its context at the agent, and the tenant that it knows them under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Theirs {
    pub(super) task: String,
    pub(super) context: String,
    pub(super) tenant: Option<String>,
}

impl Theirs {
    /// What asks about the task.
    pub(super) fn params(&self) -> Map<String, Value> {
        let tenant = self.tenant.as_ref().map(|tenant| ("tenant".to_owned(), tenant.as_str().into()));
        [("id".to_owned(), self.task.as_str().into())].into_iter().chain(tenant).collect()
    }

    /// As a binding keeps it.
    pub(super) fn to_json(&self) -> String {
        serde_json::json!({ "context": self.context, "task": self.task, "tenant": self.tenant }).to_string()
    }

    /// As a binding kept it.
    pub(super) fn from_json(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let text = |name: &str| value.get(name)?.as_str().map(str::to_owned);
        Some(Self { task: text("task")?, context: text("context")?, tenant: text("tenant") })
    }
}

/// Takes everything of cA2A out of what an agent says, wherever metadata or a list of extensions may stand. What is in the
/// data of a part is the agent's own.
pub(super) fn strip(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(strip),
        Value::Object(members) => {
            clean(members);
            for (_, member) in
                members.iter_mut().filter(|(name, _)| !matches!(name.as_str(), "data" | "metadata"))
            {
                strip(member);
            }
        }
        _ => {}
    }
}

fn clean(members: &mut Map<String, Value>) {
    if let Some(Value::Object(metadata)) = members.get_mut("metadata") {
        metadata.retain(|key, _| !is_ca2a_key(key));
    }
    if let Some(Value::Array(uris)) = members.get_mut("extensions") {
        uris.retain(|uri| uri.as_str() != Some(EXTENSION_URI));
    }
}

impl Ids {
    /// Puts our ids into `event`. The first task that the agent names is the one that it has for this call.
    ///
    /// # Errors
    /// An event about another task.
    pub(super) fn rewrite(&mut self, event: &mut StreamResponse) -> Result<(), UpstreamError> {
        match event {
            StreamResponse::Task(task) => self.task(task),
            StreamResponse::Message(message) => {
                self.message(message);
                Ok(())
            }
            StreamResponse::StatusUpdate(update) => {
                self.same(&mut update.task_id, &mut update.context_id)?;
                self.status(&mut update.status);
                Ok(())
            }
            StreamResponse::ArtifactUpdate(update) => self.same(&mut update.task_id, &mut update.context_id),
        }
    }

    fn task(&mut self, task: &mut Task) -> Result<(), UpstreamError> {
        self.same(&mut task.id, &mut task.context_id)?;
        self.status(&mut task.status);
        // What was said is known here, and nobody else is asked what our caller said.
        task.history = None;
        Ok(())
    }

    fn same(&mut self, task: &mut String, context: &mut String) -> Result<(), UpstreamError> {
        if task.is_empty() {
            return Err(UpstreamError::Malformed("it names no task".to_owned()));
        }
        match &self.theirs {
            None => {
                let tenant = self.tenant.clone();
                self.theirs = Some(Theirs { task: task.clone(), context: context.clone(), tenant });
            }
            Some(known) if known.task == *task => {}
            Some(_) => return Err(UpstreamError::Malformed("it is about another task".to_owned())),
        }
        task.clone_from(&self.task);
        context.clone_from(&self.context);
        Ok(())
    }

    fn status(&self, status: &mut TaskStatus) {
        if let Some(message) = &mut status.message {
            self.message(message);
            message.task_id = Some(self.task.clone());
        }
    }

    fn message(&self, message: &mut Message) {
        message.role = a2a::Role::Agent;
        message.task_id = None;
        message.context_id = Some(self.context.clone());
        message.reference_task_ids = None;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]
mod tests {
    use serde_json::json;

    use super::*;

    fn ids() -> Ids {
        Ids { task: "ours".to_owned(), context: "our-context".to_owned(), tenant: None, theirs: None }
    }

    fn task(id: &str) -> StreamResponse {
        let task = json!({
            "task": {
                "id": id, "contextId": "their-context",
                "status": { "state": "TASK_STATE_WORKING", "message": {
                    "messageId": "m", "role": "ROLE_USER", "taskId": "other", "contextId": "other", "parts": [{ "text": "hi" }],
                } },
                "history": [{ "messageId": "forged", "role": "ROLE_USER", "parts": [{ "text": "forged" }] }],
            }
        });
        a2a_pb::protojson_conv::from_value(task).unwrap()
    }

    /// GATE-24
    #[test]
    fn a_caller_hears_its_own_ids() {
        let (mut ids, mut event) = (ids(), task("theirs"));
        ids.rewrite(&mut event).unwrap();
        let StreamResponse::Task(task) = &event else { panic!("it was a task") };
        let message = task.status.message.as_ref().unwrap();
        assert_eq!((task.id.as_str(), task.context_id.as_str()), ("ours", "our-context"));
        assert_eq!(message.task_id.as_deref(), Some("ours"));
        assert_eq!(message.context_id.as_deref(), Some("our-context"));
        assert_eq!(message.role, a2a::Role::Agent);
        assert_eq!(task.history, None);
        let theirs = ids.theirs.unwrap();
        assert_eq!(theirs.task, "theirs");
        assert_eq!(Theirs::from_json(&theirs.to_json()), Some(theirs));
        assert_eq!(Theirs::from_json("{}"), None);
    }

    /// GATE-85: what was kept without a tenant is read as before.
    #[test]
    fn a_task_keeps_its_tenant() {
        let old = Theirs::from_json(r#"{"context":"c","task":"t"}"#).unwrap();
        assert_eq!(old, Theirs { task: "t".to_owned(), context: "c".to_owned(), tenant: None });
        assert_eq!(Value::from(old.params()), json!({ "id": "t" }));
        let tenant = Theirs { tenant: Some("acme".to_owned()), ..old };
        assert_eq!(Value::from(tenant.params()), json!({ "id": "t", "tenant": "acme" }));
        assert_eq!(Theirs::from_json(&tenant.to_json()), Some(tenant));
    }

    /// GATE-24
    #[test]
    fn an_agent_that_changes_its_task_is_not_believed() {
        let mut ids = ids();
        ids.rewrite(&mut task("theirs")).unwrap();
        assert!(ids.rewrite(&mut task("another")).is_err());
        assert!(ids.rewrite(&mut task("")).is_err());
        ids.rewrite(&mut task("theirs")).unwrap();
    }

    /// GATE-25
    #[test]
    fn no_key_of_ours_comes_from_an_agent() {
        let key = format!("{EXTENSION_URI}/statement");
        let mut value = json!({
            "task": {
                "metadata": { &key: "forged", "other": 1 },
                "status": { "message": { "metadata": { &key: "forged" }, "extensions": [EXTENSION_URI, "x"] } },
                "artifacts": [{ "parts": [{ "metadata": { EXTENSION_URI: 1 }, "data": { "metadata": { &key: "kept" } } }] }],
            }
        });
        strip(&mut value);
        let text = value.to_string();
        assert!(!text.contains("forged"), "{text}");
        assert_eq!(value["task"]["metadata"], json!({ "other": 1 }));
        assert_eq!(value["task"]["status"]["message"]["extensions"], json!(["x"]));
        assert_eq!(value["task"]["artifacts"][0]["parts"][0]["metadata"], json!({}));
        assert_eq!(value["task"]["artifacts"][0]["parts"][0]["data"]["metadata"][&key], "kept");
    }
}
