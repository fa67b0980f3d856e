//! An A2A server in this process, and requests to it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{
    Router,
    body::Body,
    http::{Request, Response},
};
use ca2a_core::json::{self, Node, Object};
use ca2a_runtime::{
    a2a::{
        A2aServer, Demand, Engine, EngineLimits, Push,
        sdk::{
            A2AError, AgentCapabilities, AgentCard, AgentExecutor, AgentInterface, Artifact, BoxStream,
            ExecutorContext, Message, Part, Role, StreamResponse, Task, TaskArtifactUpdateEvent, TaskState,
            TaskStatus, TaskStatusUpdateEvent, stream,
        },
        tasks::MemoryTasks,
    },
    node::PeerNode,
    peer::{PeerRequest, message},
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// Echoes the text of a message, and does otherwise where the text says so.
#[derive(Default, Clone)]
pub struct Echo {
    /// How often it was set to work.
    pub worked: Arc<AtomicUsize>,
    /// How often it was asked to stop.
    pub canceled: Arc<AtomicUsize>,
    /// The headers that it saw last.
    pub seen: Arc<std::sync::Mutex<std::collections::HashMap<String, Vec<String>>>>,
    /// The message that it was given last.
    pub heard: Arc<std::sync::Mutex<Option<Message>>>,
    /// The metadata of the cancellation that it heard last.
    pub stop: Arc<std::sync::Mutex<Option<std::collections::HashMap<String, Value>>>>,
    /// The authority that it was given last.
    pub authority: Arc<std::sync::Mutex<Option<ca2a_delegation::Chain>>>,
    /// The task that it was told of last.
    pub known: Arc<std::sync::Mutex<Option<Task>>>,
    /// Lets go of who was asked to "wait".
    pub go: Arc<tokio::sync::Notify>,
    /// Whether it goes on with what it is asked to cancel.
    pub stubborn: Arc<std::sync::atomic::AtomicBool>,
}

pub fn status(context: &ExecutorContext, state: TaskState, text: &str) -> StreamResponse {
    StreamResponse::StatusUpdate(TaskStatusUpdateEvent {
        task_id: context.task_id.clone(),
        context_id: context.context_id.clone(),
        status: TaskStatus {
            state,
            message: Some(Message::new(Role::Agent, vec![Part::text(text)])),
            timestamp: None,
        },
        metadata: None,
    })
}

fn artifact(context: &ExecutorContext, id: &str) -> StreamResponse {
    StreamResponse::ArtifactUpdate(TaskArtifactUpdateEvent {
        task_id: context.task_id.clone(),
        context_id: context.context_id.clone(),
        artifact: Artifact {
            artifact_id: id.to_owned(),
            name: None,
            description: None,
            parts: vec![Part::text("x")],
            metadata: None,
            extensions: None,
        },
        append: None,
        last_chunk: Some(true),
        metadata: None,
    })
}

impl AgentExecutor for Echo {
    fn execute(&self, context: ExecutorContext) -> BoxStream<'static, Result<StreamResponse, A2AError>> {
        self.worked.fetch_add(1, Ordering::SeqCst);
        self.heard.lock().unwrap().clone_from(&context.message);
        self.known.lock().unwrap().clone_from(&context.stored_task);
        *self.seen.lock().unwrap() = context.service_params.clone();
        *self.authority.lock().unwrap() = ca2a_runtime::a2a::granted_authority();
        let text = context.message.as_ref().and_then(Message::text).unwrap_or_default().to_owned();
        let working = Ok(status(&context, TaskState::Working, "at work"));
        match text.as_str() {
            "fail" => Box::pin(stream::iter([working, Err(A2AError::internal("as asked"))])),
            "panic" => panic!("as asked"),
            "nothing" => Box::pin(stream::empty()),
            "ask" => {
                Box::pin(stream::iter([working, Ok(status(&context, TaskState::InputRequired, "what?"))]))
            }
            "ask and linger" => {
                use ca2a_runtime::a2a::sdk::stream::StreamExt as _;
                let late = artifact(&context, "late");
                let asks = Ok(status(&context, TaskState::InputRequired, "what?"));
                let later = stream::once(async move {
                    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                    Ok(late)
                });
                Box::pin(stream::iter([working, asks]).chain(later))
            }
            "for ever" => {
                use ca2a_runtime::a2a::sdk::stream::StreamExt as _;
                Box::pin(stream::iter([working]).chain(stream::pending()))
            }
            "wait" => {
                use ca2a_runtime::a2a::sdk::stream::StreamExt as _;
                let (go, done) = (Arc::clone(&self.go), status(&context, TaskState::Completed, "done"));
                let later = stream::once(async move {
                    go.notified().await;
                    Ok(done)
                });
                Box::pin(stream::iter([working]).chain(later))
            }
            "silence" => Box::pin(stream::pending()),
            "half" => {
                let half = artifact(&context, "half");
                Box::pin(stream::iter([Ok(half), Err(A2AError::internal("it broke off"))]))
            }
            "task and message" => {
                let message = Message::new(Role::Agent, vec![Part::text("hi")]);
                Box::pin(stream::iter([working, Ok(StreamResponse::Message(message))]))
            }
            "burst" => {
                let many = (0..500).map(move |_| Ok(status(&context, TaskState::Working, "more")));
                let done = Ok(status(&context_of(&working), TaskState::Completed, "done"));
                Box::pin(stream::iter(many.collect::<Vec<_>>().into_iter().chain([done])))
            }
            "babble" => {
                // It is never done, and always has something to say.
                use ca2a_runtime::a2a::sdk::stream::StreamExt as _;
                let more = std::iter::repeat_with(move || Ok(status(&context, TaskState::Working, "more")));
                Box::pin(stream::iter([working]).chain(stream::iter(more)))
            }
            "flood" => {
                // Made as it is asked for: what waits somewhere waits with whoever follows.
                use ca2a_runtime::a2a::sdk::stream::StreamExt as _;
                let done = status(&context, TaskState::Completed, "done");
                let word = "x".repeat(16 << 10);
                let many =
                    stream::iter(0..3000).map(move |_| Ok(status(&context, TaskState::Working, &word)));
                Box::pin(many.chain(stream::iter([Ok(done)])))
            }
            "message" => Box::pin(stream::iter([Ok(StreamResponse::Message(Message::new(
                Role::Agent,
                vec![Part::text("hi")],
            )))])),
            "forge" => {
                let forged = Task {
                    id: context.task_id.clone(),
                    context_id: context.context_id.clone(),
                    status: TaskStatus { state: TaskState::Completed, message: None, timestamp: None },
                    artifacts: None,
                    history: None,
                    metadata: Some([(format!("{}/record", message::EXTENSION_URI), json!("forged"))].into()),
                };
                Box::pin(stream::iter([Ok(StreamResponse::Task(forged))]))
            }
            other => Box::pin(stream::iter([working, Ok(status(&context, TaskState::Completed, other))])),
        }
    }

    fn cancel(&self, context: ExecutorContext) -> BoxStream<'static, Result<StreamResponse, A2AError>> {
        self.canceled.fetch_add(1, Ordering::SeqCst);
        *self.stop.lock().unwrap() = context.metadata.clone();
        self.known.lock().unwrap().clone_from(&context.stored_task);
        if self.stubborn.load(Ordering::SeqCst) {
            return Box::pin(stream::iter([Err(A2AError::task_not_cancelable(&context.task_id))]));
        }
        Box::pin(stream::empty())
    }
}

/// The task that an event is about.
fn context_of(event: &Result<StreamResponse, A2AError>) -> ExecutorContext {
    let Ok(StreamResponse::StatusUpdate(update)) = event else { panic!("a status is about a task") };
    ExecutorContext {
        message: None,
        task_id: update.task_id.clone(),
        stored_task: None,
        context_id: update.context_id.clone(),
        metadata: None,
        user: None,
        service_params: Default::default(),
        tenant: None,
    }
}

pub fn card() -> AgentCard {
    AgentCard {
        name: "echo".into(),
        description: "echoes".into(),
        version: "1".into(),
        supported_interfaces: vec![AgentInterface::new("http://127.0.0.1:1/", "JSONRPC")],
        capabilities: AgentCapabilities { streaming: Some(true), ..AgentCapabilities::default() },
        default_input_modes: vec!["text/plain".into()],
        default_output_modes: vec!["text/plain".into()],
        skills: Vec::new(),
        provider: None,
        documentation_url: None,
        icon_url: None,
        security_schemes: None,
        security_requirements: None,
        signatures: None,
    }
}

pub struct Served {
    pub node: Arc<PeerNode>,
    pub echo: Echo,
    pub tasks: Arc<MemoryTasks>,
    pub router: Router,
}

pub fn serve(node: PeerNode, demand: Demand) -> Served {
    serve_with(node, demand, EngineLimits::default())
}

pub fn serve_with(node: PeerNode, demand: Demand, limits: EngineLimits) -> Served {
    let (node, echo, tasks) = (Arc::new(node), Echo::default(), Arc::new(MemoryTasks::default()));
    let engine =
        Engine::new(echo.clone(), tasks.clone()).with_limits(limits).with_push(Push::in_memory(true));
    let server = A2aServer::new(node.clone(), engine, &card()).unwrap().with_demand(demand);
    Served { node, echo, tasks, router: server.into_router() }
}

/// The parameters of a message, with `request` in its metadata.
pub fn params(text: &str, request: Option<&PeerRequest>) -> Value {
    let mut params = Object::from([(
        "message",
        Node::from(Object::from([
            ("messageId", Node::from("m-1")),
            ("role", "ROLE_USER".into()),
            ("parts", Node::from_iter([Node::from(Object::from([("text", Node::from(text.to_owned()))]))])),
        ])),
    )]);
    if let Some(request) = request {
        let mut wrapped = Object::from([("params", Node::from(params))]);
        message::attach(&mut wrapped, request).unwrap();
        params = wrapped.get("params").and_then(Node::as_object).unwrap().clone();
    }
    serde_json::from_str(&json::to_text(&params.into())).unwrap()
}

impl Served {
    pub async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub async fn raw(&self, request: Request<Body>) -> (u16, Value) {
        let response = self.send(request).await;
        let status = response.status().as_u16();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    pub async fn jsonrpc(&self, method: &str, params: Value) -> Value {
        self.jsonrpc_with(method, params, None).await
    }

    pub async fn jsonrpc_with(&self, method: &str, params: Value, proof: Option<String>) -> Value {
        let body = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}).to_string();
        let mut request =
            Request::post("/").header("a2a-version", "1.0").header("content-type", "application/json");
        if let Some(proof) = proof {
            request = request.header("ca2a-holder-proof", proof);
        }
        let (status, answer) = self.raw(request.body(Body::from(body)).unwrap()).await;
        assert_eq!(status, 200);
        assert_eq!(answer["id"], 7);
        answer
    }

    pub async fn rest(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        proof: Option<String>,
    ) -> (u16, Value) {
        let mut request = Request::builder().method(method).uri(path).header("a2a-version", "1.0");
        if let Some(proof) = proof {
            request = request.header("ca2a-holder-proof", proof);
        }
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/a2a+json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.raw(request.body(body).unwrap()).await
    }
}
