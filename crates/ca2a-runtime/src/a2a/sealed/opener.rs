//! The caller's half: answers opened with the secret behind the reply key.

use std::collections::HashMap;

use a2a::{SendMessageResponse, StreamResponse, Task};
use a2a_pb::protojson_conv::{self, ProtoJsonPayload};
use ca2a_core::{ErrorCode, encoding::from_base64url};
use ca2a_seal::{SealError, hpke};
use serde_json::Value;

use super::{ReplyKeys, reply::Bound};
use crate::a2a::wire;

/// Why an answer does not open.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// It is not sealed.
    #[error("the answer to a sealed message is not sealed")]
    Plain,
    /// It does not open.
    #[error("the sealed answer does not open: {0}")]
    Seal(#[from] SealError),
    /// What was sealed is no answer.
    #[error("what is sealed is no answer: {0}")]
    NoAnswer(String),
    /// The task outside is another than inside.
    #[error("the sealed answer is about another task than it says outside")]
    OtherTask,
    /// The stream ended before its sealed end.
    #[error("the stream ended before its sealed end: events may be missing")]
    Truncated,
}

impl OpenError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        ErrorCode::SealedChannelError
    }
}

/// Opens the answers to one request.
#[derive(Debug)]
pub(in crate::a2a) struct AnswerOpener {
    keys: ReplyKeys,
    bound: Bound,
    events: u64,
    ended: bool,
}

impl AnswerOpener {
    pub(in crate::a2a) fn new(keys: ReplyKeys, bound: Bound) -> Self {
        Self { keys, bound, events: 0, ended: false }
    }

    /// The answer to a message.
    pub(in crate::a2a) fn response(
        &self,
        outer: &SendMessageResponse,
    ) -> Result<SendMessageResponse, OpenError> {
        let (metadata, outer_id) = match outer {
            SendMessageResponse::Task(task) => (&task.metadata, Some(&task.id)),
            SendMessageResponse::Message(message) => (&message.metadata, None),
        };
        let inner: SendMessageResponse = self.open(metadata.as_ref(), "answer", 0)?;
        let inner_id = match &inner {
            SendMessageResponse::Task(task) => Some(&task.id),
            SendMessageResponse::Message(_) => None,
        };
        if outer_id == inner_id { Ok(inner) } else { Err(OpenError::OtherTask) }
    }

    /// A task, the `place`-th of what was asked for.
    pub(in crate::a2a) fn task(&self, outer: &Task, place: u64) -> Result<Task, OpenError> {
        let inner: Task = self.open(outer.metadata.as_ref(), "task", place)?;
        if inner.id == outer.id { Ok(inner) } else { Err(OpenError::OtherTask) }
    }

    /// The next event of a stream; `None` for one that says no more than that the stream ends.
    pub(in crate::a2a) fn event(
        &mut self,
        outer: &StreamResponse,
    ) -> Result<Option<StreamResponse>, OpenError> {
        let (metadata, outer_id) = about(outer);
        let metadata = metadata.ok_or(OpenError::Plain)?;
        let sealed_end = metadata.get(wire::SEALED_END);
        let inner = match metadata.get(wire::SEALED_RESULT) {
            Some(_) if self.ended => return Err(OpenError::NoAnswer("an event after the end".to_owned())),
            Some(_) => {
                let inner: StreamResponse = self.open(Some(metadata), "event", self.events)?;
                self.events = self.events.saturating_add(1);
                if let (StreamResponse::Message(_), _) | (_, None) = (&inner, outer_id) {
                } else if about(&inner).1 != outer_id {
                    return Err(OpenError::OtherTask);
                }
                Some(inner)
            }
            None if sealed_end.is_some() => None,
            None => return Err(OpenError::Plain),
        };
        if let Some(end) = sealed_end {
            self.unseal(end, "end", self.events)?;
            self.ended = true;
        }
        Ok(inner)
    }

    /// The stream ended.
    ///
    /// # Errors
    /// [`OpenError::Truncated`] where its sealed end did not come.
    pub(in crate::a2a) fn finish(&self) -> Result<(), OpenError> {
        if self.ended { Ok(()) } else { Err(OpenError::Truncated) }
    }

    fn open<T: ProtoJsonPayload>(
        &self,
        metadata: Option<&HashMap<String, Value>>,
        part: &str,
        sequence: u64,
    ) -> Result<T, OpenError> {
        let blob = metadata.and_then(|metadata| metadata.get(wire::SEALED_RESULT)).ok_or(OpenError::Plain)?;
        let plaintext = self.unseal(blob, part, sequence)?;
        let value =
            serde_json::from_slice(&plaintext).map_err(|error| OpenError::NoAnswer(error.to_string()))?;
        protojson_conv::from_value(value).map_err(|error| OpenError::NoAnswer(error.to_string()))
    }

    fn unseal(&self, blob: &Value, part: &str, sequence: u64) -> Result<Vec<u8>, OpenError> {
        let text = blob.as_str().ok_or(OpenError::Plain)?;
        let blob = from_base64url(text).map_err(|error| OpenError::NoAnswer(error.to_string()))?;
        let ReplyKeys { channel, secret } = &self.keys;
        let associated = self.bound.associated(&channel.public(), secret, part, sequence);
        Ok(hpke::open_bound(channel, &associated, &blob)?)
    }
}

fn about(event: &StreamResponse) -> (Option<&HashMap<String, Value>>, Option<&str>) {
    match event {
        StreamResponse::Task(task) => (task.metadata.as_ref(), Some(&task.id)),
        StreamResponse::Message(message) => (message.metadata.as_ref(), None),
        StreamResponse::StatusUpdate(update) => (update.metadata.as_ref(), Some(&update.task_id)),
        StreamResponse::ArtifactUpdate(update) => (update.metadata.as_ref(), Some(&update.task_id)),
    }
}
