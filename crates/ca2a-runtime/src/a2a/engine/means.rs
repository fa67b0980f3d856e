//! What it takes to work on a task, at whoever's request.

use std::{sync::Arc, time::Duration};

use a2a_server::AgentExecutor;
use tokio::time::sleep;

use super::{EngineLimits, Push, drive::Driver, run::Run, runs::Runs};
use crate::{
    a2a::tasks::{Owner, TaskStore, TaskStoreError},
    system::Clock,
};

/// Between two tries to keep what a store did not, which is away.
pub(super) const PAUSE: Duration = Duration::from_secs(1);

/// So many times: by then a life whose store was away is over, and its tasks are settled with it (A2A-36).
pub(super) const AGAIN: usize = 60;

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

    /// Removes the `owner`'s task `id`, of which there is to be nothing, and again where the store is away.
    pub(super) async fn forget(self, owner: Owner, id: String) {
        for _ in 0..AGAIN {
            match self.tasks.remove(&owner, &id).await {
                Err(TaskStoreError::Unavailable(_)) => sleep(PAUSE).await,
                _ => return,
            }
        }
    }

    /// Whoever carries the `owner`'s task of `run` on.
    pub(super) fn driver(&self, owner: Owner, run: Arc<Run>) -> Driver {
        Driver { run, owner, means: self.clone() }
    }
}
