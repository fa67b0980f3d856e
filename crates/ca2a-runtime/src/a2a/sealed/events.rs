//! Events sealed one by one, and the end that shows that none is missing (A2A-66).

use std::collections::HashMap;

use a2a::{A2AError, Message, Role, StreamResponse, TaskState, TaskStatus, TaskStatusUpdateEvent};
use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};
use serde_json::Value;

use super::{
    placeholder, plaintext,
    reply::{Reply, outer_message, outer_task},
};
use crate::a2a::{tasks::is_final, wire};

type Events = BoxStream<'static, Result<StreamResponse, A2AError>>;

/// Seals a stream. An error ends it without the sealed end, and so does a connection that breaks.
pub(in crate::a2a) fn seal_stream(events: Events, reply: Reply) -> Events {
    let sealer = Sealer { reply, sequence: 0, about: None, ended: false };
    Box::pin(stream::unfold((events, Some(sealer)), |(mut events, sealer)| async move {
        let mut sealer = sealer?;
        match events.next().await {
            Some(Ok(event)) => match sealer.seal(&event) {
                Ok(event) => Some((Ok(event), (events, Some(sealer)))),
                Err(error) => Some((Err(error), (events, None))),
            },
            Some(Err(error)) => Some((Err(error), (events, None))),
            None => sealer.end().map(|end| (end, (events, None))),
        }
    }))
}

struct Sealer {
    reply: Reply,
    /// Events so far.
    sequence: u64,
    /// The task, its context and how it stands.
    about: Option<(String, String, TaskState)>,
    ended: bool,
}

impl Sealer {
    fn seal(&mut self, event: &StreamResponse) -> Result<StreamResponse, A2AError> {
        let blob = self.reply.seal("event", self.sequence, &plaintext(event)?)?;
        self.sequence = self.sequence.saturating_add(1);
        let mut outer = match event {
            StreamResponse::Task(task) => {
                self.about = Some((task.id.clone(), task.context_id.clone(), task.status.state.clone()));
                StreamResponse::Task(outer_task(task, blob))
            }
            StreamResponse::Message(message) => StreamResponse::Message(outer_message(message, blob)),
            StreamResponse::StatusUpdate(update) => {
                let state = update.status.state.clone();
                self.about = Some((update.task_id.clone(), update.context_id.clone(), state));
                self.status(Some(blob))
            }
            StreamResponse::ArtifactUpdate(update) => {
                let state = self.about.take().map_or(TaskState::Working, |(_, _, state)| state);
                self.about = Some((update.task_id.clone(), update.context_id.clone(), state));
                self.status(Some(blob))
            }
        };
        let is_last = match event {
            StreamResponse::Message(_) => true,
            _ => self.about.as_ref().is_some_and(|(_, _, state)| is_final(state)),
        };
        if is_last && !self.ended {
            self.ended = true;
            metadata(&mut outer).insert(wire::SEALED_END.to_owned(), self.mark()?.into());
        }
        Ok(outer)
    }

    /// The end of a stream whose last event did not show that it is the last.
    fn end(mut self) -> Option<Result<StreamResponse, A2AError>> {
        if self.ended || self.about.is_none() {
            return None;
        }
        self.ended = true;
        Some(self.mark().map(|mark| {
            let mut outer = self.status(None);
            metadata(&mut outer).insert(wire::SEALED_END.to_owned(), mark.into());
            outer
        }))
    }

    fn mark(&self) -> Result<String, A2AError> {
        self.reply.seal("end", self.sequence, b"")
    }

    /// How the task stands, and nothing else to be read.
    fn status(&self, blob: Option<String>) -> StreamResponse {
        let Some((task_id, context_id, state)) = self.about.clone() else {
            return StreamResponse::Message(Message::new(Role::Agent, vec![placeholder()]));
        };
        let sealed = blob.map(|blob| (wire::SEALED_RESULT.to_owned(), Value::String(blob)));
        StreamResponse::StatusUpdate(TaskStatusUpdateEvent {
            task_id,
            context_id,
            status: TaskStatus { state, message: None, timestamp: None },
            metadata: Some(sealed.into_iter().collect()),
        })
    }
}

fn metadata(event: &mut StreamResponse) -> &mut HashMap<String, Value> {
    match event {
        StreamResponse::Task(task) => &mut task.metadata,
        StreamResponse::Message(message) => &mut message.metadata,
        StreamResponse::StatusUpdate(update) => &mut update.metadata,
        StreamResponse::ArtifactUpdate(update) => &mut update.metadata,
    }
    .get_or_insert_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::a2a::sealed::{AnswerOpener, Bound, ReplyKeys};
    use ca2a_covers::covers;

    fn update(state: TaskState) -> StreamResponse {
        let (task_id, context_id) = ("t".to_owned(), "c".to_owned());
        let status = TaskStatus { state, message: None, timestamp: None };
        StreamResponse::StatusUpdate(TaskStatusUpdateEvent { task_id, context_id, status, metadata: None })
    }

    async fn sealed(states: &[TaskState]) -> Vec<StreamResponse> {
        let ReplyKeys { channel, secret } = ReplyKeys::from_seed(&[1; 32]);
        let events: Vec<_> = states.iter().map(|state| Ok(update(state.clone()))).collect();
        let reply = Reply { key: channel.public(), secret, bound: Bound::Read([2; 16]) };
        seal_stream(Box::pin(stream::iter(events)), reply).map(Result::unwrap).collect().await
    }

    fn opened(events: &[StreamResponse], nonce: u8) -> Result<usize, String> {
        opened_by(ReplyKeys::from_seed(&[1; 32]), events, nonce)
    }

    fn opened_by(keys: ReplyKeys, events: &[StreamResponse], nonce: u8) -> Result<usize, String> {
        let mut opener = AnswerOpener::new(keys, Bound::Read([nonce; 16]));
        let mut count = 0_usize;
        for event in events {
            let inner = opener.event(event).map_err(|error| error.to_string())?;
            count = count.saturating_add(usize::from(inner.is_some()));
        }
        opener.finish().map(|()| count).map_err(|error| error.to_string())
    }

    /// A2A-66
    #[tokio::test]
    async fn what_is_missing_from_a_stream_shows() {
        covers!(accept, "A2A-66");
        covers!(refuse, "A2A-66", "A2A-68", "A2A-70", "A2A-111");
        use TaskState::{Completed, InputRequired, Working};
        for (states, outside) in
            [(vec![Working, Working, Completed], 3_usize), (vec![Working, Working, InputRequired], 4)]
        {
            let events = sealed(&states).await;
            assert_eq!(events.len(), outside);
            assert_eq!(opened(&events, 2), Ok(3));
            for cut in 0..events.len() {
                assert!(opened(events.get(..cut).unwrap(), 2).is_err(), "cut at {cut}");
                let mut without = events.clone();
                without.remove(cut);
                assert!(opened(&without, 2).is_err(), "without {cut}");
            }
            let mut swapped = events.clone();
            swapped.swap(0, 1);
            assert!(opened(&swapped, 2).is_err());
            let mut twice = events.clone();
            twice.insert(1, events.first().unwrap().clone());
            assert!(opened(&twice, 2).is_err());
            // The answer to another request, and one in the clear.
            assert!(opened(&events, 3).is_err());
            // Whoever sealed it had seen the reply key, and did not know the secret (A2A-70).
            let forged =
                ReplyKeys { secret: ReplyKeys::from_seed(&[2; 32]).secret, ..ReplyKeys::from_seed(&[1; 32]) };
            assert!(opened_by(forged, &events, 2).is_err());
            assert!(opened(&[update(Completed)], 2).is_err());
        }
    }
}
