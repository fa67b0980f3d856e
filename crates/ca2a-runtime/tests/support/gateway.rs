//! An agent behind a gateway that does what the text of a message says, and remembers what it was asked.

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, Response, StatusCode},
    routing::{get, post},
};
use ca2a_core::{ErrorCode, Sha256, canonical};
use ca2a_policy::AllowSet;
use ca2a_runtime::{
    a2a::{access::TaskAccess, tasks::MemoryTasks},
    calls::{CallId, CallStore as _, DurableCalls, Outcome, OutcomeStatement},
    gateway::{CallsAtHand, Gateway, UpstreamAddress, UpstreamLimits},
    node::PeerNode,
    peer::{CallerRequirement, PeerRequest},
    store::{MemoryReplayStore, RecordStore, ReplayLimits},
};
use futures_util::StreamExt as _;
use http_body_util::BodyExt as _;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    task::JoinHandle,
};
use tower::ServiceExt as _;

use crate::support::scene::{self, capability, key};

/// The extension's prefix.
pub const E: &str = "https://agentrust-io.com/extensions/ca2a/v0.1";

/// One request as the agent got it.
#[derive(Debug, Clone)]
pub struct Seen {
    pub headers: HeaderMap,
    pub body: Value,
}

#[derive(Clone, Default)]
pub struct Script {
    pub seen: Arc<Mutex<Vec<Seen>>>,
    /// Lets a message `late` be answered.
    pub gate: Arc<tokio::sync::Notify>,
    /// How many looks at its task show it at work.
    pub looks: Arc<AtomicUsize>,
    /// Whether it works on whoever cancels.
    pub goes_on: bool,
    /// Under which alone it knows its task.
    pub tenant: Option<&'static str>,
}

impl Script {
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// How many messages it was sent.
    pub fn messages(&self) -> usize {
        let sent = |seen: &&Seen| seen.body["method"].as_str().unwrap_or_default().starts_with("Send");
        self.seen().iter().filter(sent).count()
    }
}

const CARD: &str = r#"{
    "name": "stock", "description": "an agent that knows nothing of us", "version": "1",
    "supportedInterfaces": [{"url": "http://127.0.0.1:1/", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}],
    "capabilities": {"streaming": STREAMING, "pushNotifications": true},
    "defaultInputModes": ["text/plain"], "defaultOutputModes": ["text/plain"], "skills": [{"id": "s", "name": "s", "description": "s", "tags": ["s"]}],
    "signatures": [{"protected": "e30", "signature": "AA"}]
}"#;

/// Its card.
pub fn stock_card(streaming: bool) -> Value {
    serde_json::from_str(&CARD.replace("STREAMING", if streaming { "true" } else { "false" })).unwrap()
}

fn agent(script: Script, streaming: bool) -> Router {
    let mut card = stock_card(streaming);
    if let Some(tenant) = script.tenant {
        card["supportedInterfaces"][0]["tenant"] = tenant.into();
    }
    let card = card.to_string();
    Router::new()
        .route("/.well-known/agent-card.json", get(move || std::future::ready(card.clone())))
        .route("/rpc", post(answer))
        .with_state(script)
}

fn status(task: &str, state: &str, text: &str) -> Value {
    json!({ "statusUpdate": { "taskId": task, "contextId": "their-context", "status": {
        "state": state, "message": { "messageId": "s", "role": "ROLE_AGENT", "parts": [{ "text": text }] },
    } } })
}

fn task(id: &str, state: &str) -> Value {
    json!({ "task": { "id": id, "contextId": "their-context", "status": { "state": state } } })
}

fn artifact(text: &str) -> Value {
    json!({ "artifactUpdate": { "taskId": "their-task", "contextId": "their-context", "artifact": {
        "artifactId": "a", "parts": [{ "text": text }],
    } } })
}

/// Answers a JSON-RPC request.
pub async fn answer(State(script): State<Script>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let body: Value = serde_json::from_slice(&body).unwrap();
    script.seen.lock().unwrap().push(Seen { headers, body: body.clone() });
    let (method, text) =
        (body["method"].as_str().unwrap(), body["params"]["message"]["parts"][0]["text"].as_str());
    if body["params"]["tenant"].as_str() != script.tenant {
        return once(json!({ "error": { "code": -32001, "message": "no such task" } }));
    }
    let working = task("their-task", "TASK_STATE_WORKING");
    let message =
        json!({ "message": { "messageId": "m", "role": "ROLE_AGENT", "parts": [{ "text": "hi" }] } });
    let done = |text: &str| status("their-task", "TASK_STATE_COMPLETED", text);
    match (method, text.unwrap_or_default()) {
        ("GetTask", _) if script.looks.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() => {
            once(json!({ "result": working["task"] }))
        }
        ("GetTask", _) => once(json!({ "result": task("their-task", "TASK_STATE_COMPLETED")["task"] })),
        ("CancelTask", _) => {
            let left = if script.goes_on { "TASK_STATE_WORKING" } else { "TASK_STATE_CANCELED" };
            once(json!({ "result": task("their-task", left)["task"] }))
        }
        // Names its task at once where it is asked to, and else when it is done.
        ("SendMessage", "slow") => {
            if body["params"]["configuration"]["returnImmediately"] != true {
                tokio::time::sleep(Duration::from_secs(600)).await;
            }
            once(json!({ "result": working }))
        }
        ("SendMessage", "at work") => once(json!({ "result": working })),
        ("SendMessage", _) => once(json!({ "result": task("their-task", "TASK_STATE_COMPLETED") })),
        (_, "refuse") => once(json!({ "error": { "code": -32004, "message": "not today" } })),
        (_, "nonsense") => once(json!({ "neither": 1 })),
        (_, "html") => Response::new(Body::from("<html>")),
        (_, "status") => {
            let mut response = Response::new(Body::from("no"));
            *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            response
        }
        (_, "late") => {
            script.gate.notified().await;
            stream(vec![working, done("late")], false)
        }
        (_, "at work, and late") => {
            let gate = script.gate.clone();
            let end = futures_util::stream::once(async move {
                gate.notified().await;
                line(done("late"))
            });
            let begin = futures_util::stream::iter([line(working)]);
            events(Body::from_stream(begin.chain(end)))
        }
        (_, "silent") => {
            tokio::time::sleep(Duration::from_secs(600)).await;
            Response::new(Body::empty())
        }
        (_, "pause") => stream(vec![working], true),
        (_, "cut") => stream(vec![working, artifact("half")], false),
        (_, "huge") => stream(vec![working, artifact(&"x".repeat(1 << 20)), done("never")], false),
        (_, "another") => {
            stream(vec![working, status("another-task", "TASK_STATE_COMPLETED", "lie"), done("never")], false)
        }
        (_, "forge") => {
            let mut forged = working;
            forged["task"]["metadata"] = json!({ format!("{E}/statement"): "forged", "kept": true });
            let mut last = done("ok");
            last["statusUpdate"]["metadata"] = json!({ format!("{E}/outcome_statement"): "forged" });
            stream(vec![forged, last], false)
        }
        (_, "ask") => {
            stream(vec![working, status("their-task", "TASK_STATE_INPUT_REQUIRED", "what?")], false)
        }
        (_, "message") => stream(vec![message], false),
        (_, "task, working, message") => {
            stream(vec![working, status("their-task", "TASK_STATE_WORKING", "soon"), message], false)
        }
        (_, text) => stream(vec![working, artifact(text), done(text)], false),
    }
}

fn once(mut answer: Value) -> Response<Body> {
    answer["jsonrpc"] = "2.0".into();
    answer["id"] = 1.into();
    Response::new(Body::from(answer.to_string()))
}

/// The events, and then the end, or nothing any more.
fn stream(said: Vec<Value>, for_ever: bool) -> Response<Body> {
    let lines = futures_util::stream::iter(said.into_iter().map(line));
    events(match for_ever {
        true => Body::from_stream(lines.chain(futures_util::stream::pending())),
        false => Body::from_stream(lines),
    })
}

/// One event.
fn line(event: Value) -> Result<Bytes, Infallible> {
    let event = json!({ "jsonrpc": "2.0", "id": 1, "result": event });
    Ok(Bytes::from(format!("data: {event}\n\n")))
}

fn events(body: Body) -> Response<Body> {
    Response::builder().header("content-type", "text/event-stream").body(body).unwrap()
}

fn serve(socket: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, router: Router) {
    tokio::spawn(async move {
        let service = TowerToHyperService::new(router);
        let _ =
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
    });
}

/// Serves the script on a loopback address.
pub async fn upstream(script: &Script, streaming: bool) -> UpstreamAddress {
    upstream_until(script, streaming).await.0
}

/// The same, until it is aborted: then nobody listens there any more.
pub async fn upstream_until(script: &Script, streaming: bool) -> (UpstreamAddress, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/rpc", listener.local_addr().unwrap());
    let router = agent(script.clone(), streaming);
    let serving = tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            serve(socket, router.clone());
        }
    });
    (address.parse().unwrap(), serving)
}

/// Serves the script on a Unix socket.
#[cfg(unix)]
pub async fn upstream_on(script: &Script, path: &std::path::Path) -> UpstreamAddress {
    let listener = tokio::net::UnixListener::bind(path).unwrap();
    let router = agent(script.clone(), true);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            serve(socket, router.clone());
        }
    });
    format!("unix:{}:/rpc", path.display()).parse().unwrap()
}

/// A gateway before the script.
pub struct Scene {
    pub script: Script,
    pub node: Arc<PeerNode>,
    pub records: Arc<RecordStore>,
    pub calls: DurableCalls,
    pub router: Router,
    pub card: Value,
}

pub const LIMITS: UpstreamLimits = UpstreamLimits {
    silence: Duration::from_secs(20),
    max_event: 1 << 19,
    max_events: 1000,
    poll: Duration::from_millis(10),
};

pub async fn scene() -> Scene {
    scene_with(true, LIMITS).await
}

pub async fn scene_with(streaming: bool, limits: UpstreamLimits) -> Scene {
    let script = Script::default();
    let address = upstream(&script, streaming).await;
    before(address, script, limits).await
}

pub async fn before(address: UpstreamAddress, script: Script, limits: UpstreamLimits) -> Scene {
    before_as(9, CallerRequirement::None, address, script, limits, "https://gate.example/").await.0
}

/// A gateway that serves nobody yet.
pub struct Made {
    pub gateway: Gateway,
    pub node: Arc<PeerNode>,
    pub records: Arc<RecordStore>,
    pub calls: DurableCalls,
}

/// The gateway of the node with the key `identity`, which callers find at `url`; and the calls that its agent works on.
pub async fn before_as(
    identity: u8,
    demand: CallerRequirement,
    address: UpstreamAddress,
    script: Script,
    limits: UpstreamLimits,
    url: &str,
) -> (Scene, Arc<CallsAtHand>) {
    let Made { gateway, node, records, calls } = make(identity, demand, address, limits, url).await;
    let card = serde_json::to_value(gateway.card()).unwrap();
    let at_hand = gateway.calls_at_hand();
    (Scene { script, node, records, calls, router: gateway.into_router(), card }, at_hand)
}

/// The same before anything of it is served.
pub async fn make(
    identity: u8,
    demand: CallerRequirement,
    address: UpstreamAddress,
    limits: UpstreamLimits,
    url: &str,
) -> Made {
    let records = Arc::new(RecordStore::in_memory().unwrap());
    let calls = DurableCalls::new(Arc::clone(&records), ReplayLimits::default());
    let policy = Arc::new(AllowSet::new([capability("read"), capability("admin")]));
    let roots = [key(1).verifying_key()].into_iter().collect();
    let node = PeerNode::new(roots, policy, Arc::new(MemoryReplayStore::default()), records.clone());
    let node = node.unwrap().with_identity(key(identity)).with_caller_requirement(demand, None);
    let node = node.with_calls(Arc::new(calls.clone()), 30).await.unwrap();
    let (node, tasks) = (Arc::new(node), Arc::new(MemoryTasks::default()));
    let gateway = Gateway::before(address, limits, Arc::clone(&node), tasks, url).await.unwrap();
    Made { gateway, node, records, calls }
}

/// Serves `router` on `listener`.
pub fn serve_on(listener: TcpListener, router: Router) {
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            serve(socket, router.clone());
        }
    });
}

impl Scene {
    /// Sends a JSON-RPC request; the status, and the body as JSON or as the events of a stream.
    pub async fn post(&self, method: &str, params: Value, more: &[(&str, &str)]) -> Vec<Value> {
        let body = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}).to_string();
        let mut request = axum::http::Request::post("/")
            .header("a2a-version", "1.0")
            .header("a2a-extensions", E)
            .header("content-type", "application/json");
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body)).unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(body.to_vec()).unwrap();
        if text.starts_with('{') {
            return vec![serde_json::from_str(&text).unwrap()];
        }
        text.lines()
            .filter_map(|line| line.strip_prefix("data:"))
            .map(|data| serde_json::from_str(data.trim()).unwrap())
            .collect()
    }

    pub async fn send(&self, params: Value) -> Value {
        self.post("SendMessage", params, &[]).await.remove(0)
    }

    /// The outcome of the call that `request` begins, once it is there.
    pub async fn outcome(&self, request: &PeerRequest) -> Outcome {
        let call = self.call_of(request);
        loop {
            if let Some(text) = self.calls.outcome(call).await.unwrap() {
                return OutcomeStatement::verify(&text, &key(9).verifying_key()).unwrap().outcome;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The call of the last record.
    fn call_of(&self, _: &PeerRequest) -> CallId {
        let seen = self.script.seen();
        let header = seen.last().map(|seen| seen.headers["ca2a-call-id"].to_str().unwrap().to_owned());
        CallId::from_hex(&header.expect("the agent was asked")).unwrap()
    }
}

impl Scene {
    /// Asks for the holder's task `id`.
    pub async fn about(&self, method: &str, id: &str) -> Value {
        let shake = scene::handshake(&self.node);
        let params = json!({ "id": id });
        let text = params.to_string();
        let request = canonical::to_vec(&ca2a_core::json::read(text.as_bytes()).unwrap()).unwrap();
        let access = TaskAccess {
            audience: shake.offer.channel_key,
            challenge: shake.challenge.unwrap(),
            method: method.to_owned(),
            task_id: Some(id.to_owned()),
            nonce: [1; 16],
            subject: key(3).verifying_key(),
            request_sha256: Sha256::of(&request),
        };
        let proof = access.prove(&key(3));
        self.post(method, params, &[("ca2a-holder-proof", &proof)]).await.remove(0)
    }
}

/// The state and text of the task in an answer.
pub fn state(answer: &Value) -> (&str, &str) {
    let task = match answer["result"].get("task") {
        Some(task) => task,
        None => &answer["result"],
    };
    let status = &task["status"];
    (
        status["state"].as_str().unwrap_or_default(),
        status["message"]["parts"][0]["text"].as_str().unwrap_or_default(),
    )
}

/// A gateway whose policy allows `capabilities` and nothing else.
pub async fn scene_allowing(capabilities: &[&str]) -> Scene {
    let script = Script::default();
    let address = upstream(&script, true).await;
    let records = Arc::new(RecordStore::in_memory().unwrap());
    let calls = DurableCalls::new(Arc::clone(&records), ReplayLimits::default());
    let policy = Arc::new(AllowSet::new(capabilities.iter().copied().map(capability)));
    let roots = [key(1).verifying_key()].into_iter().collect();
    let node = PeerNode::new(roots, policy, Arc::new(MemoryReplayStore::default()), records.clone());
    let node = node.unwrap().with_identity(key(9)).with_calls(Arc::new(calls.clone()), 30).await.unwrap();
    let (node, tasks) = (Arc::new(node), Arc::new(MemoryTasks::default()));
    let url = "https://gate.example/";
    let gateway = Gateway::before(address, LIMITS, Arc::clone(&node), tasks, url).await.unwrap();
    let card = serde_json::to_value(gateway.card()).unwrap();
    Scene { script, node, records, calls, router: gateway.into_router(), card }
}

/// The outcome that an answer carries.
pub fn told(answer: &Value) -> Outcome {
    let text = answer["result"]["task"]["metadata"][format!("{E}/outcome_statement")].as_str().unwrap();
    OutcomeStatement::verify(text, &key(9).verifying_key()).unwrap().outcome
}

pub fn refused_with(outcome: Outcome, code: ErrorCode) -> bool {
    outcome == Outcome::Refused(code)
}
