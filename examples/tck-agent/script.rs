//! What the agent does.

use std::time::Duration;

use ca2a_runtime::a2a::sdk::{
    A2AError, AgentExecutor, Artifact, BoxStream, ExecutorContext, Message, Part, Role, StreamResponse,
    TaskArtifactUpdateEvent, TaskState, TaskStatus, TaskStatusUpdateEvent, json,
    stream::{self, StreamExt as _},
};

/// How long a task runs that the kit subscribes to.
const HELD: Duration = Duration::from_secs(4);

/// How long a task runs that is asked for and answered before it is done.
const DELAY: Duration = Duration::from_secs(2);

/// The agent: it follows the longest prefix of the message id that it knows.
pub(crate) struct Script;

/// What it does for a message.
enum Act {
    Work,
    Artifact(Part),
    Chunk(&'static str, bool),
    Hold(Duration),
    Say(&'static str),
    End(TaskState, Option<&'static str>),
}

fn file() -> Part {
    Part::raw(b"tck".to_vec()).with_media_type("text/plain").with_filename("output.txt")
}

fn acts(id: &str) -> Vec<Act> {
    use Act::{Artifact, Chunk, End, Hold, Say, Work};
    let done = || End(TaskState::Completed, None);
    let begins = |prefix: &str| id.starts_with(prefix);
    match () {
        () if begins("tck-stream-artifact-chunked") => {
            vec![Work, Chunk("chunk-1 ", false), Chunk("chunk-2", true), done()]
        }
        () if begins("tck-stream-artifact-file") => vec![Work, Artifact(file()), done()],
        () if begins("tck-stream-artifact-text") => {
            vec![Work, Artifact(Part::text("Streamed text content")), done()]
        }
        () if begins("tck-stream-ordering-001") => vec![Work, Artifact(Part::text("Ordered output")), done()],
        () if begins("tck-stream-001") => vec![Work, Artifact(Part::text("Stream hello from TCK")), done()],
        () if begins("tck-stream-002") => vec![done()],
        () if begins("tck-stream-003") => vec![Work, Artifact(Part::text("Stream task lifecycle")), done()],
        () if begins("test-resubscribe-message-id") => vec![Work, Hold(HELD), done()],
        () if begins("tck-artifact-file-url") => {
            let url = Part::url("https://example.com/output.txt");
            vec![Artifact(url.with_media_type("text/plain").with_filename("output.txt")), done()]
        }
        () if begins("tck-artifact-file") => vec![Artifact(file()), done()],
        () if begins("tck-artifact-data") => {
            vec![Artifact(Part::data(json!({"key": "value", "count": 42}))), done()]
        }
        () if begins("tck-artifact-text") => vec![Artifact(Part::text("Generated text content")), done()],
        () if begins("tck-message-response") => vec![Say("Direct message response")],
        () if begins("tck-input-required") => vec![End(TaskState::InputRequired, Some("Input required"))],
        () if begins("tck-auth-required") => {
            vec![End(TaskState::AuthRequired, Some("Authentication required"))]
        }
        () if begins("tck-delayed-complete") => vec![Work, Hold(DELAY), done()],
        () if begins("tck-reject-task") => vec![End(TaskState::Rejected, Some("rejected"))],
        () => vec![End(TaskState::Completed, Some("Hello from TCK"))],
    }
}

fn message(context: &ExecutorContext, text: &str) -> Message {
    let mut message = Message::new(Role::Agent, vec![Part::text(text)]);
    message.context_id = Some(context.context_id.clone());
    message
}

fn status(context: &ExecutorContext, state: TaskState, text: Option<&str>) -> StreamResponse {
    let message =
        text.map(|text| Message { task_id: Some(context.task_id.clone()), ..message(context, text) });
    StreamResponse::StatusUpdate(TaskStatusUpdateEvent {
        task_id: context.task_id.clone(),
        context_id: context.context_id.clone(),
        status: TaskStatus { state, message, timestamp: None },
        metadata: None,
    })
}

fn artifact(context: &ExecutorContext, part: Part, append: Option<bool>, last: bool) -> StreamResponse {
    StreamResponse::ArtifactUpdate(TaskArtifactUpdateEvent {
        task_id: context.task_id.clone(),
        context_id: context.context_id.clone(),
        artifact: Artifact {
            artifact_id: "tck-artifact".into(),
            name: None,
            description: None,
            parts: vec![part],
            metadata: None,
            extensions: None,
        },
        append,
        last_chunk: Some(last),
        metadata: None,
    })
}

async fn event(context: &ExecutorContext, act: Act) -> Option<StreamResponse> {
    Some(match act {
        Act::Work => status(context, TaskState::Working, None),
        Act::Artifact(part) => artifact(context, part, None, true),
        Act::Chunk(text, last) => artifact(context, Part::text(text), Some(true), last),
        Act::Say(text) => StreamResponse::Message(message(context, text)),
        Act::End(state, text) => status(context, state, text),
        Act::Hold(time) => {
            tokio::time::sleep(time).await;
            return None;
        }
    })
}

impl AgentExecutor for Script {
    fn execute(&self, context: ExecutorContext) -> BoxStream<'static, Result<StreamResponse, A2AError>> {
        let id = context.message.as_ref().map(|message| message.message_id.clone()).unwrap_or_default();
        let acts = stream::iter(acts(&id));
        Box::pin(stream::unfold((acts, context), |(mut acts, context)| async move {
            loop {
                let act = acts.next().await?;
                if let Some(event) = event(&context, act).await {
                    return Some((Ok(event), (acts, context)));
                }
            }
        }))
    }

    fn cancel(&self, context: ExecutorContext) -> BoxStream<'static, Result<StreamResponse, A2AError>> {
        Box::pin(stream::iter([Ok(status(&context, TaskState::Canceled, None))]))
    }
}
