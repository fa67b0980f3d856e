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

use super::{placeholder, plaintext};
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
    pub(super) fn associated(&self, audience: &ChannelKey, part: &str, sequence: u64) -> Vec<u8> {
        match self {
            Self::Call(binding) => binding.of_answer(audience, part, sequence),
            Self::Read(nonce) => ObjectWriter::new()
                .text("audience", &audience.to_string())
                .text("domain", "ca2a-a2a-read-v1")
                .text("nonce", &hex(nonce))
                .text("part", part)
                .uint("sequence", sequence)
                .finish(),
        }
    }
}

/// Whom an answer is sealed to, and what it belongs to.
#[derive(Debug, Clone)]
pub(in crate::a2a) struct Reply {
    pub(in crate::a2a) key: ChannelKey,
    pub(in crate::a2a) bound: Bound,
}

impl Reply {
    /// How a task that came sealed is shown to the request with `nonce`; `None` for one that did not.
    pub(in crate::a2a) fn of_task(task: &Task, nonce: [u8; 16]) -> Option<Self> {
        let key = task.metadata.as_ref()?.get(wire::REPLY_KEY)?.as_str()?.parse().ok()?;
        Some(Self { key, bound: Bound::Read(nonce) })
    }

    pub(super) fn seal(&self, part: &str, sequence: u64, plaintext: &[u8]) -> Result<String, A2AError> {
        let failed = |error: &dyn ToString| A2AError::internal(error.to_string());
        let ikm = random_bytes(&OsRandom).map_err(|error| failed(&error))?;
        let associated = self.bound.associated(&self.key, part, sequence);
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
