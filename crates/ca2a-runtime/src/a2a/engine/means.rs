//! What it takes to work on a task, at whoever's request.

use std::sync::Arc;

use a2a_server::AgentExecutor;

use super::{EngineLimits, Push, drive::Driver, run::Run, runs::Runs};
use crate::{
    a2a::tasks::{Owner, TaskStore},
    system::Clock,
};

/// The agent, and where its tasks are kept, at work and told of.
#[derive(Clone)]
pub(super) struct Means {
    pub(super) executor: Arc<dyn AgentExecutor>,
    pub(super) tasks: Arc<dyn TaskStore>,
    pub(super) runs: Arc<Runs>,
    pub(super) push: Option<Arc<Push>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) limits: EngineLimits,
}

impl Means {
    /// In Unix milliseconds.
    pub(super) fn now(&self) -> u64 {
        self.clock.now_milliseconds()
    }

    /// Whoever carries the `owner`'s task of `run` on.
    pub(super) fn driver(&self, owner: Owner, run: Arc<Run>) -> Driver {
        Driver { run, owner, means: self.clone() }
    }
}
