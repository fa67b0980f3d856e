//! The client against somebody between it and the agent who changes what is said, says it again, or says something else.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{HeaderMap, Request, Response, StatusCode},
};
use ca2a_core::ErrorCode;
use ca2a_covers::covers;
use ca2a_runtime::{
    a2a::{
        A2aServer, Engine,
        card::{CardExtension, CardKey, PinnedKey, sign},
        client::{
            A2aCallError, Authority, Ca2aTransport, JsonBinding, JsonTransport, Sealing, connect,
            sdk::Transport,
        },
        sdk::{
            A2AError, AgentInterface, CancelTaskRequest, GetTaskRequest, ListTasksRequest, Message, Part,
            Role, SendMessageRequest, SendMessageResponse, SubscribeToTaskRequest, TaskState,
            stream::StreamExt as _,
        },
        tasks::MemoryTasks,
        wire,
    },
    http::{CHANNEL_PATH, HttpClient, Origin},
};
use http_body_util::BodyExt as _;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

use crate::support::a2a::{Echo, card};
use crate::support::scene::{self, capability, chain, key};

/// What becomes of an answer: from the path that was asked and the answer of the agent, the one that the client gets.
type Lie = Arc<dyn Fn(&str, Value) -> (u16, String) + Send + Sync>;

/// An agent that speaks JSON-RPC, behind somebody who lies.
#[derive(Clone)]
struct Agent {
    origin: Origin,
    echo: Echo,
    honest: Router,
    lie: Arc<Mutex<Lie>>,
    /// What is told instead of the events of a method.
    streams: Arc<Mutex<BTreeMap<String, String>>>,
    /// What was asked: the path, the headers, the method.
    asked: Arc<Mutex<Vec<(String, HeaderMap, String)>>>,
    /// The bodies of that.
    bodies: Arc<Mutex<Vec<Value>>>,
}

fn honest() -> Lie {
    Arc::new(|_, answer| (200, answer.to_string()))
}

fn signer() -> CardKey {
    CardKey::Ed25519(key(7))
}

fn pinned() -> [PinnedKey; 1] {
    [PinnedKey::from(signer().public())]
}

/// Answers each connection from `router`.
fn serve(door: TcpListener, router: Router) {
    tokio::spawn(async move {
        while let Ok((socket, _)) = door.accept().await {
            let service = TowerToHyperService::new(router.clone());
            tokio::spawn(async move {
                let http = hyper::server::conn::http1::Builder::new();
                let _ = http.serve_connection(TokioIo::new(socket), service).await;
            });
        }
    });
}

async fn agent() -> Agent {
    agent_of(None).await
}

/// The same, whose card says that its requests are for `tenant`.
async fn agent_of(tenant: Option<&str>) -> Agent {
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", door.local_addr().unwrap());
    let (node, mut card) = (Arc::new(scene::scene().node.with_identity(key(7))), card());
    let interface = AgentInterface::new(format!("{url}/"), "JSONRPC");
    card.supported_interfaces = vec![AgentInterface { tenant: tenant.map(str::to_owned), ..interface }];
    card.skills = serde_json::from_str(r#"[{"id":"e","name":"e","description":"e","tags":["e"]}]"#).unwrap();
    CardExtension::of(&node).declare(&mut card);
    let echo = Echo::default();
    let engine = Engine::new(echo.clone(), Arc::new(MemoryTasks::default()));
    let server = A2aServer::new(node, engine, &card).unwrap().signed_by(signer()).unwrap();
    let agent = Agent {
        origin: Origin::parse(&url).unwrap(),
        echo,
        honest: server.into_router(),
        lie: Arc::new(Mutex::new(honest())),
        streams: Arc::default(),
        asked: Arc::default(),
        bodies: Arc::default(),
    };
    serve(door, Router::new().fallback(between).with_state(agent.clone()));
    agent
}

async fn between(State(agent): State<Agent>, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let method = asked["method"].clone();
    agent.bodies.lock().unwrap().push(asked);
    let (path, method) = (head.uri.path().to_owned(), method.as_str().unwrap_or_default().to_owned());
    agent.asked.lock().unwrap().push((path.clone(), head.headers.clone(), method.clone()));
    let answer = agent.honest.clone().oneshot(Request::from_parts(head, Body::from(body))).await.unwrap();
    let (head, body) = answer.into_parts();
    if let Some(told) = agent.streams.lock().unwrap().get(&method) {
        return Response::builder()
            .header("content-type", "text/event-stream")
            .body(Body::from(told.clone()))
            .unwrap();
    }
    let body = body.collect().await.unwrap().to_bytes();
    let said = if method.is_empty() { path } else { method };
    let lie = Arc::clone(&*agent.lie.lock().unwrap());
    let (status, text) = match serde_json::from_slice(&body) {
        Ok(answer) if said != "/.well-known/agent-card.json" => lie(&said, answer),
        // The card is passed on byte for byte: its signature covers its bytes.
        _ => (head.status.as_u16(), String::from_utf8(body.to_vec()).unwrap()),
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    if (300..400).contains(&status) {
        response.headers_mut().insert("location", "/elsewhere".parse().unwrap());
    }
    response.headers_mut().insert("content-type", "application/json".parse().unwrap());
    response
}

impl Agent {
    fn lies(&self, lie: impl Fn(&str, Value) -> (u16, String) + Send + Sync + 'static) {
        *self.lie.lock().unwrap() = Arc::new(lie);
    }

    /// Lies about `method` alone.
    fn changes(&self, method: &'static str, change: impl Fn(&mut Value) + Send + Sync + 'static) {
        self.lies(move |asked, mut answer| {
            if asked == method {
                change(&mut answer);
            }
            (200, answer.to_string())
        });
    }

    /// Tells `events` to whoever asks for those of `method`.
    fn streams(&self, method: &str, events: Vec<Value>) {
        let events = events.into_iter().map(|event| json!({ "jsonrpc": "2.0", "id": 1, "result": event }));
        let events = events.map(|event| format!("data: {event}\n\n")).collect();
        self.streams.lock().unwrap().insert(method.to_owned(), events);
    }

    fn is_honest(&self) {
        *self.lie.lock().unwrap() = honest();
        self.streams.lock().unwrap().clear();
    }

    /// How often `method` was asked for.
    fn count(&self, method: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|(_, _, asked)| asked == method).count()
    }

    async fn client(&self) -> Ca2aTransport<Box<dyn Transport>> {
        let found = connect(self.origin.clone(), &pinned()).await.unwrap();
        Ca2aTransport::to(found, authority()).unwrap()
    }
}

fn authority() -> Authority {
    Authority::new(chain(), key(3), capability("read"))
}

fn request(text: &str) -> SendMessageRequest {
    let message = Message::new(Role::User, vec![Part::text(text)]);
    SendMessageRequest { message, configuration: None, metadata: None, tenant: None }
}

/// What was said to a message, and is said again later.
fn remembered(agent: &Agent, method: &'static str) -> Arc<Mutex<Value>> {
    let kept = Arc::new(Mutex::new(Value::Null));
    let keep = Arc::clone(&kept);
    agent.changes(method, move |answer| *keep.lock().unwrap() = answer.clone());
    kept
}

/// A2A-111: to a sealed message no answer in the clear is taken, and none that means another task than it shows.
#[tokio::test]
async fn an_answer_in_the_clear_is_refused() {
    covers!(accept, "A2A-111");
    covers!(refuse, "A2A-111", "A2A-64");
    let agent = agent().await;
    let client = agent.client().await;
    agent.changes("SendMessage", |answer| {
        let metadata = answer["result"]["task"]["metadata"].as_object_mut().unwrap();
        metadata.remove(wire::SEALED_RESULT).unwrap();
    });
    let refused = client.send(request("hello")).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::SealedChannelError, "{refused}");
    agent.changes("SendMessage", |answer| answer["result"]["task"]["id"] = json!("another"));
    let refused = client.send(request("hello")).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::SealedChannelError, "{refused}");
    agent.is_honest();
    client.send(request("hello")).await.unwrap();
}

/// A2A-65: what was sealed for one call does not open for another.
#[tokio::test]
async fn an_answer_is_bound_to_its_call() {
    covers!(accept, "A2A-65");
    covers!(refuse, "A2A-65");
    let agent = agent().await;
    let client = agent.client().await;
    let kept = remembered(&agent, "SendMessage");
    client.send(request("the first")).await.unwrap();
    agent.changes("SendMessage", move |answer| {
        // The record of this call, and the result of the one before under the ids that it shows.
        let old = kept.lock().unwrap()["result"]["task"].clone();
        let task = &mut answer["result"]["task"];
        for member in ["id", "contextId", "status"] {
            task[member] = old[member].clone();
        }
        task["metadata"][wire::SEALED_RESULT] = old["metadata"][wire::SEALED_RESULT].clone();
    });
    let refused = client.send(request("the second")).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::SealedChannelError, "{refused}");
}

/// A2A-107: the record is that of this call, the statement is by the key that the handshake named, the answer strict JSON.
#[tokio::test]
async fn an_answer_speaks_of_this_call() {
    covers!(accept, "A2A-107");
    covers!(refuse, "A2A-107");
    let agent = agent().await;
    let client = agent.client().await.with_sealing(Sealing::Plain);
    let kept = remembered(&agent, "SendMessage");
    let answered = client.send(request("the first")).await.unwrap();
    assert!(answered.record.is_some() && answered.statement.is_some());
    let refused = async |change: Box<dyn Fn(&mut Value) + Send + Sync>| {
        agent.changes("SendMessage", change);
        let refused = client.send(request("the second")).await.unwrap_err();
        assert!(matches!(refused, A2aCallError::Answer(_)), "{refused:?}");
    };
    let metadata = |answer: &mut Value| answer["result"]["task"]["metadata"].take();
    refused(Box::new(move |answer| {
        metadata(answer);
    }))
    .await;
    refused(Box::new(move |answer| {
        let old = kept.lock().unwrap()["result"]["task"]["metadata"].clone();
        answer["result"]["task"]["metadata"] = old;
    }))
    .await;
    refused(Box::new(|answer| {
        let statement = &mut answer["result"]["task"]["metadata"][wire::STATEMENT];
        let text = statement.as_str().unwrap().replace("\"decision\":\"allow\"", "\"decision\":\"deny\"");
        *statement = json!(text);
    }))
    .await;
    refused(Box::new(|answer| {
        answer["result"]["task"]["metadata"].as_object_mut().unwrap().remove(wire::STATEMENT).unwrap();
    }))
    .await;

    agent.lies(|asked, answer| match asked {
        "SendMessage" => (200, answer.to_string().replacen('{', "{\"jsonrpc\":\"2.0\",", 1)),
        _ => (200, answer.to_string()),
    });
    assert!(client.send(request("twice the same member")).await.is_err());
    agent.is_honest();
    client.send(request("hello")).await.unwrap();
}

/// A2A-68, A2A-110: each request for a task is proven by itself, and the answer to an old one is none to a new one.
#[tokio::test]
async fn an_old_answer_is_none_to_a_new_request() {
    covers!(accept, "A2A-68", "A2A-110");
    covers!(refuse, "A2A-68", "A2A-110");
    let agent = agent().await;
    let client = agent.client().await;
    let SendMessageResponse::Task(task) = client.send(request("ask")).await.unwrap().response else {
        panic!()
    };
    let get = GetTaskRequest { id: task.id, history_length: None, tenant: None };
    let params = Default::default();
    let kept = remembered(&agent, "GetTask");
    client.get_task(&params, &get).await.unwrap();
    client.get_task(&params, &get).await.unwrap();
    let proofs: Vec<_> = {
        let asked = agent.asked.lock().unwrap();
        let gets = asked.iter().filter(|(_, _, method)| method == "GetTask");
        gets.map(|(_, headers, _)| headers["ca2a-holder-proof"].clone()).collect()
    };
    assert!(proofs.len() == 2 && proofs[0] != proofs[1], "{proofs:?}");

    agent.changes("GetTask", move |answer| *answer = kept.lock().unwrap().clone());
    // What is replayed is the answer to the last request, and this is another.
    let refused = client.get_task(&params, &get).await.unwrap_err();
    assert!(refused.message.starts_with("SEALED_CHANNEL_ERROR"), "{refused:?}");
    agent.is_honest();
    client.get_task(&params, &get).await.unwrap();

    // Without a proof the agent tells nothing.
    let plain = JsonTransport::new(HttpClient::new(agent.origin.clone()), "/", JsonBinding::JsonRpc);
    let params = [("a2a-version".to_owned(), vec!["1.0".to_owned()])].into();
    let refused = plain.get_task(&params, &get).await.unwrap_err();
    assert!(refused.message.starts_with("HOLDER_PROOF_INVALID"), "{refused:?}");
}

/// A2A-68, A2A-111: whoever seals its messages believes no task in the clear, whatever it asks.
#[tokio::test]
async fn a_task_in_the_clear_is_refused() {
    covers!(accept, "A2A-111");
    covers!(refuse, "A2A-68", "A2A-111");
    let agent = agent().await;
    let client = agent.client().await;
    let SendMessageResponse::Task(task) = client.send(request("ask")).await.unwrap().response else {
        panic!()
    };
    let params = Default::default();
    let forged = json!({
        "id": task.id, "contextId": task.context_id, "status": { "state": "TASK_STATE_COMPLETED" },
        "artifacts": [{ "artifactId": "a", "parts": [{ "text": "forged" }] }],
    });
    let refused = |error: A2AError| {
        assert!(error.message.starts_with("SEALED_CHANNEL_ERROR"), "{error:?}");
    };

    let get = GetTaskRequest { id: task.id.clone(), history_length: None, tenant: None };
    let said = forged.clone();
    agent.changes("GetTask", move |answer| answer["result"] = said.clone());
    refused(client.get_task(&params, &get).await.unwrap_err());

    let said = forged.clone();
    agent.changes("ListTasks", move |answer| {
        // Beside one that is the agent's own.
        answer["result"]["tasks"].as_array_mut().unwrap().push(said.clone());
    });
    refused(client.list_tasks(&params, &list()).await.unwrap_err());

    let subscribe = SubscribeToTaskRequest { id: task.id.clone(), tenant: None };
    let said = forged.clone();
    agent.streams("SubscribeToTask", vec![json!({ "task": said })]);
    let mut events = client.subscribe_to_task(&params, &subscribe).await.unwrap();
    refused(events.next().await.unwrap().unwrap_err());
    assert!(events.next().await.is_none());
    let update = json!({ "taskId": task.id, "contextId": task.context_id, "status": forged["status"] });
    agent.streams("SubscribeToTask", vec![json!({ "statusUpdate": update })]);
    let mut events = client.subscribe_to_task(&params, &subscribe).await.unwrap();
    refused(events.next().await.unwrap().unwrap_err());
    agent.is_honest();

    let cancel = CancelTaskRequest { id: task.id.clone(), metadata: None, tenant: None };
    let said = forged.clone();
    agent.changes("CancelTask", move |answer| answer["result"] = said.clone());
    refused(client.cancel_task(&params, &cancel).await.unwrap_err());
    agent.is_honest();
    assert_eq!(client.get_task(&params, &get).await.unwrap().status.state, TaskState::Canceled);
    assert_eq!(client.list_tasks(&params, &list()).await.unwrap().tasks.len(), 1);

    // Tasks that were made in the clear are for a client that seals nothing.
    let plain = agent.client().await.with_sealing(Sealing::Plain);
    let SendMessageResponse::Task(task) = plain.send(request("ask")).await.unwrap().response else {
        panic!()
    };
    let get = GetTaskRequest { id: task.id.clone(), history_length: None, tenant: None };
    assert_eq!(plain.get_task(&params, &get).await.unwrap().status.state, TaskState::InputRequired);
    refused(client.get_task(&params, &get).await.unwrap_err());
}

/// A2A-112: every request says for whom it is, as the card has it, or as its caller has it.
#[tokio::test]
async fn requests_are_for_the_tenant_of_the_card() {
    covers!(accept, "A2A-112");
    covers!(refuse, "A2A-112");
    let agent = agent_of(Some("acme")).await;
    let (client, params) = (agent.client().await, Default::default());
    let SendMessageResponse::Task(task) = client.send(request("ask")).await.unwrap().response else {
        panic!()
    };
    let get = GetTaskRequest { id: task.id.clone(), history_length: None, tenant: None };
    client.get_task(&params, &get).await.unwrap();
    client.list_tasks(&params, &list()).await.unwrap();
    let subscribe = SubscribeToTaskRequest { id: task.id.clone(), tenant: Some(String::new()) };
    agent.streams("SubscribeToTask", Vec::new());
    agent.streams("SendStreamingMessage", Vec::new());
    drop(client.subscribe_to_task(&params, &subscribe).await.unwrap());
    drop(client.stream(request("hello")).await.unwrap());
    let cancel = CancelTaskRequest { id: task.id, metadata: None, tenant: None };
    client.cancel_task(&params, &cancel).await.unwrap();
    let tenants = || {
        let bodies = agent.bodies.lock().unwrap();
        let asked = bodies.iter().filter(|body| body["method"].is_string());
        asked.map(|body| body["params"]["tenant"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(tenants(), vec![json!("acme"); 6]);
    client.send(SendMessageRequest { tenant: Some("other".into()), ..request("hello") }).await.unwrap();
    assert_eq!(tenants().pop(), Some(json!("other")));

    let agent = self::agent().await;
    agent.client().await.send(request("hello")).await.unwrap();
    let bodies = agent.bodies.lock().unwrap().clone();
    assert!(bodies.iter().all(|body| body["params"]["tenant"].is_null()), "{bodies:?}");
}

/// A2A-100: an interface is called at its URL, and at no other that looks like it.
#[tokio::test]
async fn an_interface_is_called_where_it_is() {
    covers!(accept, "A2A-100");
    let agent = agent().await;
    for (path, binding, called) in [
        ("/rpc/", JsonBinding::JsonRpc, "/rpc/"),
        ("/rpc", JsonBinding::JsonRpc, "/rpc"),
        ("/", JsonBinding::JsonRpc, "/"),
        ("/rest/", JsonBinding::HttpJson, "/rest/message:send"),
        ("/rest", JsonBinding::HttpJson, "/rest/message:send"),
        ("/", JsonBinding::HttpJson, "/message:send"),
    ] {
        let transport = JsonTransport::new(HttpClient::new(agent.origin.clone()), path, binding);
        drop(transport.send_message(&Default::default(), &request("hello")).await);
        assert_eq!(agent.asked.lock().unwrap().last().unwrap().0, called, "{path}");
    }
}

fn list() -> ListTasksRequest {
    ListTasksRequest {
        context_id: None,
        status: None,
        page_size: None,
        page_token: None,
        history_length: None,
        status_timestamp_after: None,
        include_artifacts: None,
        tenant: None,
    }
}

/// A2A-102: whatever comes back, a message went out once, and nowhere else.
#[tokio::test]
async fn a_message_is_sent_once() {
    covers!(accept, "A2A-102");
    covers!(refuse, "A2A-102");
    for status in [307, 308, 429, 500, 503] {
        let agent = agent().await;
        let client = agent.client().await;
        agent.lies(move |asked, answer| match asked {
            "SendMessage" => (status, json!({"error": "later"}).to_string()),
            _ => (200, answer.to_string()),
        });
        assert!(client.send(request("hello")).await.is_err(), "{status}");
        assert_eq!(agent.count("SendMessage"), 1, "{status}");
        let elsewhere = agent.asked.lock().unwrap().iter().any(|(path, ..)| path == "/elsewhere");
        assert!(!elsewhere, "{status}");
    }
    let agent = agent().await;
    agent.client().await.send(request("hello")).await.unwrap();
    assert_eq!(agent.count("SendMessage"), 1);
}

/// A2A-104: nothing is sent to a peer whose channel does not appraise.
#[tokio::test]
async fn a_channel_is_appraised_before_anything_is_sent() {
    covers!(accept, "A2A-104");
    covers!(refuse, "A2A-104");
    let agent = agent().await;
    let strict = agent.client().await.with_peer(|peer| peer.require_hardware());
    let refused = strict.send(request("hello")).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::AttestationFailed, "{refused}");
    assert_eq!(agent.count("SendMessage"), 0);

    // One handshake for each call, or for as many as the caller says.
    let shakes = || {
        let asked = agent.asked.lock().unwrap();
        asked.iter().filter(|(path, ..)| path == CHANNEL_PATH).count()
    };
    let before = shakes();
    let client = agent.client().await;
    client.send(request("one")).await.unwrap();
    client.send(request("two")).await.unwrap();
    assert_eq!(shakes() - before, 2);
    let client = agent.client().await.with_calls_per_handshake(2);
    client.send(request("one")).await.unwrap();
    client.send(request("two")).await.unwrap();
    assert_eq!(shakes() - before, 3);
}

/// A2A-88, A2A-105: the channel is the card's under this nonce.
#[tokio::test]
async fn a_channel_is_its_cards() {
    covers!(accept, "A2A-88", "A2A-105");
    covers!(refuse, "A2A-88", "A2A-105");
    let agent = agent().await;
    let client = agent.client().await;
    let kept = remembered(&agent, CHANNEL_PATH);
    client.send(request("hello")).await.unwrap();
    assert!(kept.lock().unwrap()["card_binding"]["expires_at"].is_u64());
    let refused = async |change: Box<dyn Fn(&mut Value) + Send + Sync>| {
        agent.changes(CHANNEL_PATH, change);
        let refused = client.send(request("hello")).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::AttestationFailed, "{refused}");
    };
    refused(Box::new(|answer| drop(answer.as_object_mut().unwrap().remove("card_binding").unwrap()))).await;
    // What was signed for another nonce, and what would count for longer than it was signed for.
    let old = kept.lock().unwrap()["card_binding"].clone();
    refused(Box::new(move |answer| answer["card_binding"] = old.clone())).await;
    refused(Box::new(|answer| answer["card_binding"]["expires_at"] = json!(9_000_000_000_u64))).await;
    assert_eq!(agent.count("SendMessage"), 1);
    agent.is_honest();
    client.send(request("hello")).await.unwrap();
}

/// A place that has a card of `agent`, which says this about cA2A, and nothing else; and how often it was asked for more.
async fn place(agent: &Agent, said: CardExtension) -> (Origin, Arc<AtomicUsize>) {
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = Origin::parse(&format!("http://{}", door.local_addr().unwrap())).unwrap();
    let mut card = card();
    card.supported_interfaces = vec![AgentInterface::new(format!("{}/", agent.origin), "JSONRPC")];
    card.skills = serde_json::from_str(r#"[{"id":"e","name":"e","description":"e","tags":["e"]}]"#).unwrap();
    said.declare(&mut card);
    let bytes = sign(&serde_json::to_vec(&card).unwrap(), [&signer()]).unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let counts = Arc::clone(&asked);
    let router = Router::new()
        .route("/.well-known/agent-card.json", axum::routing::get(move || std::future::ready(bytes)))
        .fallback(move || {
            counts.fetch_add(1, Ordering::SeqCst);
            std::future::ready(StatusCode::NOT_FOUND)
        });
    serve(door, router);
    (place, asked)
}

/// A2A-103: the handshake is where the card says, and else where the card is.
#[tokio::test]
async fn the_handshake_is_where_the_card_says() {
    covers!(accept, "A2A-103");
    covers!(refuse, "A2A-103");
    let agent = agent().await;
    for (channel_url, served) in [(Some(format!("{}{CHANNEL_PATH}", agent.origin)), true), (None, false)] {
        let said = CardExtension { channel_url, ..CardExtension::default() };
        let (place, asked) = place(&agent, said).await;
        let found = connect(place, &pinned()).await.unwrap();
        let client = Ca2aTransport::to(found, authority()).unwrap();
        assert_eq!(client.send(request("hello")).await.is_ok(), served);
        assert_eq!(asked.load(Ordering::SeqCst), usize::from(!served), "the handshake was asked for there");
    }
    assert_eq!(agent.echo.worked.load(Ordering::SeqCst), 1);
}

/// A2A-105: where the card names who signs the statements, the channel names no other.
#[tokio::test]
async fn statements_are_by_the_key_of_the_card() {
    covers!(accept, "A2A-105");
    covers!(refuse, "A2A-105");
    let agent = agent().await;
    for (named, code) in [(7, None), (8, Some(ErrorCode::AttestationFailed))] {
        let channel_url = Some(format!("{}{CHANNEL_PATH}", agent.origin));
        let record_key = Some(key(named).verifying_key());
        let (place, _) =
            place(&agent, CardExtension { channel_url, record_key, ..CardExtension::default() }).await;
        let found = connect(place, &pinned()).await.unwrap();
        let client = Ca2aTransport::to(found, authority()).unwrap();
        assert_eq!(client.send(request("hello")).await.err().map(|refused| refused.code()), code);
    }
    assert_eq!(agent.echo.worked.load(Ordering::SeqCst), 1);
}

/// A2A-108: where the details are gone, the code is the first word of the message, and where that is none, nothing is made up.
#[test]
fn a_refusal_has_its_code() {
    covers!(accept, "A2A-108");
    covers!(refuse, "A2A-108");
    for (message, code) in [
        ("SCOPE_ESCALATION: no", ErrorCode::ScopeEscalation),
        ("no SCOPE_ESCALATION", ErrorCode::PeerDenial),
        ("", ErrorCode::PeerDenial),
    ] {
        assert_eq!(A2aCallError::Refused(A2AError::new(-32080, message)).code(), code, "{message}");
    }
}
