//! GATE-61, GATE-67, GATE-83: how an agent's requests go to a peer that hangs, that says another card than before, or whose
//! channel is another's for a while.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::{Request, Response},
};
use ca2a_core::ErrorCode;
use ca2a_covers::covers;
use ca2a_runtime::{
    a2a::{
        A2aServer, Engine,
        card::{CardExtension, CardKey, sign},
        client::CARD_PATH,
        sdk::AgentInterface,
        tasks::MemoryTasks,
    },
    gateway::outbound::{Allowed, Outbound, Route},
    http::{CHANNEL_PATH, Origin},
};
use futures_util::future::join_all;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch};
use tower::ServiceExt as _;

use super::outbound::{card_key, code, rpc, send, standing};
use crate::support::a2a::{Echo, card};
use crate::support::gateway::{serve_on, state};
use crate::support::scene::{self, capability, key};

/// How many handshakes were begun, and how many must have been before any is answered.
#[derive(Clone, Copy)]
struct Shakes {
    begun: usize,
    wanted: usize,
}

/// A peer with somebody before it who changes what it says, and when.
#[derive(Clone)]
struct Peer {
    origin: Origin,
    echo: Echo,
    honest: Router,
    shakes: Arc<watch::Sender<Shakes>>,
    /// How often its card was fetched.
    cards: Arc<AtomicUsize>,
    /// What is said instead, at a path or to a method; nothing ever for `null`.
    said: Arc<Mutex<BTreeMap<&'static str, Value>>>,
}

async fn peer() -> Peer {
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = Origin::parse(&format!("http://{}", door.local_addr().unwrap())).unwrap();
    let (node, echo, mut card) = (scene::scene().node.with_identity(key(7)), Echo::default(), card());
    card.supported_interfaces = vec![AgentInterface::new(format!("{origin}/"), "JSONRPC")];
    card.skills = serde_json::from_str(r#"[{"id":"e","name":"e","description":"e","tags":["e"]}]"#).unwrap();
    CardExtension::of(&node).declare(&mut card);
    let engine = Engine::new(echo.clone(), Arc::new(MemoryTasks::default()));
    let server = A2aServer::new(Arc::new(node), engine, &card).unwrap();
    let honest = server.signed_by(CardKey::Ed25519(key(7))).unwrap().into_router();
    let (shakes, _) = watch::channel(Shakes { begun: 0, wanted: 0 });
    let (shakes, cards, said) = (Arc::new(shakes), Arc::default(), Arc::default());
    let peer = Peer { origin, echo, honest, shakes, cards, said };
    serve_on(door, Router::new().fallback(between).with_state(peer.clone()));
    peer
}

async fn between(State(peer): State<Peer>, request: Request<Body>) -> Response<Body> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    match path.as_str() {
        CHANNEL_PATH => {
            peer.shakes.send_modify(|shakes| shakes.begun += 1);
            let mut news = peer.shakes.subscribe();
            news.wait_for(|shakes| shakes.begun >= shakes.wanted).await.unwrap();
        }
        CARD_PATH => drop(peer.cards.fetch_add(1, Ordering::SeqCst)),
        _ => {}
    }
    let body = body.collect().await.unwrap().to_bytes();
    let method = serde_json::from_slice::<Value>(&body).unwrap_or_default()["method"].clone();
    let asked = method.as_str().unwrap_or(&path);
    let said = peer.said.lock().unwrap().get(asked).cloned();
    if let Some(said) = said {
        if said.is_null() {
            std::future::pending::<()>().await;
        }
        let body = Body::from(said.to_string());
        return Response::builder().header("content-type", "application/json").body(body).unwrap();
    }
    peer.honest.clone().oneshot(Request::from_parts(head, Body::from(body))).await.unwrap()
}

impl Peer {
    /// The agent's side of a gateway, which waits so many seconds for this peer, and asks so much of it at one time.
    fn local(&self, seconds: u64, at_once: usize) -> Router {
        let read = Allowed::Only(capability("read"));
        let route = Route::new("b", self.origin.clone(), card_key(7), read).unwrap();
        let node = Arc::new(scene::scene().node.with_identity(key(8)));
        let outbound = Outbound::new(vec![route.standing(standing()).unwrap()], node, Arc::default());
        let outbound = outbound.unwrap().with_patience(Duration::from_secs(seconds));
        outbound.with_calls_at_once(at_once).into_router("127.0.0.1:8600".parse().unwrap())
    }

    /// From now on no handshake is answered until `wanted` are there.
    fn waits_for(&self, wanted: usize) {
        self.shakes.send_replace(Shakes { begun: 0, wanted });
    }

    async fn has_begun(&self, shakes: usize) {
        self.shakes.subscribe().wait_for(|now| now.begun >= shakes).await.unwrap();
    }

    fn worked(&self) -> usize {
        self.echo.worked.load(Ordering::SeqCst)
    }

    fn cards(&self) -> usize {
        self.cards.load(Ordering::SeqCst)
    }

    fn says(&self, asked: &'static str, said: Value) {
        self.said.lock().unwrap().insert(asked, said);
    }

    fn is_honest(&self) {
        self.said.lock().unwrap().clear();
    }
}

/// GATE-83: nobody waits for the handshake of another.
#[tokio::test]
async fn calls_shake_hands_side_by_side() {
    covers!(accept, "GATE-83");
    let peer = peer().await;
    let router = peer.local(20, 256);
    send(&router, "first", &[]).await;
    // None of them is answered before all are there.
    peer.waits_for(5);
    for answer in join_all((0..5).map(|_| send(&router, "hello", &[]))).await {
        assert_eq!(state(&answer), ("TASK_STATE_COMPLETED", "hello"), "{answer}");
    }
    assert_eq!(peer.worked(), 6);
}

/// GATE-83: what was given up does not go out when the peer is there again.
#[tokio::test]
async fn what_a_peer_had_no_time_for_is_not_sent_later() {
    covers!(refuse, "GATE-83");
    let peer = peer().await;
    let router = peer.local(3, 256);
    assert_eq!(state(&send(&router, "first", &[]).await).0, "TASK_STATE_COMPLETED");
    peer.waits_for(usize::MAX);
    for answer in join_all((0..5).map(|_| send(&router, "hello", &[]))).await {
        assert_eq!(code(&answer), "DEADLINE_EXCEEDED", "{answer}");
    }
    peer.waits_for(0);
    assert_eq!(state(&send(&router, "last", &[]).await).0, "TASK_STATE_COMPLETED");
    assert_eq!(peer.worked(), 2);
}

/// RUN-95: a peer that takes a message and never answers is given up with a code, over either binding.
#[tokio::test]
async fn a_peer_that_takes_a_message_and_is_silent_is_given_up() {
    covers!(accept, "RUN-95");
    covers!(refuse, "RUN-95");
    let peer = peer().await;
    let router = peer.local(3, 256);
    assert_eq!(state(&send(&router, "first", &[]).await).0, "TASK_STATE_COMPLETED");
    for method in ["SendMessage", "SendStreamingMessage", "GetTask"] {
        peer.says(method, Value::Null);
        let params = match method {
            "GetTask" => json!({ "id": "any" }),
            _ => crate::support::a2a::params("hello", None),
        };
        let answer = rpc(&router, method, params, &[]).await.remove(0);
        assert_eq!(code(&answer), "DEADLINE_EXCEEDED", "{method}: {answer}");
    }
    let body = Body::from(crate::support::a2a::params("hello", None).to_string());
    let request = Request::post("/peers/b/message:send").header("host", "127.0.0.1");
    let request = request.header("a2a-version", "1.0").header("content-type", "application/a2a+json");
    let answer = router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
    assert_eq!(answer.status(), 504);
    peer.is_honest();
    assert_eq!(state(&send(&router, "last", &[]).await).0, "TASK_STATE_COMPLETED");
}

/// GATE-83: a peer has so many requests at one time, and no more.
#[tokio::test]
async fn a_peer_that_hangs_holds_no_more_than_its_share() {
    covers!(accept, "GATE-83");
    covers!(refuse, "GATE-83");
    let peer = peer().await;
    let router = peer.local(60, 2);
    assert_eq!(state(&send(&router, "first", &[]).await).0, "TASK_STATE_COMPLETED");
    peer.waits_for(3);
    let hanging = join_all((0..2).map(|_| send(&router, "hello", &[])));
    let refused = async {
        peer.has_begun(2).await;
        assert_eq!(code(&send(&router, "too much", &[]).await), "OVERLOADED");
        let get = rpc(&router, "GetTask", json!({ "id": "any" }), &[]).await.remove(0);
        assert_eq!(code(&get), "OVERLOADED");
        peer.waits_for(0);
    };
    let (answers, ()) = tokio::join!(hanging, refused);
    for answer in answers {
        assert_eq!(state(&answer).0, "TASK_STATE_COMPLETED", "{answer}");
    }
    // A stream gives its place back too.
    for _ in 0..3 {
        let events = rpc(&router, "SendStreamingMessage", crate::support::a2a::params("on", None), &[]).await;
        let last = &events.last().unwrap()["result"]["statusUpdate"]["status"]["state"];
        assert_eq!(last, "TASK_STATE_COMPLETED", "{events:?}");
    }
    assert_eq!(peer.worked(), 6);
}

/// GATE-67: the secret that opens what a task says is its holder's, and not the card's.
#[tokio::test]
async fn a_task_can_be_read_whatever_becomes_of_the_card() {
    covers!(accept, "GATE-67");
    let peer = peer().await;
    let router = peer.local(20, 256);
    let asked = send(&router, "ask", &[]).await;
    let id = json!({ "id": asked["result"]["task"]["id"] });
    let get = |path: &str| Request::get(path).header("host", "localhost:8600").body(Body::empty()).unwrap();

    let card = peer.honest.clone().oneshot(get(CARD_PATH)).await.unwrap().into_body();
    let mut card: Value = serde_json::from_slice(&card.collect().await.unwrap().to_bytes()).unwrap();
    card["description"] = "echoes, and says so in other words".into();
    let signed = sign(card.to_string().as_bytes(), [&CardKey::Ed25519(key(7))]).unwrap();
    peer.says(CARD_PATH, serde_json::from_slice(&signed).unwrap());
    let shown = router.clone().oneshot(get("/peers/b/.well-known/agent-card.json")).await.unwrap();
    let shown = shown.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&shown).contains("in other words"));

    let task = rpc(&router, "GetTask", id.clone(), &[]).await.remove(0);
    assert_eq!(task["result"]["status"]["state"], "TASK_STATE_INPUT_REQUIRED", "{task}");
    let list = rpc(&router, "ListTasks", json!({}), &[]).await.remove(0);
    assert_eq!(list["result"]["tasks"][0]["id"], id["id"], "{list}");
    let canceled = rpc(&router, "CancelTask", id, &[]).await.remove(0);
    assert_eq!(canceled["result"]["status"]["state"], "TASK_STATE_CANCELED", "{canceled}");
}

/// GATE-61: a peer is found anew where its channel is not its card's, whatever was asked; what it says of itself is no reason.
#[tokio::test]
async fn a_peer_is_found_anew_by_what_is_found_out_here() {
    covers!(accept, "GATE-61");
    covers!(refuse, "GATE-61");
    let peer = peer().await;
    let router = peer.local(20, 256);
    let asked = send(&router, "ask", &[]).await;
    let id = json!({ "id": asked["result"]["task"]["id"] });
    let cards = peer.cards();
    let why = format!("{}: it says so", ErrorCode::AttestationFailed.as_str());
    let refusal = json!({ "jsonrpc": "2.0", "id": 1, "error": { "code": -32080, "message": why, "data": [{
            "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "UNAUTHENTICATED",
            "domain": "a2a-protocol.org", "metadata": { "ca2a_code": "ATTESTATION_FAILED" },
        }] } });
    peer.says("SendMessage", refusal.clone());
    assert_eq!(code(&send(&router, "hello", &[]).await), "ATTESTATION_FAILED");
    peer.says("GetTask", refusal);
    let refused = rpc(&router, "GetTask", id.clone(), &[]).await.remove(0);
    assert_eq!(code(&refused), "ATTESTATION_FAILED");
    peer.is_honest();
    let waits = rpc(&router, "GetTask", id.clone(), &[]).await.remove(0);
    assert_eq!(waits["result"]["status"]["state"], "TASK_STATE_INPUT_REQUIRED", "{waits}");
    assert_eq!(peer.cards(), cards, "nothing was found out");

    for method in ["GetTask", "ListTasks", "CancelTask", "SubscribeToTask", "SendMessage"] {
        let params = match method {
            "ListTasks" => json!({}),
            "SendMessage" => crate::support::a2a::params("hello", None),
            _ => id.clone(),
        };
        let cards = peer.cards();
        peer.says(CHANNEL_PATH, json!({ "nothing": "of a channel" }));
        let refused = rpc(&router, method, params, &[]).await.remove(0);
        assert!(refused["error"].is_object(), "{method}: {refused}");
        peer.is_honest();
        let waits = rpc(&router, "GetTask", id.clone(), &[]).await.remove(0);
        assert_eq!(waits["result"]["status"]["state"], "TASK_STATE_INPUT_REQUIRED", "{method}: {waits}");
        assert_eq!(peer.cards(), cards + 1, "{method}");
    }
}
