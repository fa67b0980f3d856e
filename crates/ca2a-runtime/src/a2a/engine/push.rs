//! Events pushed to addresses that a client named. Nobody waits for an address: neither the agent, nor who follows its task,
//! nor the next message (A2A-29).

mod line;

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use a2a::{
    A2AError, ListTaskPushNotificationConfigsRequest, ListTaskPushNotificationConfigsResponse,
    StreamResponse, TaskPushNotificationConfig,
};
use a2a_server::{InMemoryPushConfigStore, PushConfigStore, pagination::resolve_page_size};
use line::Line;

use crate::a2a::tasks::Owner;

/// Tasks whose addresses are kept. Of more than that, those of the oldest are forgotten of whoever has the most.
const TASKS: usize = 10_000;

/// The same of one holder.
const OF_ONE: usize = TASKS / 8;

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
    /// Those of each holder, the oldest first.
    order: BTreeMap<Owner, VecDeque<String>>,
}

impl Named {
    /// Takes the `owner`'s `task` in. Where that is one too many, the oldest makes room.
    fn put(&mut self, owner: Owner, task: String) -> Option<String> {
        if !self.tasks.insert(task.clone()) {
            return None;
        }
        let own = self.order.entry(owner).or_default();
        own.push_back(task);
        let is_too_many = own.len() > OF_ONE && owner != Owner::Anyone;
        let from = match self.tasks.len() > TASKS {
            _ if is_too_many => owner,
            true => *self.order.iter().max_by_key(|(_, tasks)| tasks.len())?.0,
            false => return None,
        };
        let tasks = self.order.get_mut(&from)?;
        let oldest = tasks.pop_front()?;
        if tasks.is_empty() {
            self.order.remove(&from);
        }
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

    /// Keeps an address for a task of `owner`.
    pub(super) async fn save(
        &self,
        owner: Owner,
        config: TaskPushNotificationConfig,
    ) -> Result<TaskPushNotificationConfig, A2AError> {
        let saved = self.configs.save(config).await?;
        let oldest = {
            let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
            named.put(owner, saved.task_id.clone())
        };
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
    use ca2a_core::SigningKey;

    use super::*;

    /// A2A-29
    #[test]
    fn the_oldest_task_makes_room() {
        let (mut named, anyone) = (Named::default(), Owner::Anyone);
        let owner = |seed| Owner::Holder(SigningKey::from_seed(&[seed; 32]).verifying_key());
        for number in 0..TASKS - OF_ONE {
            assert_eq!(named.put(anyone, number.to_string()), None);
        }
        // A holder pushes out none but its own.
        for number in 0..OF_ONE {
            assert_eq!(named.put(owner(1), format!("own {number}")), None);
        }
        assert_eq!(named.put(owner(1), "own 7".to_owned()), None, "it is there");
        assert_eq!(named.put(owner(1), "own".to_owned()).as_deref(), Some("own 0"));
        // Of all the oldest goes of whoever has the most.
        assert_eq!(named.put(owner(2), "a".to_owned()).as_deref(), Some("0"));
        assert_eq!(named.put(anyone, "0".to_owned()).as_deref(), Some("1"), "it comes anew");
        assert_eq!(named.order.values().map(VecDeque::len).sum::<usize>(), TASKS);
        assert_eq!(named.tasks.len(), TASKS);
    }
}
