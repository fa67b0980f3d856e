//! The client against a server of ours, over the wire: discovered, sealed, streamed, asked for later.

use std::sync::Arc;

use ca2a_core::{P256SigningKey, SigningKey};
use ca2a_covers::covers;
use ca2a_runtime::{
    a2a::{
        A2aServer, Demand, Engine, EngineLimits,
        card::{CardExtension, CardKey, PinnedKey, sign},
        client::{
            A2aCallError, Authority, Ca2aTransport, JsonBinding, JsonTransport, Sealing, connect,
            sdk::Transport,
        },
        sdk::{
            AgentInterface, CancelTaskRequest, GetTaskRequest, ListTasksRequest, Message, Part, Role,
            SendMessageRequest, SendMessageResponse, StreamResponse, SubscribeToTaskRequest, TaskState,
            stream,
        },
        tasks::MemoryTasks,
    },
    client::PeerClient,
    http::{HttpClient, Origin},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::support::{
    a2a::{Echo, card},
    scene::{self, capability, chain, key},
    wire::Wire,
};

struct Agent {
    origin: Origin,
    wire: Wire,
    echo: Echo,
}

/// An agent that speaks `binding`, whose card `card_key` signs, behind a wire that is listened to.
async fn agent(binding: &str, card_key: CardKey) -> Agent {
    agent_of(binding, card_key, None).await
}

/// The same, whose card says that its requests are for `tenant`.
async fn agent_of(binding: &str, card_key: CardKey, tenant: Option<&str>) -> Agent {
    let (door, behind) = (bound().await, bound().await);
    let (outside, inside) = (door.local_addr().unwrap(), behind.local_addr().unwrap());
    let url = match binding {
        "JSONRPC" => format!("http://{outside}/"),
        "HTTP+JSON" => format!("http://{outside}"),
        _ => outside.to_string(),
    };
    let node = Arc::new(scene::scene().node.with_identity(key(7)));
    let mut card = card();
    let interface = AgentInterface::new(url, binding);
    card.supported_interfaces = vec![AgentInterface { tenant: tenant.map(str::to_owned), ..interface }];
    card.skills = serde_json::from_str(r#"[{"id":"e","name":"e","description":"e","tags":["e"]}]"#).unwrap();
    CardExtension::of(&node).declare(&mut card);
    let echo = Echo::default();
    let engine = Engine::new(echo.clone(), Arc::new(MemoryTasks::default()));
    let server = A2aServer::new(node, engine, &card).unwrap().signed_by(card_key).unwrap();
    let wire = Wire::default();
    let listening = wire.clone();
    tokio::spawn(async move { listening.between(door, inside).await });
    tokio::spawn(server.serve(behind, std::future::pending()));
    Agent { origin: Origin::parse(&format!("http://{outside}")).unwrap(), wire, echo }
}

async fn bound() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.unwrap()
}

fn ed25519() -> CardKey {
    CardKey::Ed25519(key(7))
}

fn authority(asking: &str) -> Authority {
    Authority::new(chain(), key(3), capability(asking))
}

async fn client(agent: &Agent) -> Ca2aTransport<Box<dyn Transport>> {
    let found = connect(agent.origin.clone(), &[PinnedKey::from(ed25519().public())]).await.unwrap();
    Ca2aTransport::to(found, authority("read")).unwrap()
}

fn request(text: &str) -> SendMessageRequest {
    SendMessageRequest {
        message: Message::new(Role::User, vec![Part::text(text)]),
        configuration: None,
        metadata: None,
        tenant: None,
    }
}

const BINDINGS: &[&str] =
    if cfg!(feature = "grpc") { &["JSONRPC", "HTTP+JSON", "GRPC"] } else { &["JSONRPC", "HTTP+JSON"] };

/// A2A-60, A2A-61, A2A-64, A2A-65, A2A-100, A2A-104, A2A-107
#[tokio::test]
async fn a_sealed_call_shows_nothing_on_the_wire() {
    covers!(accept, "A2A-60", "A2A-61", "A2A-64", "A2A-65", "A2A-100", "A2A-107");
    covers!(refuse, "A2A-64");
    for binding in BINDINGS {
        let agent = agent(binding, ed25519()).await;
        let client = client(&agent).await;
        let answered = client.send(request("a secret of theirs")).await.unwrap();
        let SendMessageResponse::Task(task) = &answered.response else { panic!("{binding}") };
        assert_eq!(task.status.state, TaskState::Completed, "{binding}");
        assert_eq!(task.status.message.as_ref().unwrap().text(), Some("a secret of theirs"), "{binding}");
        assert_eq!(task.history.as_ref().unwrap()[0].text(), Some("a secret of theirs"), "{binding}");
        assert!(answered.record.is_some() && answered.statement.is_some(), "{binding}");
        assert!(agent.wire.saw("sealed_payload") && agent.wire.saw("sealed_result"), "{binding}");
        assert!(!agent.wire.saw("a secret"), "{binding}");
        assert!(!agent.wire.saw("at work"), "{binding}");
        let seen = agent.echo.seen.lock().unwrap().clone();
        assert_eq!(seen["ca2a-capability"], ["read"], "{binding}");
    }
}

/// A2A-66, A2A-106
#[tokio::test]
async fn a_sealed_stream_comes_whole() {
    covers!(accept, "A2A-66", "A2A-106");
    use stream::StreamExt as _;
    for binding in BINDINGS {
        let agent = agent(binding, ed25519()).await;
        let client = client(&agent).await;
        let answered = client.stream(request("in parts")).await.unwrap();
        let events: Vec<_> = answered.events.map(Result::unwrap).collect().await;
        assert!(matches!(&events[0], StreamResponse::Task(_)), "{binding}");
        let StreamResponse::StatusUpdate(last) = events.last().unwrap() else { panic!("{binding}") };
        assert_eq!(last.status.message.as_ref().unwrap().text(), Some("in parts"), "{binding}");
        assert!(!agent.wire.saw("in parts"), "{binding}");
        // A stream that ends while the task waits has its end too.
        let answered = client.stream(request("ask")).await.unwrap();
        let events: Vec<_> = answered.events.map(Result::unwrap).collect().await;
        let StreamResponse::StatusUpdate(last) = events.last().unwrap() else { panic!("{binding}") };
        assert_eq!(last.status.state, TaskState::InputRequired, "{binding}");
        assert!(!agent.wire.saw("what?"), "{binding}");
    }
}

/// A2A-68, A2A-110, A2A-111
#[tokio::test]
async fn a_sealed_task_is_shown_sealed_later() {
    covers!(accept, "A2A-68", "A2A-110", "A2A-111");
    use stream::StreamExt as _;
    for binding in BINDINGS {
        let agent = agent(binding, ed25519()).await;
        let client = client(&agent).await;
        let answered = client.send(request("ask")).await.unwrap();
        let SendMessageResponse::Task(task) = answered.response else { panic!("{binding}") };
        let params = Default::default();
        let get = GetTaskRequest { id: task.id.clone(), history_length: None, tenant: None };
        let found = client.get_task(&params, &get).await.unwrap();
        assert_eq!(found.status.message.unwrap().text(), Some("what?"), "{binding}");
        let list = client.list_tasks(
            &params,
            &ListTasksRequest {
                context_id: None,
                status: None,
                page_size: None,
                page_token: None,
                history_length: None,
                status_timestamp_after: None,
                include_artifacts: None,
                tenant: None,
            },
        );
        let list = list.await.unwrap();
        assert_eq!(list.tasks[0].status.message.as_ref().unwrap().text(), Some("what?"), "{binding}");
        let subscribe = SubscribeToTaskRequest { id: task.id.clone(), tenant: None };
        let mut events = client.subscribe_to_task(&params, &subscribe).await.unwrap();
        let Some(Ok(StreamResponse::Task(first))) = events.next().await else { panic!("{binding}") };
        assert_eq!(first.status.message.unwrap().text(), Some("what?"), "{binding}");
        // Somebody else with a credential of its own has no such task.
        let found = connect(agent.origin.clone(), &[PinnedKey::from(ed25519().public())]).await.unwrap();
        let root = ca2a_delegation::issue(&key(1), scene::grant("c-9", 4, &["read"])).unwrap();
        let other = Authority::new(scene::chain_of(&[root]), key(4), capability("read"));
        let other = Ca2aTransport::to(found, other).unwrap();
        assert_eq!(other.get_task(&params, &get).await.unwrap_err().code, -32001, "{binding}");
        let cancel = CancelTaskRequest { id: task.id.clone(), metadata: None, tenant: None };
        let canceled = client.cancel_task(&params, &cancel).await.unwrap();
        assert_eq!(canceled.status.state, TaskState::Canceled, "{binding}");
        assert!(!agent.wire.saw("what?"), "{binding}");
        // What the node remembers of a task is not its agent's to know (A2A-6, A2A-70).
        let known = agent.echo.known.lock().unwrap().clone().unwrap();
        assert_eq!((&known.id, known.metadata), (&task.id, None), "{binding}");
    }
}

/// A2A-112: over HTTP+JSON in the path; and a proof is of the request with its tenant, whatever carries it.
#[tokio::test]
async fn the_tenant_of_a_card_is_said() {
    covers!(accept, "A2A-112");
    for binding in BINDINGS {
        let agent = agent_of(binding, ed25519(), Some("acme")).await;
        let client = client(&agent).await;
        let answered = client.send(request("ask")).await.unwrap();
        let SendMessageResponse::Task(task) = answered.response else { panic!("{binding}") };
        let get = GetTaskRequest { id: task.id.clone(), history_length: None, tenant: None };
        client.get_task(&Default::default(), &get).await.unwrap();
        let cancel = CancelTaskRequest { id: task.id.clone(), metadata: None, tenant: None };
        client.cancel_task(&Default::default(), &cancel).await.unwrap();
        if *binding == "HTTP+JSON" {
            assert!(agent.wire.saw("POST /acme/message:send HTTP/1.1"));
            assert!(agent.wire.saw(&format!("GET /acme/tasks/{} HTTP/1.1", task.id)));
            assert!(agent.wire.saw(&format!("POST /acme/tasks/{}:cancel HTTP/1.1", task.id)));
        }
    }
}

/// A2A-71: what is for the agent goes inside, and the tenant with it.
#[tokio::test]
async fn nothing_for_the_agent_travels_beside_a_seal() {
    covers!(accept, "A2A-71");
    for binding in BINDINGS {
        let agent = agent_of(binding, ed25519(), Some("acme")).await;
        let mut request = request("hi");
        request.metadata = Some([("own".to_owned(), "whispered".into())].into());
        let answered = client(&agent).await.send(request).await.unwrap();
        assert!(matches!(answered.response, SendMessageResponse::Task(_)), "{binding}");
        let heard = agent.echo.heard.lock().unwrap().clone().unwrap().metadata.unwrap();
        assert_eq!(heard, [("own".to_owned(), "whispered".into())].into(), "{binding}");
        assert!(!agent.wire.saw("whispered"), "{binding}");
    }
}

/// A2A-106: over gRPC a stream is silent where there is nothing to say; who is gone does not answer a ping.
#[cfg(feature = "grpc")]
#[tokio::test]
async fn a_silent_stream_lasts_as_long_as_there_is_a_peer() {
    use std::time::Duration;

    use ca2a_runtime::{a2a::client::GrpcTransport, http::ClientLimits};
    use stream::StreamExt as _;
    covers!(accept, "A2A-106");
    covers!(refuse, "A2A-106");
    let behind = bound().await;
    let inside = behind.local_addr().unwrap();
    let (node, echo) = (Arc::new(scene::scene().node), Echo::default());
    let engine = Engine::new(echo.clone(), Arc::new(MemoryTasks::default()));
    let server = A2aServer::new(node, engine, &card()).unwrap().with_demand(Demand::Optional);
    tokio::spawn(server.serve(behind, std::future::pending()));
    let door = bound().await;
    let origin = Origin::parse(&format!("http://{}", door.local_addr().unwrap())).unwrap();
    let between = tokio::spawn(async move {
        let (mut caller, _) = door.accept().await.unwrap();
        let mut callee = tokio::net::TcpStream::connect(inside).await.unwrap();
        // Both sockets outlive this where it is left.
        let copied = tokio::io::copy_bidirectional(&mut caller, &mut callee);
        let _ = tokio::time::timeout(Duration::from_secs(3), copied).await;
        std::future::pending::<()>().await;
        drop((caller, callee));
    });
    let limits = ClientLimits {
        silence: Duration::from_millis(100),
        deadline: Duration::from_secs(2),
        ..ClientLimits::default()
    };
    let client = GrpcTransport::connect(HttpClient::with_limits(origin, limits)).await.unwrap();
    let params = Default::default();
    let mut events = client.send_streaming_message(&params, &request("wait")).await.unwrap();
    for _ in 0..2 {
        events.next().await.unwrap().unwrap();
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    echo.go.notify_one();
    let last = events.map(Result::unwrap).collect::<Vec<_>>().await.pop();
    let Some(StreamResponse::StatusUpdate(last)) = last else { panic!("{last:?}") };
    assert_eq!(last.status.state, TaskState::Completed);
    // And now nobody is there any more.
    let mut events = client.send_streaming_message(&params, &request("wait")).await.unwrap();
    let lost = async {
        loop {
            if let Err(error) = events.next().await.unwrap() {
                return error.message;
            }
        }
    };
    let why = tokio::time::timeout(Duration::from_secs(60), lost).await.expect("it notices");
    assert!(why.starts_with("TRANSPORT_ERROR"), "{why}");
    between.abort();
}

/// A2A-106: what an answer may have does not depend on what carries it.
#[tokio::test]
async fn an_answer_has_its_size_over_every_binding() {
    covers!(accept, "A2A-106");
    covers!(refuse, "A2A-106");
    for binding in BINDINGS {
        let agent = agent(binding, ed25519()).await;
        let client = client(&agent).await;
        client.send(request(&"x".repeat(100 << 10))).await.unwrap();
        // It comes back in the history and in the status, both sealed: more than 1 MiB.
        assert!(client.send(request(&"x".repeat(450 << 10))).await.is_err(), "{binding}");
        assert_eq!(agent.echo.worked.load(std::sync::atomic::Ordering::SeqCst), 2, "{binding}");
    }
}

/// A2A-69
#[tokio::test]
async fn a_sealed_task_goes_on_sealed() {
    covers!(accept, "A2A-69");
    covers!(refuse, "A2A-69");
    let agent = agent("JSONRPC", ed25519()).await;
    let sealed = client(&agent).await;
    let SendMessageResponse::Task(task) = sealed.send(request("ask")).await.unwrap().response else {
        panic!()
    };
    let mut more = request("the answer");
    more.message.task_id = Some(task.id.clone());
    more.message.context_id = Some(task.context_id.clone());
    let plain = client(&agent).await.with_sealing(Sealing::Plain);
    let error = plain.send(more.clone()).await.unwrap_err();
    assert_eq!(error.code().as_str(), "SEALED_CHANNEL_ERROR", "{error}");
    let SendMessageResponse::Task(task) = sealed.send(more).await.unwrap().response else { panic!() };
    assert_eq!(task.status.message.unwrap().text(), Some("the answer"));
    // Nor is anything sealed brought to a task that is shown to whoever looks at the wire.
    let SendMessageResponse::Task(task) = plain.send(request("ask")).await.unwrap().response else {
        panic!()
    };
    let mut more = request("a secret");
    more.message.task_id = Some(task.id);
    let error = sealed.send(more.clone()).await.unwrap_err();
    assert_eq!(error.code().as_str(), "SEALED_CHANNEL_ERROR", "{error}");
    more.message.parts = vec![Part::text("in the clear")];
    plain.send(more).await.unwrap();
    assert!(!agent.wire.saw("a secret"));
}

/// A2A-104, A2A-108
#[tokio::test]
async fn a_refusal_has_its_code_and_leaves_no_task() {
    covers!(accept, "A2A-108");
    for binding in BINDINGS {
        let agent = agent(binding, ed25519()).await;
        let found = connect(agent.origin.clone(), &[PinnedKey::from(ed25519().public())]).await.unwrap();
        let client = Ca2aTransport::to(found, authority("write")).unwrap();
        let error = client.send(request("hello")).await.unwrap_err();
        assert!(matches!(error, A2aCallError::Refused(_)), "{binding}: {error:?}");
        assert_eq!(error.code().as_str(), "SCOPE_NOT_PERMITTED", "{binding}: {error:?}");
        assert_eq!(agent.echo.worked.load(std::sync::atomic::Ordering::SeqCst), 0, "{binding}");
    }
}

/// A2A-83, A2A-85, A2A-88, A2A-105
#[tokio::test]
async fn only_a_pinned_key_opens_the_door() {
    covers!(accept, "A2A-80", "A2A-83", "A2A-105");
    covers!(refuse, "A2A-83", "A2A-100", "A2A-105");
    let p256 = P256SigningKey::from_scalar(&[5; 32]).unwrap();
    let pinned = PinnedKey::from(CardKey::P256(P256SigningKey::from_scalar(&[5; 32]).unwrap()).public());
    let agent = agent("JSONRPC", CardKey::P256(p256)).await;
    let other = PinnedKey::from(SigningKey::from_seed(&[8; 32]).verifying_key());
    let error = connect(agent.origin.clone(), &[other]).await.unwrap_err();
    assert_eq!(error.code().as_str(), "ATTESTATION_FAILED", "{error}");
    let found = connect(agent.origin.clone(), std::slice::from_ref(&pinned)).await.unwrap();
    assert_eq!(found.card.extension().unwrap().delegation_subject, Some(key(7).verifying_key()));
    assert_eq!(found.card.extension().unwrap().seal_suites, [1]);
    let client = Ca2aTransport::to(found, authority("read")).unwrap();
    assert!(client.send(request("hello")).await.is_ok());

    // A card of this agent's that names a channel of somebody else's: another node, which holds another card key.
    let impostor = self::agent("JSONRPC", ed25519()).await;
    let mut card = card();
    card.supported_interfaces = vec![AgentInterface::new(format!("{}/", agent.origin), "JSONRPC")];
    card.skills = serde_json::from_str(r#"[{"id":"e","name":"e","description":"e","tags":["e"]}]"#).unwrap();
    let channel = format!("{}/.well-known/ca2a/channel", impostor.origin);
    CardExtension { channel_url: Some(channel), ..CardExtension::default() }.declare(&mut card);
    let signer = CardKey::P256(P256SigningKey::from_scalar(&[5; 32]).unwrap());
    let bytes = sign(&serde_json::to_vec(&card).unwrap(), [&signer]).unwrap();
    let door = bound().await;
    let place = Origin::parse(&format!("http://{}", door.local_addr().unwrap())).unwrap();
    let served =
        axum::Router::new().route("/.well-known/agent-card.json", axum::routing::get(|| async { bytes }));
    tokio::spawn(async move { axum_serve(door, served).await });
    let found = connect(place, &[pinned]).await.unwrap();
    let client = Ca2aTransport::to(found, authority("read")).unwrap();
    let error = client.send(request("hello")).await.unwrap_err();
    assert_eq!(error.code().as_str(), "ATTESTATION_FAILED", "{error}");
    assert_eq!(impostor.echo.worked.load(std::sync::atomic::Ordering::SeqCst), 0);
}

/// Serves one answer a connection, which is all that this takes.
async fn axum_serve(door: TcpListener, router: axum::Router) {
    use tower::ServiceExt as _;
    while let Ok((mut stream, _)) = door.accept().await {
        let mut buffer = vec![0; 4096];
        let _ = stream.read(&mut buffer).await;
        let request =
            axum::http::Request::get("/.well-known/agent-card.json").body(axum::body::Body::empty());
        let response = router.clone().oneshot(request.unwrap()).await.unwrap();
        let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        let _ = stream.write_all(head.as_bytes()).await;
        let _ = stream.write_all(&body).await;
    }
}

/// A2A-101, A2A-102
#[tokio::test]
async fn integers_go_out_as_integers() {
    covers!(accept, "A2A-101");
    covers!(refuse, "A2A-101");
    let agent = agent("JSONRPC", ed25519()).await;
    let inner = JsonTransport::new(HttpClient::new(agent.origin.clone()), "/", JsonBinding::JsonRpc);
    let client = Ca2aTransport::new(inner, PeerClient::new(agent.origin.clone()), authority("read"))
        .unwrap()
        .with_sealing(Sealing::Plain)
        .with_calls_per_handshake(3);
    for _ in 0..4 {
        let answered = client.send(request("in the clear")).await.unwrap();
        assert!(answered.record.is_some());
    }
    assert!(agent.wire.saw(r#""depth":1"#));
    assert!(!agent.wire.saw(r#""depth":1.0"#));
    assert!(agent.wire.saw("in the clear"));
}

/// A2A-67: a credential that the caller made for its callee comes to the agent with the chain of the call, and nobody on the
/// way sees it.
#[tokio::test]
async fn a_credential_is_granted_inside_the_seal() {
    covers!(accept, "A2A-67");
    covers!(refuse, "A2A-67");
    let leaf = chain().credentials().unwrap().pop().unwrap();
    let child = ca2a_delegation::delegate(&leaf, &key(3), scene::grant("c-child", 9, &["read"])).unwrap();
    for binding in BINDINGS {
        let agent = agent(binding, ed25519()).await;
        let client = client(&agent).await;
        let ours = authority("read");
        let sent = client.send_under(&ours, Some(&child), Default::default(), request("go on"));
        sent.await.unwrap();
        let given = agent.echo.authority.lock().unwrap().take().unwrap().credentials().unwrap();
        assert_eq!((given.len(), given.last()), (3, Some(&child)), "{binding}");
        assert!(!agent.wire.saw("c-child"), "{binding}");
        client.send(request("by itself")).await.unwrap();
        assert!(agent.echo.authority.lock().unwrap().is_none(), "{binding}");
    }
}

/// A server that answers every request with `head` and as many bytes of `filler` as it can get rid of.
async fn endless(head: &'static str, filler: &'static [u8]) -> Origin {
    let door = bound().await;
    let origin = Origin::parse(&format!("http://{}", door.local_addr().unwrap())).unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = door.accept().await {
            tokio::spawn(async move {
                let mut asked = [0; 1024];
                let _ = socket.read(&mut asked).await;
                let mut sent = socket.write_all(head.as_bytes()).await;
                while sent.is_ok() && !filler.is_empty() {
                    sent = socket.write_all(filler).await;
                }
                // One that has nothing more to say keeps the line open.
                let _ = socket.read(&mut asked).await;
            });
        }
    });
    origin
}

/// A2A-106: answers and events have a size, and a peer that begins no answer is given up.
#[tokio::test]
async fn a_peer_without_measure_is_given_up() {
    covers!(refuse, "A2A-106");
    use std::time::Duration;

    use ca2a_runtime::{
        a2a::client::{JsonBinding, JsonTransport},
        http::{ClientLimits, HttpClient},
    };
    use stream::StreamExt as _;
    const JSON: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n";
    const EVENTS: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\ndata: ";
    let over = |origin| JsonTransport::new(HttpClient::new(origin), "/", JsonBinding::JsonRpc);
    let params = Default::default();
    let refused = over(endless(JSON, &[b' '; 4096]).await).send_message(&params, &request("x")).await;
    let why = refused.unwrap_err().message;
    assert!(why.starts_with("TRANSPORT_ERROR") && why.contains("larger than 1048576 bytes"), "{why}");

    let events = over(endless(EVENTS, &[b'x'; 4096]).await);
    let mut events = events.send_streaming_message(&params, &request("x")).await.unwrap();
    assert!(events.next().await.unwrap().is_err());
    assert!(events.next().await.is_none());

    let limits = ClientLimits { answer: Duration::from_millis(50), ..ClientLimits::default() };
    for head in ["", "HTTP/1.1 200 OK\r\n"] {
        let http = HttpClient::with_limits(endless(head, &[]).await, limits);
        let silent = JsonTransport::new(http, "/", JsonBinding::JsonRpc);
        let why = silent.send_message(&params, &request("x")).await.unwrap_err().message;
        assert!(why.starts_with("TIMEOUT"), "{why}");
        let why = silent.send_streaming_message(&params, &request("x")).await.err().unwrap().message;
        assert!(why.starts_with("TIMEOUT"), "{why}");
    }
    // Who serves as we do says how a task stands before who asks gives up (A2A-25).
    assert!(ClientLimits::default().answer > EngineLimits::default().wait);
}
