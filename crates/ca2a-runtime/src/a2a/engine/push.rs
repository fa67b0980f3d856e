//! Events pushed to addresses that a client named. Nobody waits for an address: neither the agent, nor who follows its task,
//! nor the next message (A2A-29).

mod line;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use a2a::{
    A2AError, ListTaskPushNotificationConfigsRequest, ListTaskPushNotificationConfigsResponse,
    StreamResponse, TaskPushNotificationConfig,
};
use a2a_server::{InMemoryPushConfigStore, PushConfigStore, pagination::resolve_page_size};
use line::Line;

/// Tasks whose addresses are kept. Of more than that, those of the oldest are forgotten.
const TASKS: usize = 10_000;

/// Pushes events. Addresses are checked by the SDK's sender, which reaches no loopback and no private network unless it
/// is told to.
pub struct Push {
    pub(super) configs: Arc<dyn PushConfigStore>,
    /// Tasks with addresses, the oldest first.
    order: Mutex<VecDeque<String>>,
    line: Arc<Line>,
}

impl Push {
    /// Pushes by addresses that are kept in memory. `local` lets them be addresses of this machine, for tests.
    #[must_use]
    pub fn in_memory(local: bool) -> Self {
        let configs: Arc<dyn PushConfigStore> = Arc::new(InMemoryPushConfigStore::new());
        let line = Arc::new(Line::new(Arc::clone(&configs), local));
        Self { configs, order: Mutex::default(), line }
    }

    /// Has `event` sent to everybody who asked for those of task `id`, after what was there to send of it before.
    pub(super) async fn send(&self, id: &str, event: &StreamResponse) {
        if self.configs.list(id).await.is_ok_and(|configs| !configs.is_empty()) {
            self.line.post(id, event.clone());
        }
    }

    /// Keeps an address.
    pub(super) async fn save(
        &self,
        config: TaskPushNotificationConfig,
    ) -> Result<TaskPushNotificationConfig, A2AError> {
        let saved = self.configs.save(config).await?;
        if self.configs.list(&saved.task_id).await?.len() == 1
            && let Some(oldest) = self.make_room(saved.task_id.clone())
        {
            self.configs.delete_all(&oldest).await?;
        }
        Ok(saved)
    }

    /// The task whose addresses make room for those of `task`, if there are as many as may be.
    fn make_room(&self, task: String) -> Option<String> {
        let mut order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        order.push_back(task);
        if order.len() > TASKS { order.pop_front() } else { None }
    }

    /// A page of the addresses of one task, by their ids.
    pub(super) async fn page(
        &self,
        request: &ListTaskPushNotificationConfigsRequest,
    ) -> Result<ListTaskPushNotificationConfigsResponse, A2AError> {
        let mut configs = self.configs.list(&request.task_id).await?;
        configs.sort_by(|left, right| left.id.cmp(&right.id));
        let start = match request.page_token.as_deref().filter(|token| !token.is_empty()) {
            Some(token) => {
                token.parse::<usize>().map_err(|_| A2AError::invalid_params("pageToken is no number"))?
            }
            None => 0,
        };
        let size = resolve_page_size(request.page_size);
        let more = configs.len() > start.saturating_add(size);
        let next_page_token = more.then(|| start.saturating_add(size).to_string());
        let configs = configs.into_iter().skip(start).take(size).collect();
        Ok(ListTaskPushNotificationConfigsResponse { configs, next_page_token })
    }
}
