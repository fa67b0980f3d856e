//! What travels inside a sealed payload when a task comes with authority: `{"task": …, "grant": […]}` (WIRE-30).
//!
//! A caller that delegates part of what it holds puts the whole chain for the callee into `grant`, root first, its
//! last credential naming the callee's own key. Inside the sealed payload only the callee reads it.

use ca2a_core::json::{self, Node, NumberPolicy, Object, Reader};
use ca2a_delegation::{Chain, DelegationError};

/// A plaintext that is no task payload.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// Not strict JSON.
    #[error("the payload is no JSON: {0}")]
    Json(#[from] json::ReadError),
    /// Not an object with `task`.
    #[error("the payload is no `{{\"task\": …, \"grant\": […]}}`: {0}")]
    Shape(#[from] json::ShapeError),
    /// The grant does not parse.
    #[error("the grant in the payload is malformed: {0}")]
    Grant(#[from] DelegationError),
}

/// A task, and the authority to act on it.
#[derive(Debug, Clone)]
pub struct TaskPayload {
    /// The task, of whatever shape caller and callee agreed on. Its numbers are kept as text.
    pub task: Node<'static>,
    /// The chain that the caller made for the callee; unverified.
    pub grant: Option<Chain>,
}

impl TaskPayload {
    /// Reads a plaintext. Members beyond `task` and `grant` are left alone.
    ///
    /// # Errors
    /// Anything but a JSON object with `task`, or a `grant` that is no chain.
    pub fn from_json(plaintext: &[u8]) -> Result<Self, PayloadError> {
        let document = Reader::new(NumberPolicy::Lexical).read(plaintext)?;
        let object = document.expect_object("payload")?;
        let task = object.required("task")?.clone().into_owned();
        let grant = match object.optional("grant") {
            Some(node) => Some(Chain::from_nodes(node.expect_array("grant")?, plaintext)?),
            None => None,
        };
        Ok(Self { task, grant })
    }

    /// The plaintext.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut object = Object::new();
        object.insert("task", self.task.clone());
        if let Some(grant) = &self.grant {
            object.insert("grant", grant.to_node());
        }
        json::to_text(&object.into())
    }
}
