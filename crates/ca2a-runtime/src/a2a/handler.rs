//! The node's own [`TaskHandler`] as an A2A agent (A2A-50 to A2A-52): one handler serves every front door.

use std::sync::Arc;

use a2a::{
    A2AError, Artifact, Message, Part, PartContent, Role, StreamResponse, TaskArtifactUpdateEvent, TaskState,
    TaskStatus, TaskStatusUpdateEvent,
};
use a2a_server::{AgentExecutor, ExecutorContext};
use ca2a_core::encoding::base64url;
use ca2a_delegation::Chain;
use futures_util::{
    StreamExt as _,
    stream::{self, BoxStream},
};

use super::{caller::Caller, sealed, wire};
use crate::{
    node::{PeerNode, TaskHandler},
    peer::Granted,
    system::{OsRandom, Random},
};

/// The call behind the message that an [`AgentExecutor`] works on, everything in it verified. `None` for a message that
/// came without authority, and outside the work.
#[must_use]
pub fn granted_call() -> Option<Arc<Granted>> {
    Caller::current().ok().and_then(|caller| caller.granted.clone())
}

/// The authority that the caller of the message at work made for this agent: the chain of the call and a credential that
/// came sealed with it (A2A-67). It is as good as the next callee finds it; nobody has verified it here.
#[must_use]
pub fn granted_authority() -> Option<Chain> {
    Caller::current().ok().and_then(|caller| caller.grant.clone())
}

/// Does what a node's handler does.
pub struct HandlerAgent {
    handler: Arc<dyn TaskHandler>,
    random: Arc<dyn Random>,
}

impl HandlerAgent {
    /// The agent of `node`.
    #[must_use]
    pub fn of(node: &PeerNode) -> Self {
        Self { handler: node.handler(), random: Arc::new(OsRandom) }
    }
}

/// What the handler is given as the payload of a message (A2A-51): the content of its one part, text as UTF-8, `raw` as
/// it is, `data` as JSON; of a message with several parts, its ProtoJSON.
pub(super) fn payload(message: &Message) -> Option<Vec<u8>> {
    match message.parts.as_slice() {
        [Part { content: PartContent::Text(text), .. }] => Some(text.clone().into_bytes()),
        [Part { content: PartContent::Raw(bytes), .. }] => Some(bytes.clone()),
        [Part { content: PartContent::Data(data), .. }] => serde_json::to_vec(data).ok(),
        _ => serde_json::to_vec(&sealed::protojson(message).ok()?).ok(),
    }
}

impl AgentExecutor for HandlerAgent {
    fn execute(&self, context: ExecutorContext) -> BoxStream<'static, Result<StreamResponse, A2AError>> {
        let Some(call) = granted_call() else {
            let why = "this agent works only under authority; it came with no cA2A metadata";
            return Box::pin(stream::iter([Ok(status(&context, TaskState::Rejected, Some(why)))]));
        };
        let (handler, random) = (Arc::clone(&self.handler), Arc::clone(&self.random));
        let working = status(&context, TaskState::Working, None);
        let done = stream::once(async move {
            let events = match handler.handle(&call).await {
                Ok(None) => vec![status(&context, TaskState::Completed, None)],
                Ok(Some(result)) => completed(&context, &call, &result, &*random)?,
                Err(error) => vec![status(&context, TaskState::Failed, Some(&error.0))],
            };
            Ok::<_, A2AError>(stream::iter(events.into_iter().map(Ok::<_, A2AError>)))
        });
        let done = done.flat_map(|events| match events {
            Ok(events) => events.boxed(),
            Err(error) => stream::iter([Err(error)]).boxed(),
        });
        Box::pin(stream::iter([Ok(working)]).chain(done))
    }

    fn cancel(&self, _: ExecutorContext) -> BoxStream<'static, Result<StreamResponse, A2AError>> {
        Box::pin(stream::empty())
    }
}

/// The result, as far as only the caller reads it (A2A-52): as it is where the whole answer is sealed, sealed by itself
/// where the caller offered a key, and otherwise not at all.
fn completed(
    context: &ExecutorContext,
    call: &Granted,
    result: &[u8],
    random: &dyn Random,
) -> Result<Vec<StreamResponse>, A2AError> {
    let artifact = if sealed::is_answered_sealed() {
        Some(plain(result))
    } else {
        let blob = call.seal_result(result, random);
        blob.map_err(|error| A2AError::internal(error.to_string()))?.map(|blob| sealed_by_itself(&blob))
    };
    Ok(match artifact {
        Some(artifact) => {
            let update = TaskArtifactUpdateEvent {
                task_id: context.task_id.clone(),
                context_id: context.context_id.clone(),
                artifact,
                append: None,
                last_chunk: Some(true),
                metadata: None,
            };
            vec![StreamResponse::ArtifactUpdate(update), status(context, TaskState::Completed, None)]
        }
        None => {
            let why = "done; the result was not sent, because the caller offered no key to seal it to";
            vec![status(context, TaskState::Completed, Some(why))]
        }
    })
}

fn artifact(part: Part) -> Artifact {
    Artifact {
        artifact_id: "result".to_owned(),
        name: Some("result".to_owned()),
        description: None,
        parts: vec![part],
        metadata: None,
        extensions: None,
    }
}

fn plain(result: &[u8]) -> Artifact {
    artifact(match std::str::from_utf8(result) {
        Ok(text) => Part::text(text),
        Err(_) => Part::raw(result.to_vec()),
    })
}

fn sealed_by_itself(blob: &[u8]) -> Artifact {
    let mut artifact = artifact(sealed::placeholder());
    artifact.metadata = Some([(wire::SEALED_RESULT.to_owned(), base64url(blob).into())].into());
    artifact
}

fn status(context: &ExecutorContext, state: TaskState, text: Option<&str>) -> StreamResponse {
    let message = text.map(|text| {
        let mut message = Message::new(Role::Agent, vec![Part::text(text)]);
        message.task_id = Some(context.task_id.clone());
        message.context_id = Some(context.context_id.clone());
        message
    });
    StreamResponse::StatusUpdate(TaskStatusUpdateEvent {
        task_id: context.task_id.clone(),
        context_id: context.context_id.clone(),
        status: TaskStatus { state, message, timestamp: None },
        metadata: None,
    })
}
