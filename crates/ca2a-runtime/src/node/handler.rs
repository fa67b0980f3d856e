//! What a node does with a call that was granted.

use std::{future::Future, pin::Pin};

use crate::peer::Granted;

/// A task that could not be done. The grant and its record stand; the caller learns the text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TaskError(pub String);

/// What a handler gives back: the plaintext of the result, if there is one.
pub type TaskResult<'t> = Pin<Box<dyn Future<Output = Result<Option<Vec<u8>>, TaskError>> + Send + 't>>;

/// Does the work. It is called only with a [`Granted`], which only the pipeline makes, after its record is durable.
pub trait TaskHandler: Send + Sync {
    /// Does the task and gives the plaintext of its result, which the node seals to the caller's offered channel
    /// key. Where the caller offered none, the result is dropped: it could be read by anyone.
    fn handle<'t>(&'t self, call: &'t Granted) -> TaskResult<'t>;
}

/// Grants and records, and does nothing: what `ca2a start` serves, as the peer's does.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTask;

impl TaskHandler for NoTask {
    fn handle<'t>(&'t self, _: &'t Granted) -> TaskResult<'t> {
        Box::pin(std::future::ready(Ok(None)))
    }
}
