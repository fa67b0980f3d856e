//! GATE-60 to GATE-68: an agent that knows nothing of cA2A calls another one, through the gateways of both.

use std::{collections::BTreeSet, path::Path, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use ca2a_core::Scope;
use ca2a_covers::covers;
use ca2a_delegation::{Grant, delegate, issue};
use ca2a_runtime::{
    a2a::{
        A2aServer, Engine,
        card::{CardExtension, CardKey, PinnedKey, verify},
        sdk::AgentInterface,
        tasks::MemoryTasks,
    },
    calls::Outcome,
    gateway::{
        CallsAtHand, UpstreamLimits,
        outbound::{Allowed, Child, Outbound, Route, Standing},
    },
    http::{Door, HttpClient, Origin},
    node::PeerNode,
    operations::{Guard, Switch, TrafficLimits},
    peer::CallerRequirement,
    system::{Clock as _, SystemClock},
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

use crate::support::a2a::{Echo, card, params};
use crate::support::gateway::{E, LIMITS, Scene, Script, before_as, serve_on, state, upstream};
use crate::support::scene::{self, capability, chain, key};
use crate::support::wire::Wire;

/// A peer: an agent behind its gateway, with somebody on the wire before it.
pub(super) struct Peer {
    pub(super) scene: Scene,
    pub(super) at_hand: Arc<CallsAtHand>,
    pub(super) wire: Wire,
    pub(super) origin: Origin,
    identity: u8,
}

pub(super) async fn peer(identity: u8) -> Peer {
    peer_with(identity, CallerRequirement::None, LIMITS).await
}

pub(super) async fn peer_with(identity: u8, demand: CallerRequirement, limits: UpstreamLimits) -> Peer {
    let script = Script::default();
    let agent = upstream(&script, true).await;
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (wire, outside) = Wire::before(door.local_addr().unwrap()).await;
    let url = format!("http://{outside}");
    let (scene, at_hand) = before_as(identity, demand, agent, script, limits, &url).await;
    serve_on(door, scene.router.clone());
    Peer { scene, at_hand, wire, origin: Origin::parse(&url).unwrap(), identity }
}

pub(super) fn card_key(identity: u8) -> PinnedKey {
    PinnedKey::from(CardKey::Ed25519(key(identity)).public())
}

impl Peer {
    pub(super) fn route(&self) -> Route {
        Route::new("b", self.origin.clone(), card_key(self.identity), Allowed::Only(capability("read")))
            .unwrap()
    }

    pub(super) fn child(&self) -> Child {
        Child {
            subject: key(self.identity).verifying_key(),
            scope: Scope::new([capability("read"), capability("admin")]),
            ttl_seconds: 300,
        }
    }
}

pub(super) fn standing() -> Standing {
    Standing { chain: chain(), key: key(3) }
}

/// The agent's side of a gateway whose node has the key 8.
fn local(routes: Vec<Route>) -> Router {
    let node = scene::scene().node.with_identity(key(8));
    outbound(routes, Arc::new(node), Arc::default())
}

fn outbound(routes: Vec<Route>, node: Arc<PeerNode>, at_hand: Arc<CallsAtHand>) -> Router {
    Outbound::new(routes, node, at_hand).unwrap().into_router("127.0.0.1:8600".parse().unwrap())
}

async fn ask(router: &Router, request: axum::http::Request<Body>) -> (u16, String) {
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

/// Sends a JSON-RPC request in plain A2A; the answer, or the events of a stream.
pub(super) async fn rpc(router: &Router, method: &str, params: Value, more: &[(&str, &str)]) -> Vec<Value> {
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}).to_string();
    let mut request = axum::http::Request::post("/peers/b/")
        .header("host", "127.0.0.1:8600")
        .header("a2a-version", "1.0")
        .header("content-type", "application/json");
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    let (status, text) = ask(router, request.body(Body::from(body)).unwrap()).await;
    assert_eq!(status, 200, "{text}");
    assert!(!text.contains(E), "nothing of cA2A comes back: {text}");
    if text.starts_with('{') {
        return vec![serde_json::from_str(&text).unwrap()];
    }
    let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
    data.map(|data| serde_json::from_str(data.trim()).unwrap()).collect()
}

pub(super) async fn send(router: &Router, text: &str, more: &[(&str, &str)]) -> Value {
    rpc(router, "SendMessage", params(text, None), more).await.remove(0)
}

pub(super) fn code(answer: &Value) -> &str {
    answer["error"]["message"].as_str().unwrap_or_else(|| panic!("{answer}")).split(':').next().unwrap()
}

/// RUN-95: a peer that takes connections and never answers is waited for as long as was said.
#[tokio::test]
async fn a_peer_that_is_silent_is_given_up() {
    covers!(refuse, "RUN-95");
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = Origin::parse(&format!("http://{}", silent.local_addr().unwrap())).unwrap();
    let route = Route::new("b", origin, card_key(9), Allowed::Only(capability("read"))).unwrap();
    let node = Arc::new(scene::scene().node.with_identity(key(8)));
    let outbound = Outbound::new(vec![route.standing(standing()).unwrap()], node, Arc::default()).unwrap();
    let outbound = outbound.with_patience(Duration::from_secs(1));
    let router = outbound.into_router("127.0.0.1:8600".parse().unwrap());
    let answer = send(&router, "hello", &[]).await;
    assert_eq!(code(&answer), "DEADLINE_EXCEEDED", "{answer}");
}

/// GATE-61
#[tokio::test]
async fn the_peers_card_is_shown_in_plain_a2a() {
    covers!(accept, "GATE-61");
    covers!(refuse, "GATE-61");
    let peer = peer(9).await;
    let router = local(vec![peer.route()]);
    let get = |path: &str| {
        axum::http::Request::get(path).header("host", "localhost:8600").body(Body::empty()).unwrap()
    };
    let (status, card) = ask(&router, get("/peers/b/.well-known/agent-card.json")).await;
    assert_eq!(status, 200, "{card}");
    assert!(!card.contains(E) && !card.contains(&peer.origin.to_string()), "{card}");
    let verified = verify(card.as_bytes(), &[card_key(8)]).unwrap();
    assert_eq!(verified.name(), "stock");
    let urls: Vec<_> = verified.interfaces().iter().map(|interface| interface.url.as_str()).collect();
    assert_eq!(urls, ["http://127.0.0.1:8600/peers/b/", "http://127.0.0.1:8600/peers/b"]);

    let (status, unknown) = ask(&router, get("/peers/c/.well-known/agent-card.json")).await;
    assert_eq!((status, unknown.contains("NOT_FOUND")), (404, true));

    // A card that another key signed is not shown, and nothing is sent to its agent.
    let forged =
        Route::new("b", peer.origin.clone(), card_key(10), Allowed::Only(capability("read"))).unwrap();
    let router = local(vec![forged.standing(standing()).unwrap()]);
    let (status, refused) = ask(&router, get("/peers/b/.well-known/agent-card.json")).await;
    assert_eq!((status, refused.contains("ATTESTATION_FAILED")), (502, true), "{refused}");
    assert_eq!(code(&send(&router, "hello", &[]).await), "ATTESTATION_FAILED");
    assert_eq!(peer.scene.script.messages(), 0);
}

/// GATE-61: the key that a route grants to is the one that the card names.
#[tokio::test]
async fn a_card_with_another_subject_is_not_believed() {
    covers!(refuse, "GATE-61");
    let peer = peer(9).await;
    let child = Child { subject: key(10).verifying_key(), ..peer.child() };
    let router = local(vec![peer.route().standing(standing()).unwrap().granting(child)]);
    assert_eq!(code(&send(&router, "hello", &[]).await), "ATTESTATION_FAILED");
    assert_eq!(peer.scene.script.messages(), 0);
}

/// GATE-62: a plain message becomes a sealed call under the route's chain, and a plain answer comes back.
#[tokio::test]
async fn a_plain_message_goes_out_sealed() {
    covers!(accept, "GATE-62");
    covers!(refuse, "GATE-62");
    let peer = peer(9).await;
    let router = local(vec![peer.route().standing(standing()).unwrap().granting(peer.child())]);
    let mut asked = params("a secret of theirs", None);
    asked["metadata"] = json!({ "beside": "another secret", format!("{E}/record"): "forged" });
    let answer = rpc(&router, "SendMessage", asked, &[("authorization", "Bearer mine")]).await.remove(0);
    assert_eq!(state(&answer), ("TASK_STATE_COMPLETED", "a secret of theirs"), "{answer}");
    assert_eq!(answer["result"]["task"]["artifacts"][0]["parts"][0]["text"], "a secret of theirs");

    let seen = peer.scene.script.seen().remove(0);
    assert_eq!(seen.headers["ca2a-subject"], key(3).verifying_key().to_hex().as_str());
    assert_eq!(seen.headers["ca2a-capability"], "read");
    assert!(!seen.headers.contains_key("authorization"), "{:?}", seen.headers);
    assert_eq!(seen.body["params"]["message"]["metadata"], json!({ "beside": "another secret" }));
    for secret in ["a secret of theirs", "another secret", "Bearer mine"] {
        assert!(!peer.wire.saw(secret), "`{secret}` was on the wire");
    }
    assert!(peer.wire.saw("sealed_payload") && peer.wire.saw("sealed_result"));
}

/// GATE-62, GATE-67
#[tokio::test]
async fn a_stream_goes_through() {
    covers!(accept, "GATE-67");
    let peer = peer(9).await;
    let router = local(vec![peer.route().standing(standing()).unwrap()]);
    let events = rpc(&router, "SendStreamingMessage", params("in parts", None), &[]).await;
    let last = &events.last().unwrap()["result"]["statusUpdate"]["status"];
    assert_eq!(last["state"], "TASK_STATE_COMPLETED", "{events:?}");
    assert!(
        events
            .iter()
            .any(|event| { event["result"]["artifactUpdate"]["artifact"]["parts"][0]["text"] == "in parts" })
    );
    assert!(!peer.wire.saw("in parts"));
}

/// GATE-67: over HTTP+JSON too.
#[tokio::test]
async fn rest_is_spoken_too() {
    covers!(accept, "GATE-60");
    covers!(refuse, "GATE-64");
    let peer = peer(9).await;
    let router = local(vec![peer.route().standing(standing()).unwrap()]);
    let post = |path: &str, body: Value| {
        let request =
            axum::http::Request::post(path).header("host", "127.0.0.1").header("a2a-version", "1.0");
        request.header("content-type", "application/a2a+json").body(Body::from(body.to_string())).unwrap()
    };
    let (status, answer) = ask(&router, post("/peers/b/message:send", params("hello", None))).await;
    assert_eq!(status, 200, "{answer}");
    assert!(answer.contains("TASK_STATE_COMPLETED") && !answer.contains(E), "{answer}");
    let (status, events) = ask(&router, post("/peers/b/message:stream", params("hello", None))).await;
    assert_eq!(status, 200, "{events}");
    assert!(events.contains("TASK_STATE_COMPLETED") && !events.contains(E), "{events}");

    let router = local(vec![peer.route()]);
    let (status, refused) = ask(&router, post("/peers/b/message:send", params("hello", None))).await;
    assert_eq!(status, 403, "{refused}");
    assert!(refused.contains("NO_AUTHORITY"), "{refused}");
}

/// GATE-80: over HTTP+JSON, where the SDK asks for no version, as over JSON-RPC, where it does.
#[tokio::test]
async fn a_request_names_the_version_that_is_spoken() {
    covers!(accept, "GATE-80");
    covers!(refuse, "GATE-80");
    let peer = peer(9).await;
    let router = local(vec![peer.route().standing(standing()).unwrap()]);
    let to = |method: &str, path: &str, version: Option<&str>, body: Value| {
        let request = axum::http::Request::builder().method(method).uri(path).header("host", "127.0.0.1");
        let request = request.header("content-type", "application/json");
        let request =
            version.into_iter().fold(request, |request, named| request.header("a2a-version", named));
        request.body(Body::from(body.to_string())).unwrap()
    };
    let rpc = json!({"jsonrpc": "2.0", "id": 7, "method": "SendMessage", "params": params("hello", None)});
    let push = json!({ "taskId": "t", "url": "https://a.example/" });
    for version in [None, Some("0.3"), Some("2.0")] {
        let asked = [
            ("POST", "/peers/b/", rpc.clone()),
            ("POST", "/peers/b/message:send", params("hello", None)),
            ("POST", "/peers/b/message:stream", params("hello", None)),
            ("GET", "/peers/b/tasks/t", Value::Null),
            ("GET", "/peers/b/tasks", Value::Null),
            ("POST", "/peers/b/tasks/t:cancel", json!({})),
            ("POST", "/peers/b/tasks/t/pushNotificationConfigs", push.clone()),
            ("GET", "/peers/b/extendedAgentCard", Value::Null),
        ];
        for (method, path, body) in asked {
            let (status, answer) = ask(&router, to(method, path, version, body)).await;
            assert_eq!(status, if path == "/peers/b/" { 200 } else { 400 }, "{path}: {answer}");
            assert!(answer.contains("VERSION_NOT_SUPPORTED"), "{path}: {answer}");
        }
    }
    assert_eq!(peer.scene.script.messages(), 0);
    for path in ["/peers/b/message:send", "/peers/b/message:send?A2A-Version=1.0"] {
        let version = if path.contains('?') { None } else { Some("1.0") };
        let (status, answer) = ask(&router, to("POST", path, version, params("hello", None))).await;
        assert_eq!(status, 200, "{answer}");
    }
}

/// GATE-67: a task is asked for, continued and canceled under the key that made it.
#[tokio::test]
async fn the_agent_asks_for_its_tasks() {
    covers!(accept, "GATE-67");
    covers!(refuse, "GATE-67");
    let peer = peer(9).await;
    let router = local(vec![peer.route().standing(standing()).unwrap()]);
    let first = send(&router, "ask", &[]).await;
    assert_eq!(state(&first), ("TASK_STATE_INPUT_REQUIRED", "what?"), "{first}");
    let id = first["result"]["task"]["id"].clone();

    let shown = rpc(&router, "GetTask", json!({ "id": id }), &[]).await.remove(0);
    assert_eq!(shown["result"]["status"]["state"], "TASK_STATE_INPUT_REQUIRED", "{shown}");
    let listed = rpc(&router, "ListTasks", json!({}), &[]).await.remove(0);
    assert_eq!(listed["result"]["tasks"][0]["id"], id, "{listed}");

    let mut next = params("more", None);
    next["message"]["taskId"] = id.clone();
    next["message"]["messageId"] = "m-2".into();
    let second = rpc(&router, "SendMessage", next, &[]).await.remove(0);
    assert_eq!(state(&second), ("TASK_STATE_COMPLETED", "more"), "{second}");

    let other = send(&router, "ask", &[]).await["result"]["task"]["id"].clone();
    let canceled = rpc(&router, "CancelTask", json!({ "id": other }), &[]).await.remove(0);
    assert_eq!(canceled["result"]["status"]["state"], "TASK_STATE_CANCELED", "{canceled}");
    let unknown = rpc(&router, "GetTask", json!({ "id": "no such" }), &[]).await.remove(0);
    assert_eq!(unknown["error"]["code"], -32001, "{unknown}");
    let push = json!({ "taskId": id, "url": "https://a.example/" });
    let push = rpc(&router, "CreateTaskPushNotificationConfig", push, &[]).await.remove(0);
    assert_eq!(push["error"]["code"], -32003, "{push}");
}

/// GATE-63, GATE-66: a call that belongs to an inbound one goes out under what that one handed down, and follows its record.
#[tokio::test]
async fn a_call_belongs_to_the_one_at_hand() {
    covers!(accept, "GATE-63", "GATE-66");
    covers!(refuse, "GATE-63", "GATE-64", "GATE-66");
    // a calls b; while b's agent is at work, it calls c.
    let limits = UpstreamLimits { silence: Duration::from_secs(2), ..LIMITS };
    let (b, c) = (peer_with(9, CallerRequirement::None, limits).await, peer(10).await);
    let first = local(vec![b.route().standing(standing()).unwrap().granting(b.child())]);
    let onward = Route::new("b", c.origin.clone(), card_key(10), Allowed::Only(capability("read"))).unwrap();
    let second = outbound(vec![onward], Arc::clone(&b.scene.node), Arc::clone(&b.at_hand));

    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let calling = {
        let first = first.clone();
        tokio::spawn(async move { send(&first, "pause", &[("traceparent", trace)]).await })
    };
    while b.scene.script.messages() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let seen = b.scene.script.seen().remove(0);
    let id = seen.headers["ca2a-call-id"].to_str().unwrap().to_owned();
    assert_eq!(seen.headers["traceparent"], trace);

    let span = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";
    for named in [("ca2a-call-id", id.as_str()), ("traceparent", span)] {
        let answer = send(&second, "on", &[named]).await;
        assert_eq!(state(&answer), ("TASK_STATE_COMPLETED", "on"), "{answer}");
        let seen = c.scene.script.seen().pop().unwrap();
        assert_eq!(seen.headers["ca2a-subject"], key(9).verifying_key().to_hex().as_str());
        assert_eq!(seen.headers["ca2a-root"], key(1).verifying_key().to_hex().as_str());
        assert_eq!(seen.headers["ca2a-depth"], "2");
        assert_eq!(seen.headers["ca2a-effective-scope"], r#"["read"]"#, "no more than its caller had");
    }
    let records: Vec<_> = c.scene.records.records().unwrap().map(Result::unwrap).collect();
    let behind = seen.headers["ca2a-record-hash"].to_str().unwrap();
    let follows = |record: &&ca2a_runtime::sink::StoredRecord| {
        let record: Value = serde_json::from_str(&record.json).unwrap();
        record.to_string().contains(&format!("\"{behind}\""))
    };
    assert_eq!(records.iter().filter(follows).count(), 2, "{records:?}");

    // Nothing is guessed: neither from a call that is not there, nor for one that says nothing.
    let unknown = "00".repeat(32);
    for more in
        [vec![("ca2a-call-id", unknown.as_str())], vec![], vec![("ca2a-call-id", "x"), ("traceparent", span)]]
    {
        assert_eq!(code(&send(&second, "on", &more).await), "NO_AUTHORITY", "{more:?}");
    }
    let sent = c.scene.script.messages();
    // The agent is given up in the end, and its call is not at hand any more.
    let answer = calling.await.unwrap();
    assert_eq!(state(&answer).0, "TASK_STATE_FAILED", "{answer}");
    assert_eq!(b.scene.outcome(&scene::call("read").request).await, Outcome::Unknown);
    assert_eq!(code(&send(&second, "on", &[("ca2a-call-id", &id)]).await), "NO_AUTHORITY");
    assert_eq!(c.scene.script.messages(), sent);
}

/// GATE-67: a task goes on under the key that made it, whichever call is at hand by then.
#[tokio::test]
async fn a_task_goes_on_under_the_key_that_made_it() {
    covers!(accept, "GATE-67");
    covers!(refuse, "GATE-67");
    let limits = UpstreamLimits { silence: Duration::from_secs(4), ..LIMITS };
    let (b, c) = (peer_with(9, CallerRequirement::None, limits).await, peer(10).await);
    let first = local(vec![b.route().standing(standing()).unwrap().granting(b.child())]);
    let onward = Route::new("b", c.origin.clone(), card_key(10), Allowed::Only(capability("read"))).unwrap();
    let onward = onward.standing(standing()).unwrap();
    let second = outbound(vec![onward], Arc::clone(&b.scene.node), Arc::clone(&b.at_hand));
    let calling = tokio::spawn(async move { send(&first, "pause", &[]).await });
    while b.scene.script.messages() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let id = b.scene.script.seen().remove(0).headers["ca2a-call-id"].to_str().unwrap().to_owned();
    let at_hand = [("ca2a-call-id", id.as_str())];
    let more = |task: &Value, id: &str| {
        let mut more = params("more", None);
        (more["message"]["taskId"], more["message"]["messageId"]) = (task.clone(), id.into());
        more
    };
    let own = send(&second, "ask", &[]).await["result"]["task"]["id"].clone();
    let handed = send(&second, "ask", &at_hand).await["result"]["task"]["id"].clone();
    let answer = rpc(&second, "SendMessage", more(&handed, "m-2"), &[]).await.remove(0);
    assert_eq!(code(&answer), "NO_AUTHORITY", "{answer}");
    for task in [own, handed] {
        let answer = rpc(&second, "SendMessage", more(&task, "m-3"), &at_hand).await.remove(0);
        assert_eq!(state(&answer), ("TASK_STATE_COMPLETED", "more"), "{answer}");
    }
    drop(calling);
}

/// GATE-66: what is granted is no more than its caller holds, and ends with that, however long the route would have it.
#[tokio::test]
async fn a_grant_is_no_more_and_no_longer_than_its_callers_own() {
    covers!(accept, "GATE-66");
    covers!(refuse, "GATE-66");
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = Origin::parse(&format!("http://{}", door.local_addr().unwrap())).unwrap();
    let echo = echoing(door, &origin);
    let now = || SystemClock.now();
    let soon = now() + 60;
    for ends in [None, Some(soon)] {
        let root = issue(&key(1), scene::grant("c-0", 2, &["read"])).unwrap();
        let leaf = Grant { not_after: ends, ..scene::grant("c-1", 3, &["read"]) };
        let leaf = delegate(&root, &key(2), leaf).unwrap();
        let standing = Standing { chain: scene::chain_of(&[root, leaf]), key: key(3) };
        let route = Route::new("b", origin.clone(), card_key(7), Allowed::Only(capability("read"))).unwrap();
        let scope = Scope::new([capability("read"), capability("admin")]);
        let child = Child { subject: key(7).verifying_key(), scope, ttl_seconds: 300 };
        let router = local(vec![route.standing(standing).unwrap().granting(child)]);
        let before = now();
        let answer = send(&router, "hello", &[]).await;
        assert_eq!(state(&answer), ("TASK_STATE_COMPLETED", "hello"), "{answer}");
        let granted = echo.authority.lock().unwrap().take().unwrap().credentials().unwrap().pop().unwrap();
        assert_eq!(*granted.subject(), key(7).verifying_key());
        assert_eq!(*granted.scope(), Scope::new([capability("read")]));
        let until = granted.not_after().unwrap();
        match ends {
            Some(end) => assert_eq!(until, end),
            None => assert!((before + 300..=now() + 300).contains(&until), "{until}"),
        }
    }
}

/// An agent that shows what it was given, behind a server whose card the key 7 signs.
fn echoing(door: TcpListener, origin: &Origin) -> Echo {
    let (node, echo, mut card) = (scene::scene().node.with_identity(key(7)), Echo::default(), card());
    card.supported_interfaces = vec![AgentInterface::new(format!("{origin}/"), "JSONRPC")];
    card.skills = serde_json::from_str(r#"[{"id":"e","name":"e","description":"e","tags":["e"]}]"#).unwrap();
    CardExtension::of(&node).declare(&mut card);
    let engine = Engine::new(echo.clone(), Arc::new(MemoryTasks::default()));
    let server = A2aServer::new(Arc::new(node), engine, &card).unwrap();
    let server = server.signed_by(CardKey::Ed25519(key(7))).unwrap();
    tokio::spawn(server.serve(door, std::future::pending()));
    echo
}

/// GATE-64: one trace of two calls is no call.
#[tokio::test]
async fn two_calls_of_one_trace_are_none() {
    covers!(accept, "GATE-64");
    covers!(refuse, "GATE-64");
    let limits = UpstreamLimits { silence: Duration::from_secs(2), ..LIMITS };
    let (b, c) = (peer_with(9, CallerRequirement::None, limits).await, peer(10).await);
    let first = local(vec![b.route().standing(standing()).unwrap().granting(b.child())]);
    let onward = Route::new("b", c.origin.clone(), card_key(10), Allowed::Only(capability("read"))).unwrap();
    // Not even what stands on the route is taken then.
    let onward = onward.standing(standing()).unwrap();
    let second = outbound(vec![onward], Arc::clone(&b.scene.node), Arc::clone(&b.at_hand));
    let trace = [("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")];
    let calling = async {
        tokio::join!(send(&first, "pause", &trace), send(&first, "pause", &trace));
    };
    let asking = async {
        while b.scene.script.messages() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(code(&send(&second, "on", &trace).await), "NO_AUTHORITY");
        assert_eq!(c.scene.script.messages(), 0);
        // One that belongs to no call goes out under what stands.
        assert_eq!(state(&send(&second, "on", &[]).await).0, "TASK_STATE_COMPLETED");
        let seen = c.scene.script.seen().remove(0);
        assert_eq!(seen.headers["ca2a-subject"], key(3).verifying_key().to_hex().as_str());
    };
    tokio::join!(calling, asking);
}

/// GATE-65
#[tokio::test]
async fn an_agent_chooses_among_what_it_may() {
    covers!(accept, "GATE-65");
    covers!(refuse, "GATE-65");
    let peer = peer(9).await;
    let allowed = Allowed::OneOf(BTreeSet::from([capability("read"), capability("write")]));
    let route = Route::new("b", peer.origin.clone(), card_key(9), allowed).unwrap();
    let router = local(vec![route.standing(standing()).unwrap()]);
    assert_eq!(code(&send(&router, "hello", &[]).await), "NO_AUTHORITY");
    assert_eq!(code(&send(&router, "hello", &[("ca2a-capability", "admin")]).await), "NO_AUTHORITY");
    let both = [("ca2a-capability", "read"), ("ca2a-capability", "write")];
    assert_eq!(code(&send(&router, "hello", &both).await), "NO_AUTHORITY");
    assert_eq!(
        state(&send(&router, "hello", &[("ca2a-capability", "read")]).await).0,
        "TASK_STATE_COMPLETED"
    );
    // What the peer does not allow is the peer's to refuse.
    assert_eq!(code(&send(&router, "hello", &[("ca2a-capability", "write")]).await), "SCOPE_NOT_PERMITTED");
    assert_eq!(peer.scene.script.messages(), 1);
}

/// GATE-60
#[tokio::test]
async fn peers_are_for_programs_on_this_machine() {
    covers!(accept, "GATE-60");
    covers!(refuse, "GATE-60");
    let peer = peer(9).await;
    let router = local(vec![peer.route()]);
    let get = |name: &str, value: &str| {
        let request = axum::http::Request::get("/peers/b/.well-known/agent-card.json");
        let request = if name == "host" { request } else { request.header("host", "127.0.0.1") };
        request.header(name, value).body(Body::empty()).unwrap()
    };
    for (name, value) in [("host", "evil.example"), ("host", "127.0.0.1.evil.example"), ("origin", "null")] {
        assert_eq!(ask(&router, get(name, value)).await.0, 400, "{name}: {value}");
    }
    for host in ["127.0.0.1:8600", "localhost", "[::1]:8600"] {
        assert_eq!(ask(&router, get("host", host)).await.0, 200, "{host}");
    }
    let (open, stop) = (TcpListener::bind("0.0.0.0:0").await.unwrap(), std::future::pending());
    let node = Arc::new(scene::scene().node);
    let outside = Outbound::new(Vec::new(), node, Arc::default()).unwrap().serve(open, stop).await;
    assert_eq!(outside.unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
}

/// RUN-66: the agent's own calls stop, too, where a node is switched off.
#[tokio::test]
async fn a_switch_stops_what_goes_out() {
    let peer = peer(9).await;
    let switch = Switch::of(Path::new(env!("CARGO_TARGET_TMPDIR")));
    switch.on().unwrap();
    let guard = Guard::new(TrafficLimits::default(), Arc::default()).with_switch(switch.clone());
    let guard = Arc::new(guard);
    let (by_path, by_port) =
        (TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let (address, port) = (by_path.local_addr().unwrap(), by_port.local_addr().unwrap());
    let guarded = |listener| Door::from(listener).with_guard(Arc::clone(&guard));
    let node = Arc::new(scene::scene().node.with_identity(key(8)));
    let mut outbound = Outbound::new(vec![peer.route()], node, Arc::default()).unwrap();
    if cfg!(feature = "grpc") {
        outbound = outbound.with_grpc("b", guarded(by_port)).unwrap();
    }
    tokio::spawn(outbound.serve(guarded(by_path), std::future::pending()));
    let ask = async |at: std::net::SocketAddr, path: &str| {
        let client = HttpClient::new(Origin::parse(&format!("http://{at}")).unwrap());
        let reply = client.get(path).await.unwrap();
        (reply.status, String::from_utf8_lossy(&reply.body).contains("SWITCHED_OFF"))
    };
    let card = "/peers/b/.well-known/agent-card.json";
    assert_eq!(ask(address, card).await, (200, false));
    covers!(refuse, "RUN-66");
    switch.off("a key was lost").unwrap();
    assert_eq!(ask(address, card).await, (503, true));
    if cfg!(feature = "grpc") {
        assert_eq!(ask(port, "/.well-known/agent-card.json").await, (503, true));
    }
    covers!(accept, "RUN-66");
    switch.on().unwrap();
    assert_eq!(ask(address, card).await, (200, false));
}

/// GATE-68
#[tokio::test]
async fn what_must_be_attested_is() {
    covers!(accept, "GATE-68");
    covers!(refuse, "GATE-68");
    let peer = peer_with(9, CallerRequirement::Any, LIMITS).await;
    let route = || peer.route().standing(standing()).unwrap();
    let answer = send(&local(vec![route()]), "hello", &[]).await;
    assert_eq!(state(&answer).0, "TASK_STATE_COMPLETED", "{answer}");
    let seen = peer.scene.script.seen().remove(0);
    assert_ne!(seen.headers["ca2a-assurance"], "not_offered");

    // A channel in software is no hardware.
    let node = Arc::new(scene::scene().node.with_identity(key(8)));
    let strict = Outbound::new(vec![route()], node, Arc::default()).unwrap();
    let strict = strict.appraising(|peer| peer.require_hardware());
    let router = strict.into_router("127.0.0.1:8600".parse().unwrap());
    assert_eq!(code(&send(&router, "hello", &[]).await), "ATTESTATION_FAILED");
    assert_eq!(peer.scene.script.messages(), 1);
}

/// GATE-60
#[test]
fn a_route_is_what_a_call_can_be_made_on() {
    covers!(refuse, "GATE-60");
    let origin = || Origin::parse("http://127.0.0.1:1").unwrap();
    let read = || Allowed::Only(capability("read"));
    for name in ["", "a/b", "A", "a.b", &"a".repeat(65)] {
        assert!(Route::new(name, origin(), card_key(9), read()).is_err(), "{name}");
    }
    assert!(Route::new("b", origin(), card_key(9), Allowed::OneOf(BTreeSet::new())).is_err());
    let admin = Route::new("b", origin(), card_key(9), Allowed::Only(capability("admin"))).unwrap();
    assert!(admin.standing(standing()).is_err(), "its chain does not hold that");
    let other = Standing { chain: chain(), key: key(4) };
    let route = || Route::new("b", origin(), card_key(9), read()).unwrap();
    assert!(route().standing(other).is_err(), "its chain is another's");
    let node = Arc::new(scene::scene().node);
    assert!(Outbound::new(vec![route(), route()], node, Arc::default()).is_err());
}
