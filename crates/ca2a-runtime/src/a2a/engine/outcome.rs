//! The outcome of the call that a run is for: committed before anybody sees the event that ends it (GATE-3).

use std::collections::HashMap;

use a2a::{A2AError, StreamResponse, Task, error_code};
use ca2a_core::{ErrorCode, Sha256};
use serde_json::Value;

use super::run::Run;
use crate::{
    a2a::wire,
    calls::{Outcome, SignedOutcome},
};

/// Closes the call of `run` with `event`, and puts the signed outcome into the event and the task that it leaves.
///
/// # Errors
/// An outcome that could not be kept: `OUTCOME_UNKNOWN`.
pub(super) async fn close(
    run: &Run,
    event: &mut StreamResponse,
    task: Option<&mut Task>,
) -> Result<(), A2AError> {
    let Some(call) = run.state().call.take() else { return Ok(()) };
    let answer = serde_json::to_vec(&*event).map_err(|error| A2AError::internal(error.to_string()))?;
    let signed = call.end(Outcome::Completed(Sha256::of(&answer))).await.map_err(|error| {
        let why = format!("{}: the outcome could not be kept: {error}", ErrorCode::OutcomeUnknown);
        A2AError::new(error_code::INTERNAL_ERROR, why)
    })?;
    let metadata = match event {
        StreamResponse::Task(task) => &mut task.metadata,
        StreamResponse::Message(message) => &mut message.metadata,
        StreamResponse::StatusUpdate(update) => &mut update.metadata,
        StreamResponse::ArtifactUpdate(update) => &mut update.metadata,
    };
    attach(metadata, &signed);
    if let Some(task) = task {
        attach(&mut task.metadata, &signed);
    }
    Ok(())
}

/// Gives up the call of `run` because of `why`, which is said again under the code that it has now.
pub(super) async fn give_up(run: &Run, why: String) -> String {
    let Some(call) = run.state().call.take() else { return why };
    if call.was_handed_on() {
        let _ = call.abandon(ErrorCode::OutcomeUnknown).await;
        return format!("{}: {why}", ErrorCode::OutcomeUnknown);
    }
    let _ = call.abandon(ErrorCode::UpstreamFailed).await;
    format!("{}: {why}", ErrorCode::UpstreamFailed)
}

fn attach(metadata: &mut Option<HashMap<String, Value>>, signed: &SignedOutcome) {
    let text = Value::String(signed.as_str().to_owned());
    metadata.get_or_insert_default().insert(wire::OUTCOME_STATEMENT.to_owned(), text);
}
