//! Events pushed to an address that a client named.

use std::{sync::Arc, time::Duration};

use a2a::{
    A2AError, ListTaskPushNotificationConfigsRequest, ListTaskPushNotificationConfigsResponse, StreamResponse,
};
use a2a_server::{
    HttpPushSender, HttpPushSenderConfig, InMemoryPushConfigStore, PushConfigStore,
    pagination::resolve_page_size,
};

/// How long an address may take; the agent's next event waits for it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Pushes events. Addresses are checked by the SDK's sender, which reaches no loopback and no private network unless it
/// is told to.
pub struct Push {
    pub(super) configs: Arc<dyn PushConfigStore>,
    sender: HttpPushSender,
}

impl Push {
    /// Pushes by addresses that are kept in memory. `local` lets them be addresses of this machine, for tests.
    #[must_use]
    pub fn in_memory(local: bool) -> Self {
        let config = HttpPushSenderConfig { timeout: PATIENCE, fail_on_error: false, validate_urls: !local };
        Self { configs: Arc::new(InMemoryPushConfigStore::new()), sender: HttpPushSender::new(Some(config)) }
    }

    /// Sends `event` to everybody who asked for those of task `id`. One that does not answer is passed over.
    pub(super) async fn send(&self, id: &str, event: StreamResponse) {
        for config in self.configs.list(id).await.unwrap_or_default() {
            let _ = self.sender.send_push(&config, event.clone()).await;
        }
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
