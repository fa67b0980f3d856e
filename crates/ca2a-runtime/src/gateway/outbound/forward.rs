//! The local agent's requests to one peer, as a handler of the SDK's server (GATE-61 to GATE-68).

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use a2a::*;
use a2a_server::{RequestHandler, ServiceParams};
use async_trait::async_trait;
use ca2a_core::Capability;
use ca2a_delegation::Chain;
use futures_util::{StreamExt as _, stream::BoxStream};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{
    super::at_hand::CallsAtHand,
    OutboundError, Route,
    card::{self, Place},
    line::{Lines, PeerTransport},
    plain::{headers, inward, outward},
    under::{Holder, Means, Under},
};
use crate::{
    a2a::{
        client::{A2aCallError, Authority, Proved, Ready, TaskRequest},
        door,
    },
    node::PeerNode,
    system::{OsRandom, SystemClock},
};

/// Tasks of one peer whose holder is remembered; of an older one, the headers say whose it is.
const REMEMBERED: usize = 10_000;

/// Hands requests on to the peer of a route.
pub(super) struct Forwarder {
    route: Route,
    node: Arc<PeerNode>,
    at_hand: Arc<CallsAtHand>,
    lines: Lines,
    /// One for each request that is with the peer, a stream's until its end.
    slots: Arc<Semaphore>,
    made: Mutex<Made>,
}

/// Under whose key tasks were made, the oldest first.
#[derive(Default)]
struct Made {
    by: HashMap<String, Holder>,
    order: VecDeque<String>,
}

/// A message that may go out on its line.
struct Outgoing {
    line: Arc<PeerTransport>,
    message: Ready,
    holder: Holder,
    slot: OwnedSemaphorePermit,
}

/// A request about tasks that may go out on its line.
struct Asking<R> {
    line: Arc<PeerTransport>,
    asked: Proved<R>,
    slot: OwnedSemaphorePermit,
}

impl Forwarder {
    /// Hands on at most `at_once` requests at one time.
    pub(super) fn new(
        route: Route,
        node: Arc<PeerNode>,
        at_hand: Arc<CallsAtHand>,
        lines: Lines,
        at_once: usize,
    ) -> Self {
        let slots = Arc::new(Semaphore::new(at_once.min(Semaphore::MAX_PERMITS)));
        Self { route, node, at_hand, lines, slots, made: Mutex::default() }
    }

    /// The peer's card as the agent sees it, which finds the peer at `place`.
    ///
    /// # Errors
    /// A peer that does not answer, or whose card is not believed.
    pub(super) async fn card(&self, place: &Place) -> Result<Vec<u8>, OutboundError> {
        let card = self.lines.card(&self.route).await?;
        card::shown(&card, &self.node, place)
    }

    fn means(&self) -> Means<'_> {
        Means { at_hand: &self.at_hand, key: self.node.identity(), clock: &SystemClock, random: &OsRandom }
    }

    async fn outgoing(
        &self,
        params: &ServiceParams,
        mut request: SendMessageRequest,
    ) -> Result<Outgoing, A2AError> {
        door::check_version(params)?;
        door::check_message(&request)?;
        let asked = request.configuration.as_ref();
        if asked.is_some_and(|asked| asked.task_push_notification_config.is_some()) {
            return Err(A2AError::push_notification_not_supported());
        }
        inward(&mut request);
        let made_by = request.message.task_id.as_ref().and_then(|task| self.made().by.get(task).copied());
        let under = self.route.under(params, made_by, &self.means()).map_err(OutboundError::tell)?;
        let Under { authority, grant, holder } = under;
        let slot = self.slot()?;
        let ready = async {
            let line = self.lines.of(&self.route, holder, &authority).await?;
            let message = line.ready(&authority, grant.as_ref(), headers(params), request).await?;
            Ok((line, message))
        };
        let (line, message) = self.in_time(ready).await?;
        Ok(Outgoing { line, message, holder, slot })
    }

    /// A `request` about tasks, under the key that made them.
    async fn asking<R: TaskRequest>(
        &self,
        params: &ServiceParams,
        request: R,
    ) -> Result<Asking<R>, A2AError> {
        door::check_version(params)?;
        let task = request.task_id();
        task.map_or(Ok(()), door::check_id)?;
        let known = task.and_then(|task| self.made().by.get(task).copied());
        let holder = known.map_or_else(|| self.route.holder(params, &self.means()), Ok);
        let holder = holder.map_err(OutboundError::tell)?;
        let authority = self.authority(holder).map_err(OutboundError::tell)?;
        let slot = self.slot()?;
        let ready = async {
            let line = self.lines.of(&self.route, holder, &authority).await?;
            let asked = line.proved(&headers(params), request).await?;
            Ok((line, asked))
        };
        let (line, asked) = self.in_time(ready).await?;
        Ok(Asking { line, asked, slot })
    }

    /// A place among the requests that are with the peer.
    fn slot(&self) -> Result<OwnedSemaphorePermit, A2AError> {
        let slot = Arc::clone(&self.slots).try_acquire_owned();
        slot.map_err(|_| OutboundError::Busy(self.route.name.clone()).tell())
    }

    /// What is done before anything is sent, which is given up where it takes longer than a peer is waited for: the agent has
    /// its answer by then, and nothing goes out later.
    async fn in_time<T>(
        &self,
        ready: impl Future<Output = Result<T, OutboundError>> + Send,
    ) -> Result<T, A2AError> {
        let patience = self.lines.patience();
        let late = || OutboundError::Late { name: self.route.name.clone(), seconds: patience.as_secs_f64() };
        let ready = timeout(patience, ready).await.unwrap_or_else(|_| Err(late()));
        ready.map_err(|error| self.failed(error))
    }

    /// Nothing but a key: requests about tasks show no chain.
    fn authority(&self, holder: Holder) -> Result<Authority, OutboundError> {
        let standing = self.route.standing.as_ref().map(|standing| &standing.key);
        let key = match holder {
            Holder::Standing => standing,
            Holder::Node => self.node.identity(),
        };
        let key = key.ok_or_else(|| OutboundError::NoStanding(self.route.name.clone()))?;
        Ok(Authority::new(Chain::from_iter([]), key.clone(), self.any_capability()?))
    }

    fn any_capability(&self) -> Result<Capability, OutboundError> {
        let first = self.route.allowed.iter().next().cloned();
        first.ok_or_else(|| OutboundError::NotChosen(self.route.name.clone()))
    }

    /// Says why. A peer that is not any more what its card said is found anew by the next call.
    fn failed(&self, error: impl Into<OutboundError>) -> A2AError {
        let error = error.into();
        if error.is_of_another_peer() {
            self.lines.let_go();
        }
        error.tell()
    }

    fn remember(&self, task: &str, holder: Holder) {
        let mut made = self.made();
        if made.by.insert(task.to_owned(), holder).is_none() {
            made.order.push_back(task.to_owned());
        }
        if made.order.len() > REMEMBERED
            && let Some(oldest) = made.order.pop_front()
        {
            made.by.remove(&oldest);
        }
    }

    fn made(&self) -> std::sync::MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Events = BoxStream<'static, Result<StreamResponse, A2AError>>;

#[async_trait]
impl RequestHandler for Forwarder {
    async fn send_message(
        &self,
        params: &ServiceParams,
        request: SendMessageRequest,
    ) -> Result<SendMessageResponse, A2AError> {
        let Outgoing { line, message, holder, slot: _slot } = self.outgoing(params, request).await?;
        let answered = line.sent(message).await;
        let response = answered.map_err(|error| self.failed(error))?.response;
        if let SendMessageResponse::Task(task) = &response {
            self.remember(&task.id, holder);
        }
        outward(&response)
    }

    async fn send_streaming_message(
        &self,
        params: &ServiceParams,
        request: SendMessageRequest,
    ) -> Result<Events, A2AError> {
        let Outgoing { line, message, holder, slot } = self.outgoing(params, request).await?;
        let answered = line.streamed(message).await;
        let mut events = answered.map_err(|error| self.failed(error))?.events;
        // The first event says what the task is called; and a peer that refuses does so in it.
        let first = events.next().await;
        if let Some(Ok(StreamResponse::Task(task))) = &first {
            self.remember(&task.id, holder);
        }
        if let Some(Err(error)) = first {
            return Err(self.failed(error));
        }
        Ok(passed_on(Box::pin(futures_util::stream::iter(first).chain(events)), slot))
    }

    async fn get_task(&self, params: &ServiceParams, request: GetTaskRequest) -> Result<Task, A2AError> {
        let Asking { line, asked, slot: _slot } = self.asking(params, request).await?;
        outward(&line.get(asked).await.map_err(|error| self.failed(error))?)
    }

    async fn list_tasks(
        &self,
        params: &ServiceParams,
        request: ListTasksRequest,
    ) -> Result<ListTasksResponse, A2AError> {
        let Asking { line, asked, slot: _slot } = self.asking(params, request).await?;
        outward(&line.list(asked).await.map_err(|error| self.failed(error))?)
    }

    async fn cancel_task(
        &self,
        params: &ServiceParams,
        request: CancelTaskRequest,
    ) -> Result<Task, A2AError> {
        let Asking { line, asked, slot: _slot } = self.asking(params, request).await?;
        outward(&line.cancel(asked).await.map_err(|error| self.failed(error))?)
    }

    async fn subscribe_to_task(
        &self,
        params: &ServiceParams,
        request: SubscribeToTaskRequest,
    ) -> Result<Events, A2AError> {
        let Asking { line, asked, slot } = self.asking(params, request).await?;
        Ok(passed_on(line.subscribe(asked).await.map_err(|error| self.failed(error))?, slot))
    }

    async fn create_push_config(
        &self,
        params: &ServiceParams,
        _: TaskPushNotificationConfig,
    ) -> Result<TaskPushNotificationConfig, A2AError> {
        no_push(params)
    }

    async fn get_push_config(
        &self,
        params: &ServiceParams,
        _: GetTaskPushNotificationConfigRequest,
    ) -> Result<TaskPushNotificationConfig, A2AError> {
        no_push(params)
    }

    async fn list_push_configs(
        &self,
        params: &ServiceParams,
        _: ListTaskPushNotificationConfigsRequest,
    ) -> Result<ListTaskPushNotificationConfigsResponse, A2AError> {
        no_push(params)
    }

    async fn delete_push_config(
        &self,
        params: &ServiceParams,
        _: DeleteTaskPushNotificationConfigRequest,
    ) -> Result<(), A2AError> {
        no_push(params)
    }

    async fn get_extended_agent_card(
        &self,
        params: &ServiceParams,
        _: GetExtendedAgentCardRequest,
    ) -> Result<AgentCard, A2AError> {
        door::check_version(params)?;
        Err(A2AError::unsupported_operation("a peer has one card here"))
    }
}

/// Push is off here.
fn no_push<T>(params: &ServiceParams) -> Result<T, A2AError> {
    door::check_version(params)?;
    Err(A2AError::push_notification_not_supported())
}

/// The events of a peer as the agent sees them. They have their `slot` until their end.
fn passed_on(
    events: BoxStream<'static, Result<StreamResponse, A2aCallError>>,
    slot: OwnedSemaphorePermit,
) -> Events {
    Box::pin(events.map(move |event| {
        let _held = &slot;
        match event {
            Ok(event) => outward(&event),
            Err(error) => Err(OutboundError::from(error).tell()),
        }
    }))
}
