//! The server's half: answers sealed to the reply key.

use a2a::{A2AError, Message, Role, SendMessageResponse, Task, TaskStatus};
use ca2a_core::{
    ChannelKey,
    canonical::ObjectWriter,
    encoding::{base64url, hex},
};
use ca2a_seal::hpke::{self, SealRandomness};
use serde_json::Value;
use std::collections::HashMap;
use zeroize::Zeroizing;

use super::{ReplySecret, placeholder, plaintext};
use crate::{
    a2a::wire,
    sealing::Binding,
    system::{OsRandom, random_bytes},
};

/// What an answer belongs to.
#[derive(Debug, Clone)]
pub(in crate::a2a) enum Bound {
    /// A call.
    Call(Binding),
    /// A request for a task, by the nonce of its proof.
    Read([u8; 16]),
}

impl Bound {
    /// The associated data of part `part` number `sequence` for `audience` (A2A-65).
    pub(super) fn associated(
        &self,
        audience: &ChannelKey,
        secret: &ReplySecret,
        part: &str,
        sequence: u64,
    ) -> Zeroizing<Vec<u8>> {
        let secret = secret.to_hex();
        Zeroizing::new(match self {
            Self::Call(binding) => binding.of_answer(audience, &secret, part, sequence),
            Self::Read(nonce) => ObjectWriter::new()
                .text("audience", &audience.to_string())
                .text("domain", "ca2a-a2a-read-v1")
                .text("nonce", &hex(nonce))
                .text("part", part)
                .text("reply_secret", &secret)
                .uint("sequence", sequence)
                .finish(),
        })
    }
}

/// Whom an answer is sealed to, and what it belongs to.
#[derive(Debug, Clone)]
pub(in crate::a2a) struct Reply {
    pub(in crate::a2a) key: ChannelKey,
    pub(in crate::a2a) secret: ReplySecret,
    pub(in crate::a2a) bound: Bound,
}

impl Reply {
    /// How a task that came sealed is shown to the request with `nonce`; `None` for one that did not.
    ///
    /// # Errors
    /// One that came sealed and was not kept so that it could be shown sealed. It is shown to nobody.
    pub(in crate::a2a) fn of_task(task: &Task, nonce: [u8; 16]) -> Result<Option<Self>, A2AError> {
        let said = |name: &str| task.metadata.as_ref().and_then(|metadata| metadata.get(name));
        let Some(key) = said(wire::REPLY_KEY) else { return Ok(None) };
        let key = key.as_str().and_then(|key| key.parse().ok());
        let secret = said(wire::REPLY_SECRET).and_then(Value::as_str).and_then(ReplySecret::from_hex);
        match (key, secret) {
            (Some(key), Some(secret)) => Ok(Some(Self { key, secret, bound: Bound::Read(nonce) })),
            _ => Err(A2AError::internal("the task came sealed, and what answers are sealed by was not kept")),
        }
    }

    pub(super) fn seal(&self, part: &str, sequence: u64, plaintext: &[u8]) -> Result<String, A2AError> {
        let failed = |error: &dyn ToString| A2AError::internal(error.to_string());
        let ikm = random_bytes(&OsRandom).map_err(|error| failed(&error))?;
        let associated = self.bound.associated(&self.key, &self.secret, part, sequence);
        let blob = hpke::seal_bound(&self.key, &associated, plaintext, SealRandomness { ikm });
        Ok(base64url(&blob.map_err(|error| failed(&error))?))
    }

    /// The answer to a message (A2A-64).
    pub(in crate::a2a) fn response(
        &self,
        response: &SendMessageResponse,
    ) -> Result<SendMessageResponse, A2AError> {
        let blob = self.seal("answer", 0, &plaintext(response)?)?;
        Ok(match response {
            SendMessageResponse::Task(task) => SendMessageResponse::Task(outer_task(task, blob)),
            SendMessageResponse::Message(message) => {
                SendMessageResponse::Message(outer_message(message, blob))
            }
        })
    }

    /// A task, the `place`-th of what was asked for.
    pub(in crate::a2a) fn task(&self, task: &Task, place: u64) -> Result<Task, A2AError> {
        Ok(outer_task(task, self.seal("task", place, &plaintext(task)?)?))
    }
}

/// What may be seen of a task: that there is one, how it stands, and what the node signed about the call.
pub(super) fn outer_task(task: &Task, blob: String) -> Task {
    Task {
        id: task.id.clone(),
        context_id: task.context_id.clone(),
        status: TaskStatus {
            state: task.status.state.clone(),
            message: None,
            timestamp: task.status.timestamp,
        },
        artifacts: None,
        history: None,
        metadata: Some(outer_metadata(task.metadata.as_ref(), blob)),
    }
}

pub(super) fn outer_message(message: &Message, blob: String) -> Message {
    let mut outer = Message::new(Role::Agent, vec![placeholder()]);
    outer.message_id.clone_from(&message.message_id);
    outer.task_id.clone_from(&message.task_id);
    outer.context_id.clone_from(&message.context_id);
    outer.metadata = Some(outer_metadata(message.metadata.as_ref(), blob));
    outer
}

fn outer_metadata(metadata: Option<&HashMap<String, Value>>, blob: String) -> HashMap<String, Value> {
    let shown = [wire::RECORD, wire::STATEMENT];
    let said = metadata.into_iter().flatten().filter(|(key, _)| shown.contains(&key.as_str()));
    let said = said.map(|(key, value)| (key.clone(), value.clone()));
    said.chain([(wire::SEALED_RESULT.to_owned(), blob.into())]).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use a2a::TaskState;
    use ca2a_covers::covers;
    use serde_json::json;

    use super::*;
    use crate::a2a::sealed::{AnswerOpener, ReplyKeys};

    fn task(metadata: Value) -> Task {
        let status = TaskStatus { state: TaskState::Completed, message: None, timestamp: None };
        let metadata = serde_json::from_value(metadata).unwrap();
        let (id, context_id) = ("t".to_owned(), "c".to_owned());
        Task { id, context_id, status, artifacts: None, history: None, metadata }
    }

    /// A2A-68: what came sealed is never shown otherwise.
    #[test]
    fn a_task_without_its_reply_secret_is_shown_to_nobody() {
        covers!(refuse, "A2A-68", "A2A-70");
        let key = "a".repeat(64);
        for metadata in [
            json!({ wire::REPLY_KEY: key }),
            json!({ wire::REPLY_KEY: key, wire::REPLY_SECRET: "a" }),
            json!({ wire::REPLY_KEY: 7, wire::REPLY_SECRET: key }),
        ] {
            Reply::of_task(&task(metadata), [0; 16]).unwrap_err();
        }
        assert!(Reply::of_task(&task(json!({})), [0; 16]).unwrap().is_none());
    }

    /// A2A-70: whoever reads an answer is not told what it was bound to.
    #[test]
    fn no_answer_tells_the_secret() {
        covers!(accept, "A2A-70");
        let keys = ReplyKeys::from_seed(&[1; 32]);
        let secret = keys.secret.to_hex();
        let task = task(json!({
            wire::REPLY_KEY: keys.channel.public().to_string(), wire::REPLY_SECRET: secret.as_str(), "own": "kept"
        }));
        let reply = Reply::of_task(&task, [2; 16]).unwrap().unwrap();
        assert!(!format!("{reply:?}").contains(secret.as_str()));
        let shown = reply.task(&task, 0).unwrap();
        let answer = reply.response(&SendMessageResponse::Task(task)).unwrap();
        let said = |task: &Task| task.metadata.clone().unwrap_or_default();
        let SendMessageResponse::Task(outer) = &answer else { panic!("a task was sealed") };
        assert!(
            !said(&shown).contains_key(wire::REPLY_SECRET) && !said(outer).contains_key(wire::REPLY_SECRET)
        );
        let inner = AnswerOpener::new(keys, Bound::Read([2; 16])).task(&shown, 0).unwrap();
        assert_eq!(said(&inner).get("own"), Some(&json!("kept")));
        assert!(!said(&inner).contains_key(wire::REPLY_SECRET));
        let response =
            AnswerOpener::new(ReplyKeys::from_seed(&[1; 32]), Bound::Read([2; 16])).response(&answer);
        let SendMessageResponse::Task(inner) = response.unwrap() else { panic!("a task was sealed") };
        assert!(!said(&inner).contains_key(wire::REPLY_SECRET));
    }
}
