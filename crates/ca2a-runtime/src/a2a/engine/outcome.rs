//! The outcome of the call that a run is for: committed before anybody sees the event that ends it (GATE-3).

use std::collections::HashMap;

use a2a::{A2AError, StreamResponse, Task, error_code};
use ca2a_core::{ErrorCode, Sha256};
use serde_json::Value;

use super::{drive::Driver, refused, run::Run};
use crate::{
    a2a::wire,
    calls::{CallStoreError, Outcome, SignedOutcome},
};

/// Whether the agent said what ends a call, or nothing did: then it is unknown, and refused where nothing was handed on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Said {
    ByAgent,
    Nothing,
}

/// What a call is refused with that was not handed on.
const NOT_HANDED_ON: ErrorCode = ErrorCode::UpstreamFailed;

/// Closes the call of the run at work with `event`, at `now` in Unix milliseconds, and puts the signed outcome into the event
/// and the task that it leaves. Says whether the task was kept with it (A2A-160).
///
/// # Errors
/// A task that is not to be kept, with which no call ends; an outcome that could not be kept: `OUTCOME_UNKNOWN`.
pub(super) async fn close(
    driver: &Driver,
    event: &mut StreamResponse,
    mut task: Option<&mut Task>,
    now: u64,
    said: Said,
) -> Result<bool, A2AError> {
    let Some(call) = driver.run.state().call.take() else { return Ok(false) };
    let answer = serde_json::to_vec(&*event).map_err(|error| A2AError::internal(error.to_string()))?;
    let mut kept = false;
    let outcome = match said {
        Said::ByAgent => Outcome::Completed(Sha256::of(&answer)),
        Said::Nothing => call.without_answer(NOT_HANDED_ON),
    };
    let closed = call.end_with(outcome, |signed| {
        let Some(task) = &mut task else { return Ok::<_, Unkept>(None) };
        attach(&mut task.metadata, signed);
        let change = driver.means.tasks.with_call(&driver.owner, task, now);
        let change = change.map_err(|error| Unkept::Task(refused(&error, &task.id)))?;
        kept = change.is_some();
        Ok(change)
    });
    let signed = match closed.await {
        Ok(signed) => signed,
        Err(error) => {
            // Whatever comes next of this run is about this call still, and has no other outcome than this one's.
            driver.run.state().call = Some(call);
            return Err(error.into());
        }
    };
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
    Ok(kept)
}

/// Why neither the outcome nor the task was kept.
enum Unkept {
    Task(A2AError),
    Call(CallStoreError),
}

impl From<CallStoreError> for Unkept {
    fn from(error: CallStoreError) -> Self {
        Self::Call(error)
    }
}

impl From<Unkept> for A2AError {
    fn from(error: Unkept) -> Self {
        match error {
            Unkept::Task(error) => error,
            Unkept::Call(error) => {
                let why = format!("{}: the outcome could not be kept: {error}", ErrorCode::OutcomeUnknown);
                A2AError::new(error_code::INTERNAL_ERROR, why)
            }
        }
    }
}

/// Why the work of `run` came to nothing, under the code that its call ends with.
pub(super) fn under_its_code(run: &Run, why: String) -> String {
    let handed_on = run.state().call.as_ref().map(|call| call.was_handed_on());
    let unknown = ErrorCode::OutcomeUnknown.as_str();
    match handed_on {
        None => why,
        _ if why.starts_with(unknown) => why,
        Some(true) => format!("{}: {why}", ErrorCode::OutcomeUnknown),
        Some(false) => format!("{NOT_HANDED_ON}: {why}"),
    }
}

/// Ends the call of `run` where its task did not.
pub(super) async fn give_up(run: &Run) {
    let call = run.state().call.take();
    if let Some(call) = call {
        let _ = call.abandon(NOT_HANDED_ON).await;
    }
}

fn attach(metadata: &mut Option<HashMap<String, Value>>, signed: &SignedOutcome) {
    let text = Value::String(signed.as_str().to_owned());
    metadata.get_or_insert_default().insert(wire::OUTCOME_STATEMENT.to_owned(), text);
}
