//! A task at work is cancelled at whichever node is asked (GATE-73): the request goes into the store, and the node at work heeds
//! it there.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use a2a::A2AError;
use a2a_server::{ExecutorContext, ServiceParams};
use ca2a_core::ErrorCode;
use tokio::{task::JoinHandle, time::sleep};

use super::{Engine, means::Means, refused, run::Run};
use crate::a2a::{
    caller::Caller,
    server::Refusal,
    tasks::{Cancellations, Owner, TaskRow, is_at_work},
    wire,
};

/// Between two looks at the store.
pub(super) const PAUSE: Duration = Duration::from_millis(500);

/// Whoever looks for requests of other nodes, from the first task at work on, for as long as its engine is there.
#[derive(Default)]
pub(super) struct Heeder(OnceLock<JoinHandle<()>>);

impl Drop for Heeder {
    fn drop(&mut self) {
        self.0.get().iter().for_each(|heeding| heeding.abort());
    }
}

impl Engine {
    /// Asks the node at work on the caller's task `id` to cancel it, and waits until it rests or has ended.
    ///
    /// # Errors
    /// An agent that does not cancel it; a node that does not answer as long as a caller waits; a store that does not.
    pub(super) async fn cancel_elsewhere(
        &self,
        caller: &Caller,
        shared: &dyn Cancellations,
        id: &str,
    ) -> Result<TaskRow, A2AError> {
        let unavailable = |error| refused(&error, id);
        shared.ask(&caller.owner, id).await.map_err(unavailable)?;
        let told = async {
            loop {
                // Before the task: what is not pending any more has left its mark there.
                let pending = shared.is_pending(&caller.owner, id).await.map_err(unavailable)?;
                let row = self.own(caller, id).await?;
                if !is_at_work(&row.task.status.state) {
                    return Ok(row);
                }
                if !pending {
                    return Err(A2AError::task_not_cancelable(id));
                }
                sleep(PAUSE).await;
            }
        };
        tokio::time::timeout(self.means.limits.wait, told).await.unwrap_or_else(|_| {
            let why = "the node at work on the task was asked to cancel it and has not answered; it may still do so";
            Err(Refusal::new(ErrorCode::DeadlineExceeded, why).tell())
        })
    }

    /// Begins to look for what other nodes are asked, where several share the store.
    pub(super) fn heed_others(&self) {
        if self.means.tasks.shared().is_none() {
            return;
        }
        self.heeder.0.get_or_init(|| {
            let heed = Heed(self.means.clone());
            tokio::spawn(Arc::new(heed).go_on())
        });
    }
}

/// Heeds them.
struct Heed(Means);

impl Heed {
    async fn go_on(self: Arc<Self>) {
        loop {
            sleep(PAUSE).await;
            let Some(shared) = self.0.tasks.shared().filter(|_| self.0.runs.are_at_work()) else { continue };
            // A store that is away is asked again; what was asked for stays there.
            for (owner, id) in shared.take().await.unwrap_or_default() {
                tokio::spawn(Arc::clone(&self).cancel(owner, id));
            }
        }
    }

    async fn cancel(self: Arc<Self>, owner: Owner, id: String) {
        let Some(shared) = self.0.tasks.shared() else { return };
        let canceled = match self.0.runs.at_work(&id) {
            Some(run) => self.cancel_run(owner, run).await.is_ok(),
            // It has just come to rest or to its end, which the store shows.
            None => false,
        };
        if !canceled {
            // Whoever asked waits no longer than its deadline where this does not arrive.
            let _ = shared.decline(&owner, &id).await;
        }
    }

    /// As the node does that is asked itself. Headers and metadata of the request stay where it came in.
    async fn cancel_run(&self, owner: Owner, run: Arc<Run>) -> Result<(), A2AError> {
        let task = run.standing().0;
        let context = ExecutorContext {
            message: None,
            task_id: task.id.clone(),
            stored_task: Some(wire::stripped(&task)),
            context_id: task.context_id.clone(),
            metadata: None,
            user: None,
            service_params: ServiceParams::default(),
            tenant: None,
        };
        self.0.driver(owner, run).cancel(self.0.executor.cancel(context)).await
    }
}
