//! Runs an agent and keeps its tasks: the `RequestHandler` behind the gate.
//!
//! The SDK brings one of its own, whose fan-out drops events, which leaves a task that failed at work for ever, and which
//! knows no owner. This one keeps a log of events for each run, so that nobody misses one (A2A-21), and asks its store for
//! the caller's own tasks alone.

mod begin;
mod change;
mod drive;
mod elsewhere;
mod follow;
mod from_store;
mod handler;
mod list;
mod means;
mod outcome;
mod push;
mod run;
mod runs;

use std::{sync::Arc, time::Duration};

use a2a::{A2AError, error_code};
use a2a_server::AgentExecutor;
use elsewhere::Heeder;
use means::Means;

pub use push::Push;

use super::tasks::{TaskStore, TaskStoreError};
use crate::system::SystemClock;

/// How long things may take, and how much there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineLimits {
    /// How long a caller that waits for the result waits at most; then it gets the task as it stands (A2A-25).
    pub wait: Duration,
    /// How long an agent may work on one message.
    pub work: Duration,
    /// Events of one run that are kept for those who follow it. Who is further behind is told how the task stands.
    pub events: usize,
    /// About how many bytes those events take at most, of one run.
    pub bytes: usize,
    /// Runs at one time.
    pub runs: usize,
    /// About how many bytes the events of all runs take at most, beside the last of each.
    pub all_bytes: usize,
}

impl Default for EngineLimits {
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(25),
            work: Duration::from_secs(3600),
            events: 1024,
            bytes: 16 << 20,
            runs: 4096,
            all_bytes: 256 << 20,
        }
    }
}

/// Runs an agent.
pub struct Engine {
    means: Means,
    input_modes: Vec<String>,
    streaming: bool,
    heeder: Heeder,
}

impl Engine {
    /// An engine that runs `executor` and keeps its tasks in `tasks`. It streams, and pushes nothing.
    #[must_use]
    pub fn new(executor: impl AgentExecutor, tasks: Arc<dyn TaskStore>) -> Self {
        Self {
            means: Means {
                executor: Arc::new(executor),
                tasks,
                runs: Arc::default(),
                push: None,
                clock: Arc::new(SystemClock),
                limits: EngineLimits::default(),
            },
            input_modes: Vec::new(),
            streaming: true,
            heeder: Heeder::default(),
        }
    }

    /// Its limits.
    #[must_use]
    pub fn with_limits(mut self, limits: EngineLimits) -> Self {
        self.means.limits = limits;
        self
    }

    /// Pushes events to whoever asks for it.
    #[must_use]
    pub fn with_push(mut self, push: Push) -> Self {
        self.means.push = Some(Arc::new(push));
        self
    }

    /// The media types that a part may declare; any where there is none.
    #[must_use]
    pub fn with_input_modes(mut self, modes: Vec<String>) -> Self {
        self.input_modes = modes;
        self
    }

    /// Streams nothing.
    #[must_use]
    pub fn without_streaming(mut self) -> Self {
        self.streaming = false;
        self
    }

    fn now(&self) -> u64 {
        self.means.now()
    }
}

fn busy() -> A2AError {
    A2AError::internal("OVERLOADED: too many tasks are at work; try again")
}

/// What the store said, as A2A has it.
fn refused(error: &TaskStoreError, id: &str) -> A2AError {
    match error {
        TaskStoreError::Unknown => A2AError::task_not_found(id),
        TaskStoreError::Ended | TaskStoreError::AtWork => {
            A2AError::new(error_code::UNSUPPORTED_OPERATION, error.to_string())
        }
        TaskStoreError::Foreign => A2AError::new(error_code::TASK_NOT_FOUND, error.to_string()),
        TaskStoreError::TooLarge { .. } => {
            A2AError::new(error_code::INVALID_AGENT_RESPONSE, error.to_string())
        }
        TaskStoreError::Full | TaskStoreError::Unavailable(_) => {
            A2AError::internal(format!("{}: {error}", error.code().as_str()))
        }
    }
}
