//! The local agent's requests to one peer, as a handler of the SDK's server (GATE-61 to GATE-68).

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use a2a::*;
use a2a_client::transport::Transport as _;
use a2a_server::{RequestHandler, ServiceParams};
use async_trait::async_trait;
use ca2a_core::{Capability, ErrorCode};
use ca2a_delegation::{Chain, Credential};
use futures_util::{StreamExt as _, stream::BoxStream};

use super::{
    super::at_hand::CallsAtHand,
    OutboundError, Route,
    card::{self, Place},
    line::{Lines, PeerTransport},
    plain::{headers, inward, outward},
    under::{Holder, Means},
};
use crate::{
    a2a::{
        client::{A2aCallError, Authority},
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
    made: Mutex<Made>,
}

/// Under whose key tasks were made, the oldest first.
#[derive(Default)]
struct Made {
    by: HashMap<String, Holder>,
    order: VecDeque<String>,
}

/// A message on its way.
struct Outgoing {
    line: Arc<PeerTransport>,
    authority: Authority,
    grant: Option<Credential>,
    holder: Holder,
    params: ServiceParams,
}

impl Forwarder {
    pub(super) fn new(route: Route, node: Arc<PeerNode>, at_hand: Arc<CallsAtHand>, lines: Lines) -> Self {
        Self { route, node, at_hand, lines, made: Mutex::default() }
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
        request: &mut SendMessageRequest,
    ) -> Result<Outgoing, A2AError> {
        door::check_version(params)?;
        door::check_message(request)?;
        let asked = request.configuration.as_ref();
        if asked.is_some_and(|asked| asked.task_push_notification_config.is_some()) {
            return Err(A2AError::push_notification_not_supported());
        }
        inward(request);
        let under = self.route.under(params, &self.means()).map_err(OutboundError::tell)?;
        let line = self.lines.of(&self.route, under.holder, &under.authority).await;
        let line = line.map_err(|error| self.failed(error))?;
        let (authority, grant, holder) = (under.authority, under.grant, under.holder);
        Ok(Outgoing { line, authority, grant, holder, params: headers(params) })
    }

    /// The line on which a request about `task` is made, and what goes with it.
    async fn asking(
        &self,
        params: &ServiceParams,
        task: Option<&str>,
    ) -> Result<(Arc<PeerTransport>, ServiceParams), A2AError> {
        door::check_version(params)?;
        if let Some(task) = task {
            door::check_id(task)?;
        }
        let known = task.and_then(|task| self.made().by.get(task).copied());
        let holder = known.map_or_else(|| self.route.holder(params, &self.means()), Ok);
        let holder = holder.map_err(OutboundError::tell)?;
        let authority = self.authority(holder).map_err(OutboundError::tell)?;
        let line = self.lines.of(&self.route, holder, &authority).await;
        Ok((line.map_err(|error| self.failed(error))?, headers(params)))
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
        if error.code() == ErrorCode::AttestationFailed {
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
        mut request: SendMessageRequest,
    ) -> Result<SendMessageResponse, A2AError> {
        let Outgoing { line, authority, grant, holder, params } = self.outgoing(params, &mut request).await?;
        let answered = line.send_under(&authority, grant.as_ref(), params, request).await;
        let response = answered.map_err(|error| self.failed(error))?.response;
        if let SendMessageResponse::Task(task) = &response {
            self.remember(&task.id, holder);
        }
        outward(&response)
    }

    async fn send_streaming_message(
        &self,
        params: &ServiceParams,
        mut request: SendMessageRequest,
    ) -> Result<Events, A2AError> {
        let Outgoing { line, authority, grant, holder, params } = self.outgoing(params, &mut request).await?;
        let answered = line.stream_under(&authority, grant.as_ref(), params, request).await;
        let mut events = answered.map_err(|error| self.failed(error))?.events;
        // The first event says what the task is called; and a peer that refuses does so in it.
        let first = events.next().await;
        if let Some(Ok(StreamResponse::Task(task))) = &first {
            self.remember(&task.id, holder);
        }
        if let Some(Err(error)) = first {
            return Err(self.failed(error));
        }
        let events = futures_util::stream::iter(first).chain(events);
        Ok(Box::pin(events.map(|event| match event {
            Ok(event) => outward(&event),
            Err(error) => Err(OutboundError::from(error).tell()),
        })))
    }

    async fn get_task(&self, params: &ServiceParams, request: GetTaskRequest) -> Result<Task, A2AError> {
        let (line, params) = self.asking(params, Some(&request.id)).await?;
        outward(&line.get_task(&params, &request).await.map_err(told)?)
    }

    async fn list_tasks(
        &self,
        params: &ServiceParams,
        request: ListTasksRequest,
    ) -> Result<ListTasksResponse, A2AError> {
        let (line, params) = self.asking(params, None).await?;
        outward(&line.list_tasks(&params, &request).await.map_err(told)?)
    }

    async fn cancel_task(
        &self,
        params: &ServiceParams,
        request: CancelTaskRequest,
    ) -> Result<Task, A2AError> {
        let (line, params) = self.asking(params, Some(&request.id)).await?;
        outward(&line.cancel_task(&params, &request).await.map_err(told)?)
    }

    async fn subscribe_to_task(
        &self,
        params: &ServiceParams,
        request: SubscribeToTaskRequest,
    ) -> Result<Events, A2AError> {
        let (line, params) = self.asking(params, Some(&request.id)).await?;
        let events = line.subscribe_to_task(&params, &request).await.map_err(told)?;
        Ok(Box::pin(events.map(|event| event.map_err(told).and_then(|event| outward(&event)))))
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

/// What the peer said to a request about tasks.
fn told(error: A2AError) -> A2AError {
    OutboundError::from(A2aCallError::Refused(error)).tell()
}
