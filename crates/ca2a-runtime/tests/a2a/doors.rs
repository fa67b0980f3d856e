//! What a server of A2A takes, how large and how slow that may be, in which words it answers, and how a task is followed.

use std::{
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{body::Body, http::Request};
use ca2a_covers::covers;
use ca2a_runtime::{
    a2a::{
        A2aServer, Demand, Engine, EngineLimits, ServerLimits, card::CardExtension, sdk::AgentExtension,
        tasks::MemoryTasks,
    },
    http::Door,
    operations::{Guard, Metrics, TrafficLimits},
    peer::message::EXTENSION_URI,
};
use http_body_util::BodyExt as _;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpSocket, TcpStream},
    time::timeout,
};

use crate::support::a2a::{Echo, Served, card, params, serve, serve_with};
use crate::support::scene;

fn open() -> Served {
    serve(scene::scene().node, Demand::Optional)
}

/// A server that answers everybody, within `limits`.
fn server(limits: ServerLimits) -> A2aServer {
    let engine = Engine::new(Echo::default(), Arc::new(MemoryTasks::default()));
    let node = Arc::new(scene::scene().node);
    A2aServer::new(node, engine, &card()).unwrap().with_demand(Demand::Optional).with_limits(limits)
}

fn served(server: A2aServer) -> Served {
    let node = Arc::new(scene::scene().node);
    Served { node, echo: Echo::default(), tasks: Arc::default(), router: server.into_router() }
}

fn post(path: &str) -> axum::http::request::Builder {
    Request::post(path).header("a2a-version", "1.0")
}

fn rpc(method: &str, params: Value) -> Request<Body> {
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}).to_string();
    post("/").header("content-type", "application/json").body(Body::from(body)).unwrap()
}

/// The results in a stream of events.
fn events(stream: &[u8]) -> Vec<Value> {
    let text = std::str::from_utf8(stream).unwrap();
    let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
    data.map(|data| serde_json::from_str::<Value>(data).unwrap()["result"].clone()).collect()
}

async fn whole(body: Body) -> Vec<Value> {
    events(&body.collect().await.unwrap().to_bytes())
}

/// A2A-1: over JSON-RPC as over HTTP+JSON.
#[tokio::test]
async fn the_version_is_named() {
    covers!(accept, "A2A-1");
    covers!(refuse, "A2A-1");
    let served = open();
    for (version, served_is) in
        [(Some("1.0"), true), (Some("0.3"), false), (Some("2.0"), false), (None, false)]
    {
        let mut request = rpc("SendMessage", params("hello", None));
        request.headers_mut().remove("a2a-version");
        if let Some(version) = version {
            request.headers_mut().insert("a2a-version", version.parse().unwrap());
        }
        let (_, answer) = served.raw(request).await;
        assert_eq!(answer["result"].is_object(), served_is, "{version:?}: {answer}");
        if !served_is {
            assert_eq!(answer["error"]["code"], -32009, "{version:?}: {answer}");
        }
    }
}

/// A2A-2: each extension that the card requires, ours and another's.
#[tokio::test]
async fn what_the_card_requires_is_listed() {
    covers!(accept, "A2A-2");
    covers!(refuse, "A2A-2");
    let (node, mut card) = (Arc::new(scene::scene().node), card());
    CardExtension { required: true, ..CardExtension::of(&node) }.declare(&mut card);
    let other =
        AgentExtension { uri: "urn:x".to_owned(), description: None, required: Some(true), params: None };
    card.capabilities.extensions.get_or_insert_default().push(other);
    let engine = Engine::new(Echo::default(), Arc::new(MemoryTasks::default()));
    let served = served(A2aServer::new(node, engine, &card).unwrap().with_demand(Demand::Optional));
    let both = format!("urn:x , {EXTENSION_URI}");
    for (listed, served_is) in [("", false), (EXTENSION_URI, false), ("urn:x", false), (&*both, true)] {
        let mut request = rpc("SendMessage", params("hello", None));
        request.headers_mut().insert("a2a-extensions", listed.parse().unwrap());
        let (_, answer) = served.raw(request).await;
        assert_eq!(answer["result"].is_object(), served_is, "{listed}: {answer}");
        if !served_is {
            assert_eq!(answer["error"]["code"], -32008, "{listed}: {answer}");
        }
    }
    // So it is with what a query lists.
    let escaped = EXTENSION_URI.replace(':', "%3A").replace('/', "%2F");
    for (listed, status) in [("urn%3Ax".to_owned(), 400), (format!("urn%3Ax%2C+{escaped}"), 200)] {
        let path = format!("/message:send?A2A-Extensions={listed}");
        let (answered, answer) = served.rest("POST", &path, Some(params("hello", None)), None).await;
        assert_eq!(answered, status, "{listed}: {answer}");
    }
}

/// A2A-13: the last byte that may be is read, and one more is not.
#[tokio::test]
async fn a_body_has_a_size() {
    covers!(accept, "A2A-13");
    covers!(refuse, "A2A-13");
    let served = open();
    let body = params("hello", None).to_string();
    for (size, status) in [(1 << 20, 200), ((1 << 20) + 1, 413)] {
        let padded = format!("{body}{}", " ".repeat(size - body.len()));
        let request = post("/message:send").header("content-type", "application/json");
        assert_eq!(served.raw(request.body(Body::from(padded)).unwrap()).await.0, status, "{size}");
    }
}

/// A2A-13: bodies, heads and answers that take too long, and more connections than there may be.
#[tokio::test]
async fn nobody_holds_a_server_up() {
    covers!(accept, "A2A-13");
    covers!(refuse, "A2A-13");
    let said = ServerLimits::default();
    let seconds = [said.body, said.request, said.head, said.untaken].map(|limit| limit.as_secs());
    assert_eq!((seconds, said.connections), ([10, 30, 30, 30], 1024));

    let short = Duration::from_millis(100);
    let slow = served(server(ServerLimits { body: short, ..said }));
    for (path, kind) in [
        ("/", "application/json"),
        ("/", "application/grpc"),
        ("/message:send", "application/json"),
        ("/message:send", "application/grpc+json"),
    ] {
        let never = Body::from_stream(futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>());
        let request = post(path).header("content-type", kind).body(never).unwrap();
        assert_eq!(slow.raw(request).await.0, 408, "{path} {kind}");
    }
    #[cfg(feature = "grpc")]
    nothing_waits_for_the_end_of_a_call(&slow).await;
    let late = served(server(ServerLimits { request: short, ..said }));
    let (status, answer) = late.rest("POST", "/message:send", Some(params("for ever", None)), None).await;
    assert_eq!(status, 504, "{answer}");

    // A connection that says nothing is closed.
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = door.local_addr().unwrap();
    let limits = ServerLimits { head: short, connections: 1, ..said };
    tokio::spawn(server(limits).serve(door, std::future::pending()));
    let mut silent = TcpStream::connect(address).await.unwrap();
    assert_eq!(silent.read(&mut [0; 64]).await.unwrap_or(0), 0);

    // One more than there may be is served when another has gone.
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = door.local_addr().unwrap();
    tokio::spawn(server(ServerLimits { connections: 1, ..said }).serve(door, std::future::pending()));
    let get = b"GET /.well-known/agent-card.json HTTP/1.1\r\nhost: a\r\n\r\n";
    let mut answer = [0; 64];
    let mut first = TcpStream::connect(address).await.unwrap();
    first.write_all(get).await.unwrap();
    assert!(first.read(&mut answer).await.unwrap() > 0);
    let mut second = TcpStream::connect(address).await.unwrap();
    second.write_all(get).await.unwrap();
    assert!(timeout(Duration::from_millis(300), second.read(&mut answer)).await.is_err(), "it has to wait");
    drop(first);
    assert!(second.read(&mut answer).await.unwrap() > 0);
    assert!(answer.starts_with(b"HTTP/1.1 200"));
}

/// What never ends of a call over gRPC is let go with it.
#[cfg(feature = "grpc")]
async fn nothing_waits_for_the_end_of_a_call(slow: &Served) {
    use futures_util::StreamExt as _;
    let (held, let_go) = tokio::sync::oneshot::channel::<()>();
    let never = futures_util::stream::pending::<Result<Vec<u8>, std::io::Error>>();
    let never = Body::from_stream(never.map(move |chunk| {
        let _held = &held;
        chunk
    }));
    let request = post("/lf.a2a.v1.A2AService/SendMessage").header("content-type", "application/grpc");
    let response = slow.send(request.header("te", "trailers").body(never).unwrap()).await;
    // DEADLINE_EXCEEDED, which is what 408 and 504 are there.
    assert_eq!(response.headers()["grpc-status"], "4", "{response:?}");
    assert!(timeout(Duration::from_secs(60), let_go).await.unwrap().is_err());
}

/// A client of HTTP/2 at `address`, with a window of so many bytes for each answer.
async fn http2(address: SocketAddr, window: u32) -> SendRequest<Body> {
    let socket = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let mut client = http2::Builder::new(TokioExecutor::new());
    let (sender, connection) = client.initial_stream_window_size(window).handshake(socket).await.unwrap();
    tokio::spawn(connection);
    sender
}

fn card_at(address: SocketAddr) -> Request<Body> {
    Request::get(format!("http://{address}/.well-known/agent-card.json")).body(Body::empty()).unwrap()
}

/// A2A-13: a connection of HTTP/2 that was of use once has no place for ever.
#[tokio::test]
async fn who_asks_for_nothing_more_gives_its_place_up() {
    covers!(accept, "A2A-13");
    covers!(refuse, "A2A-13");
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = door.local_addr().unwrap();
    let limits = ServerLimits { head: Duration::from_millis(200), connections: 1, ..ServerLimits::default() };
    tokio::spawn(server(limits).serve(door, std::future::pending()));
    let mut idle = http2(address, 1 << 16).await;
    let answer = idle.send_request(card_at(address)).await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.into_body().collect().await.unwrap();
    let mut second = TcpStream::connect(address).await.unwrap();
    second.write_all(b"GET /.well-known/agent-card.json HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let mut answer = [0; 64];
    let read = timeout(Duration::from_secs(60), second.read(&mut answer)).await;
    assert!(read.expect("the place is free").unwrap() > 0);
    assert!(answer.starts_with(b"HTTP/1.1 200"));
    drop(idle);
}

/// A2A-13: nor does who has work for its connection lose it, however long that takes.
#[tokio::test]
async fn who_waits_for_an_answer_keeps_its_place() {
    covers!(accept, "A2A-13");
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = door.local_addr().unwrap();
    let short = Duration::from_millis(50);
    let limits = ServerLimits { head: short, untaken: short, ..ServerLimits::default() };
    tokio::spawn(server(limits).serve(door, std::future::pending()));
    let mut client = http2(address, 1 << 16).await;
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": "SendStreamingMessage",
        "params": params("ask and linger", None)});
    let request = Request::post(format!("http://{address}/")).header("a2a-version", "1.0");
    let request = request.header("content-type", "application/json");
    let stream = client.send_request(request.body(Body::from(body.to_string())).unwrap()).await.unwrap();
    let said = stream.into_body().collect().await.unwrap().to_bytes();
    let last = events(&said).pop().unwrap();
    assert_eq!(last["artifactUpdate"]["artifact"]["artifactId"], "late", "{last}");
}

/// A2A-13: who reads slowly reads all of it, though HTTP/1 took it long before and has it lying.
#[tokio::test]
async fn who_reads_slowly_over_http1_is_told_all() {
    covers!(accept, "A2A-13");
    // Nothing else has room for it.
    let narrow = || {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_send_buffer_size(8 << 10).unwrap();
        socket.set_recv_buffer_size(8 << 10).unwrap();
        socket
    };
    let door = narrow();
    door.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let door = door.listen(16).unwrap();
    let address = door.local_addr().unwrap();
    let short = Duration::from_secs(1);
    let limits = ServerLimits { head: short, untaken: short, ..ServerLimits::default() };
    tokio::spawn(server(limits).serve(door, std::future::pending()));
    let mut client = narrow().connect(address).await.unwrap();
    let text = "x".repeat(200 << 10);
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": "SendMessage", "params": params(&text, None)});
    let body = body.to_string();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: a\r\na2a-version: 1.0\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    client.write_all((head + &body).as_bytes()).await.unwrap();
    let (mut said, mut buffer) = (Vec::new(), vec![0; 8 << 10]);
    loop {
        let read = client.read(&mut buffer).await.unwrap();
        if read == 0 {
            break;
        }
        said.extend_from_slice(&buffer[..read]);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let said = String::from_utf8(said).unwrap();
    let (_, answer) = said.split_once("\r\n\r\n").unwrap();
    let answer: Value = serde_json::from_str(answer).unwrap();
    assert_eq!(answer["result"]["task"]["status"]["message"]["parts"][0]["text"], text);
}

/// A2A-13: nor does it matter how long a window of HTTP/2 takes to open.
#[tokio::test]
async fn who_reads_slowly_over_http2_is_told_all() {
    covers!(accept, "A2A-13");
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = door.local_addr().unwrap();
    let short = Duration::from_secs(1);
    let limits = ServerLimits { head: short, untaken: short, ..ServerLimits::default() };
    tokio::spawn(server(limits).serve(door, std::future::pending()));
    let mut client = http2(address, 1 << 15).await;
    let text = "x".repeat(900 << 10);
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": "SendMessage", "params": params(&text, None)});
    let request = Request::post(format!("http://{address}/")).header("a2a-version", "1.0");
    let request = request.header("content-type", "application/json");
    let answer = client.send_request(request.body(Body::from(body.to_string())).unwrap()).await.unwrap();
    let (mut answer, mut said) = (answer.into_body(), Vec::new());
    while let Some(frame) = answer.frame().await {
        said.extend_from_slice(&frame.unwrap().into_data().unwrap_or_default());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let answer: Value = serde_json::from_slice(&said).unwrap();
    assert_eq!(answer["result"]["task"]["status"]["message"]["parts"][0]["text"], text);
}

/// A2A-13: who asks and takes nothing keeps nobody else out.
#[tokio::test]
async fn an_answer_that_is_left_lying_is_let_go() {
    covers!(accept, "A2A-13");
    covers!(refuse, "A2A-13");
    let traffic = TrafficLimits { concurrent: 2, ..TrafficLimits::default() };
    let guard = Arc::new(Guard::new(traffic, Arc::new(Metrics::default())));
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = door.local_addr().unwrap();
    let limits = ServerLimits { untaken: Duration::from_millis(200), ..ServerLimits::default() };
    tokio::spawn(server(limits).serve(Door::from(door).with_guard(guard), std::future::pending()));
    let mut miser = http2(address, 0).await;
    let mut lying = Vec::new();
    for _ in 0..2 {
        let answer = miser.send_request(card_at(address)).await.unwrap();
        assert_eq!(answer.status(), 200);
        lying.push(answer);
    }
    let mut client = http2(address, 1 << 16).await;
    let answered = async {
        loop {
            let answer = client.send_request(card_at(address)).await.unwrap();
            if answer.status() == 200 {
                return answer.into_body().collect().await.unwrap().to_bytes();
            }
        }
    };
    let card = timeout(Duration::from_secs(60), answered).await.expect("somebody else gets in");
    assert!(serde_json::from_slice::<Value>(&card).unwrap()["name"].is_string());
    drop(lying);
}

/// A2A-15: answers have the type of A2A for whoever names it, errors the form of section 11.6.
#[tokio::test]
async fn who_names_the_type_of_a2a_gets_it() {
    covers!(accept, "A2A-15");
    covers!(refuse, "A2A-15");
    const A2A: &str = "application/a2a+json";
    const JSON: &str = "application/json";
    let served = open();
    for (accept, content, expected) in
        [(Some(A2A), JSON, A2A), (None, A2A, A2A), (None, JSON, JSON), (Some("*/*"), JSON, JSON)]
    {
        for (text, status) in [(params("hello", None).to_string(), 200), ("{}".to_owned(), 400)] {
            let mut request = post("/message:send").header("content-type", content);
            if let Some(accept) = accept {
                request = request.header("accept", accept);
            }
            let response = served.send(request.body(Body::from(text)).unwrap()).await;
            assert_eq!(response.status().as_u16(), status);
            assert_eq!(response.headers()["content-type"], expected, "{accept:?} {content} {status}");
            let body = response.into_body().collect().await.unwrap().to_bytes();
            let body: Value = serde_json::from_slice(&body).unwrap();
            if status == 400 {
                assert_eq!(body["error"]["code"], 400, "{body}");
                assert_eq!(body["error"]["status"], "INVALID_ARGUMENT", "{body}");
                assert!(
                    body["error"]["message"].is_string() && body["error"]["details"].is_array(),
                    "{body}"
                );
            }
        }
    }
}

/// A2A-16: the path of a tenant is the path without it, and one of two tenants is none.
#[tokio::test]
async fn a_tenant_stands_before_the_path() {
    covers!(accept, "A2A-16");
    covers!(refuse, "A2A-16");
    let served = open();
    let (status, answer) = served.rest("POST", "/acme/message:send", Some(params("hello", None)), None).await;
    assert_eq!(
        (status, &answer["task"]["status"]["state"]),
        (200, &json!("TASK_STATE_COMPLETED")),
        "{answer}"
    );
    let (status, _) = served.rest("POST", "/a/b/message:send", Some(params("hello", None)), None).await;
    assert_eq!(status, 404);
}

/// A2A-20: whatever the agent says first, a stream begins with the task, or is one message.
#[tokio::test]
async fn a_stream_is_of_a_task_or_is_one_message() {
    covers!(accept, "A2A-20");
    covers!(refuse, "A2A-20");
    let served = open();
    let stream = async |text| {
        whole(served.send(rpc("SendStreamingMessage", params(text, None))).await.into_body()).await
    };
    let said = stream("message").await;
    assert_eq!((said.len(), &said[0]["message"]["parts"][0]["text"]), (1, &json!("hi")), "{said:?}");
    // The agent's own first word is how the task stands.
    let said = stream("hello").await;
    assert!(said[0]["task"]["id"].is_string() && said[1]["statusUpdate"].is_object(), "{said:?}");
}

/// A2A-21: whoever is too far behind is shown the task as it stands.
#[tokio::test]
async fn who_is_too_far_behind_is_shown_the_task() {
    covers!(refuse, "A2A-21");
    let default = EngineLimits::default();
    assert_eq!((default.events, default.bytes), (1024, 16 << 20));
    for limits in [EngineLimits { events: 16, ..default }, EngineLimits { bytes: 16 << 10, ..default }] {
        let served = serve_with(scene::scene().node, Demand::Optional, limits);
        let stream = served.send(rpc("SendStreamingMessage", params("burst", None))).await.into_body();
        loop {
            let listed = served.jsonrpc("ListTasks", json!({})).await;
            if listed["result"]["tasks"][0]["status"]["state"] == "TASK_STATE_COMPLETED" {
                break;
            }
            tokio::task::yield_now().await;
        }
        let said = whole(stream).await;
        assert!(said.len() < 502, "{} events of 502", said.len());
        let last = said.last().unwrap();
        assert_eq!(last["task"]["status"]["state"], "TASK_STATE_COMPLETED", "{last}");
    }
}

/// A2A-22: nor does an agent work for ever.
#[tokio::test]
async fn an_agent_that_works_too_long_has_failed() {
    covers!(refuse, "A2A-22");
    assert_eq!(EngineLimits::default().work, Duration::from_secs(3600));
    let limits = EngineLimits { work: Duration::from_millis(50), ..EngineLimits::default() };
    let served = serve_with(scene::scene().node, Demand::Optional, limits);
    let answer = served.jsonrpc("SendMessage", params("for ever", None)).await;
    assert_eq!(answer["result"]["task"]["status"]["state"], "TASK_STATE_FAILED", "{answer}");
}

/// A2A-22, A2A-27: one that always has something to say is stopped all the same, by its time and by its client.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_never_pauses_is_stopped() {
    covers!(refuse, "A2A-22");
    let limits = EngineLimits { work: Duration::from_millis(50), ..EngineLimits::default() };
    let served = serve_with(scene::scene().node, Demand::Optional, limits);
    let answer = served.jsonrpc("SendMessage", params("babble", None)).await;
    assert_eq!(answer["result"]["task"]["status"]["state"], "TASK_STATE_FAILED", "{answer}");

    covers!(accept, "A2A-27");
    let served = open();
    let mut babble = params("babble", None);
    babble["configuration"] = json!({ "returnImmediately": true });
    let answer = served.jsonrpc("SendMessage", babble).await;
    let id = answer["result"]["task"]["id"].clone();
    let canceled = served.jsonrpc("CancelTask", json!({ "id": id })).await;
    assert_eq!(canceled["result"]["status"]["state"], "TASK_STATE_CANCELED", "{canceled}");
}

/// A2A-23: a task that waits is followed from how it stands to its end; one that ended is not.
#[tokio::test]
async fn a_task_that_waits_is_followed() {
    covers!(accept, "A2A-23");
    covers!(refuse, "A2A-23");
    let served = open();
    let asked = served.jsonrpc("SendMessage", params("ask", None)).await;
    let id = asked["result"]["task"]["id"].clone();
    let mut stream = served.send(rpc("SubscribeToTask", json!({ "id": id }))).await.into_body();
    let first = stream.frame().await.unwrap().unwrap().into_data().unwrap();
    let first = events(&first).remove(0);
    assert_eq!(first["task"]["status"]["state"], "TASK_STATE_INPUT_REQUIRED", "{first}");
    let mut next = params("more", None);
    next["message"]["taskId"] = id.clone();
    let answer = served.jsonrpc("SendMessage", next).await;
    assert_eq!(answer["result"]["task"]["status"]["state"], "TASK_STATE_COMPLETED", "{answer}");
    let last = whole(stream).await.pop().unwrap();
    assert_eq!(last["statusUpdate"]["status"]["state"], "TASK_STATE_COMPLETED", "{last}");
    let ended = served.jsonrpc("SubscribeToTask", json!({ "id": id })).await;
    assert_eq!(ended["error"]["code"], -32004, "{ended}");
}

/// A2A-27: the agent is asked, and need not do anything about it. It may decline.
#[tokio::test]
async fn a_cancellation_asks_the_agent_first() {
    covers!(accept, "A2A-27");
    covers!(refuse, "A2A-27");
    let served = open();
    let mut asked = params("for ever", None);
    asked["configuration"] = json!({ "returnImmediately": true });
    let id = served.jsonrpc("SendMessage", asked).await["result"]["task"]["id"].clone();
    assert_eq!(served.echo.canceled.load(Ordering::SeqCst), 0);
    served.echo.stubborn.store(true, Ordering::SeqCst);
    let declined = served.jsonrpc("CancelTask", json!({ "id": id })).await;
    assert_eq!(declined["error"]["code"], -32002, "{declined}");
    let shown = served.jsonrpc("GetTask", json!({ "id": id })).await;
    assert_eq!(shown["result"]["status"]["state"], "TASK_STATE_WORKING", "{shown}");
    served.echo.stubborn.store(false, Ordering::SeqCst);
    let canceled = served.jsonrpc("CancelTask", json!({ "id": id })).await;
    assert_eq!(canceled["result"]["status"]["state"], "TASK_STATE_CANCELED", "{canceled}");
    assert_eq!(served.echo.canceled.load(Ordering::SeqCst), 2);
    let shown = served.jsonrpc("GetTask", json!({ "id": id })).await;
    assert_eq!(shown["result"]["status"]["state"], "TASK_STATE_CANCELED", "{shown}");
}
