//! The agent behind a gateway, as an executor of the A2A server.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use a2a::{
    A2AError, Message, Part, Role, SendMessageConfiguration, StreamResponse, TaskState, TaskStatus,
    TaskStatusUpdateEvent, error_code, methods,
};
use a2a_server::{AgentExecutor, ExecutorContext, ServiceParams};
use ca2a_core::{ErrorCode, VerifyingKey};
use ca2a_delegation::Chain;
use ca2a_trace::ParentLink;
use futures_util::stream::{self, BoxStream};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::{
    CallsAtHand, UpstreamAddress, UpstreamBinding, UpstreamError,
    at_hand::{CallAtHand, Entered, TraceId},
    conversation,
    exchange::{Events, Exchange, Reply, Said, event, failed, is_last, waits},
    headers,
    rewrite::{Ids, Theirs},
};
use crate::{
    a2a::{accepted_output_modes, call_at_hand, door::Refusal, granted_authority, granted_call},
    calls::{Binding, CallStore, OpenCall},
};

/// How long and how large an agent's answers may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpstreamLimits {
    /// From a request to the head of its answer, and from one event to the next.
    pub silence: Duration,
    /// Bytes of one event or answer.
    pub max_event: usize,
    /// Events of one call.
    pub max_events: usize,
    /// Between two looks at a task of an agent that does not stream.
    pub poll: Duration,
}

impl Default for UpstreamLimits {
    /// Five minutes, 1 MiB, 100,000 events, half a second.
    fn default() -> Self {
        Self {
            silence: Duration::from_secs(300),
            max_event: 1 << 20,
            max_events: 100_000,
            poll: Duration::from_millis(500),
        }
    }
}

/// Hands calls on to the agent at an address.
#[derive(Clone)]
pub struct UpstreamAgent {
    address: UpstreamAddress,
    binding: UpstreamBinding,
    /// Where the caller names none.
    tenant: Option<String>,
    streams: bool,
    limits: UpstreamLimits,
    calls: Arc<dyn CallStore>,
    /// What the agent may call others for, and the key that authority is handed down to.
    at_hand: Arc<CallsAtHand>,
    key: Option<VerifyingKey>,
    /// Tasks at work, by our id.
    at_work: Arc<Mutex<HashMap<String, Theirs>>>,
}

impl UpstreamAgent {
    /// The agent at `address`. What its tasks are called there is kept in `calls`.
    #[must_use]
    pub fn new(address: UpstreamAddress, calls: Arc<dyn CallStore>) -> Self {
        Self {
            address,
            binding: UpstreamBinding::default(),
            tenant: None,
            streams: true,
            limits: UpstreamLimits::default(),
            calls,
            at_hand: Arc::default(),
            key: None,
            at_work: Arc::default(),
        }
    }

    /// What the agent speaks; JSON-RPC unless given.
    #[must_use]
    pub fn speaking(mut self, binding: UpstreamBinding) -> Self {
        self.binding = binding;
        self
    }

    /// The tenant that the agent is asked under, as its card says.
    #[must_use]
    pub fn under(mut self, tenant: Option<String>) -> Self {
        self.tenant = tenant;
        self
    }

    /// Whether the agent streams, as its card says.
    #[must_use]
    pub fn streams(mut self, streams: bool) -> Self {
        self.streams = streams;
        self
    }

    /// Its limits.
    #[must_use]
    pub fn with_limits(mut self, limits: UpstreamLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Says in `at_hand` which calls the agent works on, with what was handed down to `key`.
    #[must_use]
    pub fn showing(mut self, at_hand: Arc<CallsAtHand>, key: Option<VerifyingKey>) -> Self {
        (self.at_hand, self.key) = (at_hand, key);
        self
    }

    /// Shows that the agent is at work on `call`, the one that was granted.
    fn enter(&self, call: &OpenCall, params: &ServiceParams) -> Option<Entered> {
        let granted = granted_call()?;
        let ours = |chain: &Chain| {
            let leaf = chain.credentials().ok().and_then(|hops| hops.last().map(|leaf| *leaf.subject()));
            leaf.is_some() && leaf == self.key
        };
        let grant = granted_authority().filter(ours);
        let record = ParentLink::Record(granted.record.hash());
        let call_at_hand = CallAtHand { record, grant, trace: TraceId::of(params) };
        Some(self.at_hand.enter(call.id(), call_at_hand))
    }

    fn exchange(&self, context: &ExecutorContext) -> Exchange {
        Exchange {
            address: self.address.clone(),
            binding: self.binding,
            headers: headers::of_call(&context.service_params),
            limits: self.limits,
        }
    }

    /// The ids of a task of which the agent has said nothing yet.
    fn ids(&self, context: &ExecutorContext) -> Ids {
        let asked = context.tenant.clone().filter(|tenant| !tenant.is_empty());
        Ids {
            task: context.task_id.clone(),
            context: context.context_id.clone(),
            tenant: asked.or_else(|| self.tenant.clone()),
            theirs: None,
        }
    }

    /// What a task that was begun before is called at the agent, and under which tenant.
    async fn theirs(&self, ids: &Ids) -> Result<Option<Theirs>, A2AError> {
        if let Some(theirs) = self.at_work().get(&ids.task) {
            return Ok(Some(theirs.clone()));
        }
        let kept = self.calls.binding(&ids.task).await;
        let kept = kept.map_err(|error| A2AError::internal(error.to_string()))?;
        let theirs = kept.as_deref().and_then(Theirs::from_json);
        Ok(theirs.map(|theirs| Theirs { tenant: theirs.tenant.or_else(|| ids.tenant.clone()), ..theirs }))
    }

    fn at_work(&self) -> std::sync::MutexGuard<'_, HashMap<String, Theirs>> {
        self.at_work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AgentExecutor for UpstreamAgent {
    fn execute(&self, context: ExecutorContext) -> BoxStream<'static, Result<StreamResponse, A2AError>> {
        let call = call_at_hand();
        let forward = Forward {
            agent: self.clone(),
            _entered: call.as_ref().and_then(|call| self.enter(call, &context.service_params)),
            call,
            ids: self.ids(&context),
            exchange: self.exchange(&context),
            step: Step::Begin(Box::new(context)),
            accepted: accepted_output_modes(),
            seen: None,
            events: 0,
        };
        Box::pin(stream::unfold(forward, |mut forward| async move {
            let event = forward.next().await.transpose()?;
            Some((event, forward))
        }))
    }

    fn cancel(&self, context: ExecutorContext) -> BoxStream<'static, Result<StreamResponse, A2AError>> {
        let agent = self.clone();
        Box::pin(stream::once(async move {
            let ids = agent.ids(&context);
            let theirs = agent.theirs(&ids).await?;
            let theirs = theirs.ok_or_else(|| A2AError::task_not_cancelable(&context.task_id))?;
            let exchange = agent.exchange(&context);
            let asked = exchange.ask(methods::CANCEL_TASK, theirs.params().into()).await;
            match asked.map_err(|error| not_canceled(&error))? {
                Said::Once(Reply::Result(task)) => {
                    let mut event = event(json!({ "task": task })).map_err(|error| not_canceled(&error))?;
                    let mut ids = Ids { theirs: Some(theirs), ..ids };
                    ids.rewrite(&mut event).map_err(|error| not_canceled(&error))?;
                    Ok(event)
                }
                Said::Once(Reply::Refused(_)) | Said::Stream(_) => {
                    Err(A2AError::task_not_cancelable(&context.task_id))
                }
            }
        }))
    }
}

/// A cancellation of which nobody knows what it did at the agent, or that did not reach it.
fn not_canceled(error: &UpstreamError) -> A2AError {
    let code = match error {
        UpstreamError::Connect(_) => ErrorCode::UpstreamFailed,
        _ => ErrorCode::OutcomeUnknown,
    };
    Refusal::new(code, error).tell()
}

/// One message on its way to the agent and back.
struct Forward {
    agent: UpstreamAgent,
    call: Option<Arc<OpenCall>>,
    _entered: Option<Entered>,
    ids: Ids,
    exchange: Exchange,
    step: Step,
    /// What the caller accepts as output.
    accepted: Vec<String>,
    /// The last that an agent said which does not stream.
    seen: Option<Value>,
    events: usize,
}

enum Step {
    Begin(Box<ExecutorContext>),
    Stream(Box<Events>),
    Poll,
    Done,
}

impl Drop for Forward {
    fn drop(&mut self) {
        self.agent.at_work().remove(&self.ids.task);
    }
}

impl Forward {
    /// The next event; nothing after the last.
    async fn next(&mut self) -> Result<Option<StreamResponse>, A2AError> {
        match self.advance().await {
            Ok(event) => Ok(event),
            Err(error) => {
                self.step = Step::Done;
                Err(error)
            }
        }
    }

    async fn advance(&mut self) -> Result<Option<StreamResponse>, A2AError> {
        let said = match std::mem::replace(&mut self.step, Step::Done) {
            Step::Done => return Ok(None),
            Step::Begin(context) => self.begin(*context).await?,
            Step::Poll => self.look().await?,
            Step::Stream(events) => Said::Stream(events),
        };
        let (reply, next) = match said {
            Said::Once(reply) => (reply, Step::Poll),
            Said::Stream(mut events) => {
                let reply = events.next().await.map_err(|error| failed(&error))?;
                let broken = || UpstreamError::Broken("its stream ended before its task did".to_owned());
                (reply.ok_or_else(|| failed(&broken()))?, Step::Stream(events))
            }
        };
        match reply {
            Reply::Result(result) => {
                let event = self.take(result)?;
                if !is_last(&event) {
                    self.step = next;
                }
                Ok(Some(event))
            }
            Reply::Refused(message) => Ok(Some(self.refused(&message))),
        }
    }

    /// How the task stands at an agent that does not stream, once that is another way than before.
    async fn look(&self) -> Result<Said, A2AError> {
        let mut params = self.ids.theirs.as_ref().map(Theirs::params).unwrap_or_default();
        params.insert("historyLength".to_owned(), 0.into());
        let params = Value::from(params);
        loop {
            sleep(self.agent.limits.poll).await;
            let said = self.exchange.ask(methods::GET_TASK, params.clone()).await;
            let task = match said.map_err(|error| failed(&error))? {
                Said::Once(Reply::Result(task)) => json!({ "task": task }),
                other => return Ok(other),
            };
            if self.seen.as_ref() != Some(&task) {
                return Ok(Said::Once(Reply::Result(task)));
            }
        }
    }

    /// An agent that does not stream is asked to name its new task at once: then the work may take long, and be cancelled. How
    /// a task stands that goes on says nothing of whether its agent has taken the message up, so that answer is waited for.
    fn configuration(&mut self) -> Option<SendMessageConfiguration> {
        let at_once = !self.agent.streams && self.ids.theirs.is_none();
        let accepted = Some(std::mem::take(&mut self.accepted)).filter(|modes| !modes.is_empty());
        (at_once || accepted.is_some()).then_some(SendMessageConfiguration {
            accepted_output_modes: accepted,
            task_push_notification_config: None,
            history_length: None,
            return_immediately: at_once.then_some(true),
        })
    }

    /// S2.
    async fn begin(&mut self, context: ExecutorContext) -> Result<Said, A2AError> {
        let taken_back = |forward: &Self| forward.call.iter().for_each(|call| call.take_back());
        if let Some(fact) = headers::unsaid(&context.service_params) {
            taken_back(self);
            return Err(A2AError::internal(format!(
                "`{fact}` is nothing that a header tells an agent as it is"
            )));
        }
        if context.stored_task.is_some() {
            let theirs = self.agent.theirs(&self.ids).await;
            self.ids.theirs = theirs.inspect_err(|_| taken_back(self))?;
            if self.ids.theirs.is_none() {
                taken_back(self);
                return Err(A2AError::internal("what the agent calls this task is not known any more"));
            }
        }
        let Some(mut message) = context.message else {
            taken_back(self);
            return Err(A2AError::new(error_code::INVALID_PARAMS, "there is no message to hand on"));
        };
        message.task_id = self.ids.theirs.as_ref().map(|theirs| theirs.task.clone());
        message.context_id = Some(match &self.ids.theirs {
            Some(theirs) => theirs.context.clone(),
            None => conversation::at_agent(&context.service_params, &self.ids.context),
        });
        message.reference_task_ids = None;
        if let Some(uris) = &mut message.extensions {
            uris.retain(|uri| uri != crate::peer::message::EXTENSION_URI);
        }
        // A task is known at the agent under the tenant that it was begun under.
        let tenant = self.ids.theirs.as_ref().map_or(&self.ids.tenant, |theirs| &theirs.tenant).clone();
        let request = a2a::SendMessageRequest {
            message,
            configuration: self.configuration(),
            metadata: context.metadata,
            tenant,
        };
        let params = a2a_pb::protojson_conv::to_value(&request);
        let params: Value = params.map_err(|error| {
            taken_back(self);
            A2AError::internal(error.to_string())
        })?;
        let method = if self.agent.streams { methods::SEND_STREAMING_MESSAGE } else { methods::SEND_MESSAGE };
        let asked = self.exchange.ask(method, params).await;
        if let Err(UpstreamError::Connect(_)) = &asked {
            taken_back(self);
        }
        asked.map_err(|error| failed(&error))
    }

    /// Takes one result in.
    fn take(&mut self, result: Value) -> Result<StreamResponse, A2AError> {
        self.events = self.events.saturating_add(1);
        if self.events > self.agent.limits.max_events {
            let error = UpstreamError::Malformed("it has no end".to_owned());
            return Err(failed(&error));
        }
        self.seen = (!self.agent.streams).then(|| result.clone());
        let mut event = event(result).map_err(|error| failed(&error))?;
        // An answer is one message, or a task and what happens to it.
        if self.events > 1 && matches!(event, StreamResponse::Message(_)) {
            let error = UpstreamError::Malformed("a message comes after its task".to_owned());
            return Err(failed(&error));
        }
        self.ids.rewrite(&mut event).map_err(|error| failed(&error))?;
        if let Some(theirs) = &self.ids.theirs {
            self.agent.at_work().insert(self.ids.task.clone(), theirs.clone());
            // Only a task that waits for its caller is asked for again.
            if let (true, Some(call)) = (waits(&event), &self.call) {
                let (task, elsewhere) = (self.ids.task.clone(), theirs.to_json());
                call.bind(Binding { task, elsewhere });
            }
        }
        Ok(event)
    }

    /// The agent's own refusal, which is an answer.
    fn refused(&self, message: &str) -> StreamResponse {
        let text: String = format!("the agent refused: {message}").chars().take(500).collect();
        let mut message = Message::new(Role::Agent, vec![Part::text(text)]);
        message.task_id = Some(self.ids.task.clone());
        message.context_id = Some(self.ids.context.clone());
        StreamResponse::StatusUpdate(TaskStatusUpdateEvent {
            task_id: self.ids.task.clone(),
            context_id: self.ids.context.clone(),
            status: TaskStatus { state: TaskState::Failed, message: Some(message), timestamp: None },
            metadata: None,
        })
    }
}
