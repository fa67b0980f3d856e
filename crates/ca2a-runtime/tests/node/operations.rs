//! Who stands at the doors of a node: rates, the switch, and what there is to see.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use ca2a_covers::covers;
use ca2a_runtime::{
    a2a::{A2aServer, Demand, Engine, EngineLimits, tasks::MemoryTasks},
    http::{Door, HttpClient, HttpLimits, Origin, serve},
    node::FixedRevocations,
    operations::{Check, Guard, Metrics, Operations, Switch, TrafficLimits},
    system::FixedClock,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::a2a::{Echo as Agent, card, params};
use crate::support::http::{self, Echo, exchange, post, status};
use crate::support::scene::{self, call};

const HANDSHAKE: &[u8] =
    b"GET /.well-known/ca2a/channel?nonce=abc HTTP/1.1\r\nhost: peer\r\nconnection: close\r\n\r\n";

fn guard(limits: TrafficLimits) -> Guard {
    Guard::on(limits, Arc::new(Metrics::new()), Arc::new(FixedClock(1_800_000_000)))
}

async fn door(guard: &Arc<Guard>) -> (Door, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (Door::from(listener).with_guard(Arc::clone(guard)), address)
}

/// The reference transport behind `guard`.
async fn reference(guard: &Arc<Guard>) -> (SocketAddr, Arc<Echo>) {
    let ((door, address), echo) = (door(guard).await, Arc::new(Echo::default()));
    tokio::spawn(serve(door, Arc::clone(&echo), HttpLimits::default(), std::future::pending()));
    (address, echo)
}

/// A folder of state, removed when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("ca2a-operations-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn seen(address: SocketAddr, path: &str) -> (u16, String) {
    let client = HttpClient::new(Origin::parse(&format!("http://{address}")).unwrap());
    let reply = client.get(path).await.unwrap();
    (reply.status, String::from_utf8(reply.body.to_vec()).unwrap())
}

/// RUN-64: who asks more often than its rate is told when to come again, and nothing of it reaches an endpoint.
#[tokio::test]
async fn a_peer_that_asks_too_often_is_told_when_to_come_again() {
    let guard = Arc::new(guard(TrafficLimits { per_peer_per_minute: Some(2), ..TrafficLimits::default() }));
    let (address, echo) = reference(&guard).await;
    covers!(accept, "RUN-64");
    assert_eq!(status(&exchange(address, HANDSHAKE).await), "200");
    assert_eq!(status(&exchange(address, &post("/ca2a/task", b"{}")).await), "200");
    covers!(refuse, "RUN-64");
    let turned = exchange(address, &post("/ca2a/task", b"{}")).await;
    assert_eq!(status(&turned), "429", "{turned}");
    assert!(turned.contains("retry-after: 30\r\n"), "{turned}");
    assert!(turned.contains(r#"{"error":{"code":"RATE_LIMITED","#), "{turned}");
    assert_eq!(echo.started.load(std::sync::atomic::Ordering::SeqCst), 2);
}

/// RUN-65: a request more than fit at one time is refused, and one that is done makes room.
#[tokio::test]
async fn requests_at_one_time_are_bounded() {
    let guard = Arc::new(guard(TrafficLimits { per_peer_concurrent: 1, ..TrafficLimits::default() }));
    let (address, echo) = reference(&guard).await;
    let waits = tokio::spawn(async move { exchange(address, &post("/ca2a/task", b"wait")).await });
    while echo.started.load(std::sync::atomic::Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    covers!(refuse, "RUN-65");
    let turned = exchange(address, HANDSHAKE).await;
    assert_eq!(status(&turned), "503", "{turned}");
    assert!(turned.contains("OVERLOADED") && turned.contains("retry-after: 1\r\n"), "{turned}");
    covers!(accept, "RUN-65");
    echo.gate.notify_one();
    assert_eq!(status(&waits.await.unwrap()), "200");
    assert_eq!(status(&exchange(address, HANDSHAKE).await), "200");
}

/// RUN-65: an answer that nobody reads is at hand until it is read.
#[tokio::test]
async fn an_answer_is_at_hand_until_it_is_read() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::io::AsyncWriteExt as _;
    let guard = Arc::new(guard(TrafficLimits { per_peer_concurrent: 1, ..TrafficLimits::default() }));
    let (address, echo) = reference(&guard).await;
    let body = vec![b'x'; 1 << 20];
    let head = format!("POST /ca2a/task HTTP/1.1\r\nhost: p\r\ncontent-length: {}\r\n\r\n", body.len());
    let request = [head.as_bytes(), &body].concat();
    let asked = Arc::new(AtomicUsize::new(0));
    let asking = tokio::spawn({
        let asked = Arc::clone(&asked);
        async move {
            let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
            // Each answer is twice as long as its question, so that one of them finds no room.
            while socket.write_all(&request).await.is_ok() {
                asked.fetch_add(1, Ordering::SeqCst);
            }
        }
    });
    let counts = || {
        let served = (echo.started.load(Ordering::SeqCst), echo.finished.load(Ordering::SeqCst));
        (asked.load(Ordering::SeqCst), served)
    };
    loop {
        let before = counts();
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        if counts() == before && before.1.0 > 0 {
            break;
        }
    }
    covers!(refuse, "RUN-65");
    let (_, (started, finished)) = counts();
    assert_eq!(started, finished, "the endpoint is done");
    let turned = exchange(address, HANDSHAKE).await;
    assert_eq!(status(&turned), "503", "{turned}");
    covers!(accept, "RUN-65");
    asking.abort();
    while status(&exchange(address, HANDSHAKE).await) != "200" {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}

/// RUN-66: a node that is switched off refuses everything, on every binding, before it reads anything; switched on again it
/// serves, and a guard that is made later finds the switch where it was put.
#[tokio::test]
async fn a_switch_stops_everything() {
    let folder = Folder::new("switch");
    let switch = Switch::of(&folder.0);
    let guard = Arc::new(guard(TrafficLimits::default()).with_switch(switch.clone()));
    let (address, echo) = reference(&guard).await;
    let (a2a, agent, node) = agent_behind(&guard).await;

    switch.off("a key was lost").unwrap();
    covers!(refuse, "RUN-66");
    for request in [HANDSHAKE.to_vec(), post("/ca2a/task", b"{}"), post("/ca2a/task/authenticated", b"{}")] {
        let turned = exchange(address, &request).await;
        assert_eq!(status(&turned), "503", "{turned}");
        assert!(turned.contains("SWITCHED_OFF"), "{turned}");
    }
    let message = json!({"jsonrpc": "2.0", "id": 7, "method": "SendMessage",
        "params": params("hello", Some(&call("read").prove(&node)))})
    .to_string();
    for path in ["/", "/message:send", "/.well-known/agent-card.json", "/.well-known/ca2a/channel?nonce=n"] {
        let (status, body) = asked(a2a, path, &message, "application/json").await;
        assert_eq!((status, body["error"]["code"].as_str()), (503, Some("SWITCHED_OFF")), "{path}");
    }
    let turned = raw(a2a, "/lf.a2a.v1.A2AService/SendMessage", &message, "application/grpc").await;
    assert!(turned.contains("grpc-status: 14\r\n") && turned.contains("SWITCHED_OFF"), "{turned}");
    assert_eq!(echo.started.load(std::sync::atomic::Ordering::SeqCst), 0);
    assert_eq!(agent.worked.load(std::sync::atomic::Ordering::SeqCst), 0);

    // The same folder, another life.
    assert!(
        Guard::new(TrafficLimits::default(), Arc::default())
            .with_switch(Switch::of(&folder.0))
            .is_switched_off()
    );

    covers!(accept, "RUN-66");
    switch.on().unwrap();
    assert_eq!(status(&exchange(address, HANDSHAKE).await), "200");
    let (status, body) = asked(a2a, "/", &message, "application/json").await;
    assert_eq!(
        (status, body["result"]["task"]["status"]["state"].as_str()),
        (200, Some("TASK_STATE_COMPLETED"))
    );
}

/// An A2A agent behind `guard`.
async fn agent_behind(guard: &Arc<Guard>) -> (SocketAddr, Agent, Arc<ca2a_runtime::node::PeerNode>) {
    let ((door, address), agent) = (door(guard).await, Agent::default());
    let node = Arc::new(scene::scene().node.with_observer(guard.metrics().clone()));
    let engine =
        Engine::new(agent.clone(), Arc::new(MemoryTasks::default())).with_limits(EngineLimits::default());
    let server = A2aServer::new(Arc::clone(&node), engine, &card()).unwrap().with_demand(Demand::Required);
    tokio::spawn(server.serve(door, std::future::pending()));
    (address, agent, node)
}

async fn raw(address: SocketAddr, path: &str, body: &str, kind: &str) -> String {
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: peer\r\na2a-version: 1.0\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    );
    exchange(address, request.as_bytes()).await
}

async fn asked(address: SocketAddr, path: &str, body: &str, kind: &str) -> (u16, Value) {
    let reply = raw(address, path, body, kind).await;
    let value = serde_json::from_str(http::body(&reply)).unwrap_or(Value::Null);
    (status(&reply).parse().unwrap(), value)
}

/// RUN-67, RUN-68, RUN-69: what a node decides is counted, whether it is ready is said check by check, and neither shows a
/// byte of what was sent.
#[tokio::test]
async fn a_node_shows_how_it_is() {
    let folder = Folder::new("shows");
    let switch = Switch::of(&folder.0);
    let guard = Arc::new(guard(TrafficLimits::default()).with_switch(switch.clone()));
    let (a2a, _, node) = agent_behind(&guard).await;
    let granted = call("read").prove(&node);
    let denied = call("write").prove(&node);
    for request in [&granted, &denied, &granted] {
        let params = params("a secret of ours", Some(request));
        let message = json!({"jsonrpc": "2.0", "id": 7, "method": "SendMessage", "params": params});
        asked(a2a, "/", &message.to_string(), "application/json").await;
    }

    let (guarded, at) = (Arc::clone(&guard), async |checks: Vec<Check>| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(Operations::new(Arc::clone(&guard), checks).serve(listener, std::future::pending()));
        address
    });
    let address = at(Check::all_of(&node)).await;

    covers!(accept, "RUN-68", "RUN-69");
    let (_, text) = seen(address, "/metrics").await;
    for line in [
        "ca2a_requests_total{outcome=\"admitted\"} 3",
        "ca2a_decisions_total{code=\"ALLOWED\"} 1",
        "ca2a_decisions_total{code=\"SCOPE_NOT_PERMITTED\"} 1",
        "ca2a_decisions_total{code=\"HOLDER_PROOF_INVALID\"} 1",
        "ca2a_chain_cache_total{outcome=\"miss\"} 1",
        "ca2a_chain_cache_total{outcome=\"hit\"} 2",
        "ca2a_request_seconds_count 3",
        "ca2a_decision_seconds_count 3",
        "ca2a_requests_at_hand 0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
    }
    covers!(refuse, "RUN-68");
    let subject = granted.chain.to_json();
    let id = subject.split('"').find(|word| word.len() == 64).unwrap();
    assert!(!text.contains("secret") && !text.contains(id), "{text}");

    assert_eq!(seen(address, "/healthz").await.0, 200);
    let ready = |checks: Value| json!({"status": "ok", "checks": checks});
    let (status, body) = seen(address, "/readyz").await;
    let fine = json!({"switch": "ok", "draining": "ok", "revocations": "ok"});
    assert_eq!((status, serde_json::from_str::<Value>(&body).unwrap()), (200, ready(fine)));
    covers!(refuse, "RUN-69", "RUN-67");
    // A node that knows of no revocations, and is to know them of the last minute.
    let unknowing = scene::scene().node.with_revocations(Arc::new(FixedRevocations::default()), Some(60));
    let address = at(Check::all_of(&Arc::new(unknowing))).await;
    switch.off("").unwrap();
    covers!(accept, "RUN-67");
    guarded.drain();
    let (status, body) = seen(address, "/readyz").await;
    let failed = json!({"switch": "failed", "draining": "failed", "revocations": "failed"});
    assert_eq!((status, &serde_json::from_str::<Value>(&body).unwrap()["checks"]), (503, &failed));
    assert_eq!(seen(address, "/healthz").await.0, 200);
    assert_eq!(seen(address, "/ca2a/task").await.0, 404);
}
