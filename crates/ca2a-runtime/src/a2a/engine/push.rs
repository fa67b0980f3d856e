//! Events pushed to addresses that a client named. Nobody waits for an address: neither the agent, nor who follows its task,
//! nor the next message (A2A-29).

mod line;

use std::{
    collections::{HashSet, VecDeque},
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
    named: Mutex<Named>,
    line: Arc<Line>,
}

/// The tasks that addresses were named for.
#[derive(Default)]
struct Named {
    tasks: HashSet<String>,
    /// The oldest first.
    order: VecDeque<String>,
}

impl Named {
    /// Takes `task` in. Where that is one too many, the oldest makes room.
    fn put(&mut self, task: String) -> Option<String> {
        if !self.tasks.insert(task.clone()) {
            return None;
        }
        self.order.push_back(task);
        let oldest = if self.order.len() > TASKS { self.order.pop_front() } else { None }?;
        self.tasks.remove(&oldest);
        Some(oldest)
    }
}

impl Push {
    /// Pushes by addresses that are kept in memory. `local` lets them be addresses of this machine, for tests.
    #[must_use]
    pub fn in_memory(local: bool) -> Self {
        let configs: Arc<dyn PushConfigStore> = Arc::new(InMemoryPushConfigStore::new());
        let line = Arc::new(Line::new(Arc::clone(&configs), local));
        Self { configs, named: Mutex::default(), line }
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
        let oldest = self.named.lock().unwrap_or_else(PoisonError::into_inner).put(saved.task_id.clone());
        if let Some(oldest) = oldest {
            self.configs.delete_all(&oldest).await?;
        }
        Ok(saved)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A2A-29
    #[test]
    fn the_oldest_task_makes_room() {
        let mut named = Named::default();
        for number in 0..TASKS {
            assert_eq!(named.put(number.to_string()), None);
        }
        assert_eq!(named.put("7".to_owned()), None, "it is there");
        assert_eq!(named.put("a".to_owned()).as_deref(), Some("0"));
        assert_eq!(named.put("0".to_owned()).as_deref(), Some("1"), "it comes anew");
        assert_eq!((named.tasks.len(), named.order.len()), (TASKS, TASKS));
    }
}
