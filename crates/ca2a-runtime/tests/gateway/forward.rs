//! GATE-74: a sealed call that reaches another node than the one it is sealed to, over PostgreSQL and mutual TLS.

use std::{
    future::pending,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use axum::{Router, body::Body, http::Request};
use ca2a_core::{
    ChallengeKey,
    json::{self as ours, Node, NumberPolicy, Object, Reader},
};
use ca2a_covers::covers;
use ca2a_runtime::{
    a2a::{
        A2aServer, Engine, Forwarding, ServerLimits,
        tasks::{PostgresTasks, TaskLimits},
        wire,
    },
    calls::PostgresCalls,
    http::Door,
    node::PeerNode,
    peer::message,
    postgres::SharedDatabase,
    store::ReplayLimits,
    tls::{ClientTlsFiles, Protocols, ServerTls, ServerTlsFiles, WatchedTls},
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

use crate::support::a2a::{Echo, card};
use crate::support::postgres::Database;
use crate::support::scene;
use crate::support::tls::{Authority, Folder};

const NODE: &str = "spiffe://a.example/node";
const REPLY: &str = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f";

/// A node of one database, before it serves anything.
pub(super) struct Member {
    pub(super) server: A2aServer,
    pub(super) node: Arc<PeerNode>,
    pub(super) echo: Echo,
    pub(super) door: Door,
    pub(super) folder: Folder,
}

/// A node of `database` that is known under the authority `own` and trusts it, and shows others a certificate of `shown`.
pub(super) async fn member(database: &Database, name: &str, own: &Authority, shown: &Authority) -> Member {
    let shared = SharedDatabase::connect(&database.url()).await.unwrap();
    let calls = PostgresCalls::new(&shared, ReplayLimits::of(1000));
    let node = scene::scene().node.with_identity(scene::key(7));
    let node = node.with_challenges(ChallengeKey::new([5; 32]), 60);
    let node = Arc::new(node.with_calls(Arc::new(calls), 30).await.unwrap());
    let ledger = Arc::clone(node.ledger().unwrap());

    let folder = Folder::new(&format!("forward-{name}"));
    let (certificate, shown) = (own.node(NODE), shown.node(NODE));
    let files = ServerTlsFiles {
        certificate: folder.write("node.pem", &certificate.certificate),
        key: folder.write("node.key", &certificate.key),
        client_roots: Some(folder.write("roots.pem", &own.pem())),
        client_ids: [NODE.parse().unwrap()].into(),
    };
    let tls = ServerTls::open(files, Protocols::Http2OrHttp1, Arc::new(|_: &str| {})).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    ledger.announce(format!("https://{}", listener.local_addr().unwrap())).await.unwrap();
    let identity = (folder.write("shown.pem", &shown.certificate), folder.write("shown.key", &shown.key));
    let files =
        ClientTlsFiles { roots: Some(folder.write("trusted.pem", &own.pem())), identity: Some(identity) };
    let trust = WatchedTls::open(files, Arc::new(|_: &str| {})).unwrap();

    let (echo, tasks) =
        (Echo::default(), PostgresTasks::new(&shared, Arc::clone(&ledger), TaskLimits::default()));
    let server =
        A2aServer::new(Arc::clone(&node), Engine::new(echo.clone(), Arc::new(tasks)), &card()).unwrap();
    let server = server.with_forwarding(Forwarding::new(ledger, trust));
    Member { server, node, echo, door: Door::from(listener).with_tls(Arc::new(tls)), folder }
}

/// The parameters of a request to say `text`, sealed to `node`.
pub(super) fn sealed_params(node: &PeerNode, text: &str) -> String {
    let inner = json!({
        "messageId": "m-1", "role": "ROLE_USER", "parts": [{"text": text}],
        "metadata": {wire::REPLY_KEY: REPLY, wire::REPLY_SECRET: REPLY},
    });
    let outer = json!({"params": {"message": {
        "messageId": "m-1", "role": "ROLE_USER", "parts": [{"data": {"ca2a": "sealed"}}],
        "metadata": {wire::REPLY_KEY: REPLY},
    }}});
    let shake = scene::handshake(node);
    let request = scene::call("read").sealing(inner.to_string().as_bytes()).prove_under(&shake);
    let text = outer.to_string();
    let node = Reader::new(NumberPolicy::Lexical).read(text.as_bytes()).unwrap();
    let mut wrapped: Object<'static> = node.as_object().unwrap().clone().into_owned();
    message::attach(&mut wrapped, &request).unwrap();
    wrapped.get("params").map(|node: &Node<'_>| ours::to_text(node)).unwrap()
}

fn sealed(node: &PeerNode, method: &str, text: &str) -> String {
    let params = sealed_params(node, text);
    format!(r#"{{"jsonrpc":"2.0","id":7,"method":"{method}","params":{params}}}"#)
}

/// Sends `body` to the node behind `router`, as one that was handed on before or not.
async fn ask(router: &Router, body: String, handed_on: bool) -> (String, String) {
    let mut request = Request::post("/").header("a2a-version", "1.0").header("connection", "x-mine");
    request = request.header("x-mine", "1").header("x-other", "2");
    if handed_on {
        request = request.header("ca2a-forwarded", "1");
    }
    let response = router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let kind = response.headers()["content-type"].to_str().unwrap().to_owned();
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    (kind, String::from_utf8(bytes.to_vec()).unwrap())
}

fn code(answer: &str) -> String {
    let answer: Value = serde_json::from_str(answer).unwrap();
    let code = &answer["error"]["data"][0]["metadata"]["ca2a_code"];
    code.as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

#[tokio::test]
async fn a_sealed_call_is_handed_to_its_node() {
    let Some(database) = Database::new() else { return };
    covers!(accept, "GATE-74");
    let authority = Authority::new();
    let two = member(&database, "two", &authority, &authority).await;
    let one = member(&database, "one", &authority, &authority).await;
    let (at_two, worked) = (Arc::clone(&two.node), two.echo.clone());
    let serving = tokio::spawn(two.server.serve_at([two.door], pending()));
    let router = one.server.into_router();

    let (_, answer) = ask(&router, sealed(&at_two, "SendMessage", "hello"), false).await;
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert!(answer["result"]["task"]["metadata"][wire::SEALED_RESULT].is_string(), "{answer}");
    assert_eq!((worked.worked.load(Ordering::SeqCst), one.echo.worked.load(Ordering::SeqCst)), (1, 0));
    // What goes from end to end arrived, what belongs to the first connection did not.
    let seen = worked.seen.lock().unwrap().clone();
    assert_eq!((seen.get("x-other"), seen.get("x-mine")), (Some(&vec!["2".to_owned()]), None));
    assert!(!seen.contains_key("ca2a-forwarded"), "{seen:?}");

    let (kind, events) = ask(&router, sealed(&at_two, "SendStreamingMessage", "hello"), false).await;
    assert!(kind.starts_with("text/event-stream"), "{kind}");
    assert!(events.lines().filter(|line| line.starts_with("data:")).count() > 2, "{events}");
    assert!(!events.contains("hello"), "{events}");
    assert_eq!(worked.worked.load(Ordering::SeqCst), 2);
    serving.abort();
}

/// RUN-62: certificate and roots of the side that asks are replaced while it runs, as those of the other side are.
#[tokio::test]
async fn what_nodes_show_each_other_follows_its_files() {
    let Some(database) = Database::new() else { return };
    covers!(accept, "RUN-62", "GATE-74");
    covers!(refuse, "RUN-62");
    let (authority, other) = (Authority::new(), Authority::new());
    let two = member(&database, "follows-two", &authority, &authority).await;
    let one = member(&database, "follows-one", &authority, &other).await;
    let (at_two, worked) = (Arc::clone(&two.node), two.echo.clone());
    let serving = tokio::spawn(two.server.serve_at([two.door], pending()));
    let router = one.server.into_router();
    let handed_on = async || {
        let (_, told) = ask(&router, sealed(&at_two, "SendMessage", "hello"), false).await;
        let told: Value = serde_json::from_str(&told).unwrap();
        (!told["result"].is_null(), worked.worked.load(Ordering::SeqCst))
    };
    assert_eq!(handed_on().await, (false, 0), "nobody knows it");
    let shown = authority.node(NODE);
    one.folder.write("shown.pem", &shown.certificate);
    assert_eq!(handed_on().await, (false, 0), "half of a pair is none");
    one.folder.write("shown.key", &shown.key);
    assert_eq!(handed_on().await, (true, 1));
    one.folder.write("trusted.pem", "no roots");
    assert_eq!(handed_on().await, (true, 2), "what was in force stays");
    one.folder.write("trusted.pem", &other.pem());
    assert_eq!(handed_on().await, (false, 2), "it trusts nobody there any more");
    serving.abort();
}

#[tokio::test]
async fn what_reaches_nobody_is_at_the_wrong_node() {
    let Some(database) = Database::new() else { return };
    covers!(refuse, "GATE-74");
    let (authority, other) = (Authority::new(), Authority::new());
    let two = member(&database, "at-two", &authority, &authority).await;
    let stranger = member(&database, "stranger", &authority, &other).await;
    let limits = ServerLimits { request: Duration::from_secs(1), ..ServerLimits::default() };
    let one = member(&database, "at-one", &authority, &authority).await;
    let (at_two, worked) = (Arc::clone(&two.node), two.echo.clone());
    let serving = tokio::spawn(two.server.serve_at([two.door], pending()));
    let (ledger, one) =
        (Arc::clone(one.node.ledger().unwrap()), one.server.with_limits(limits).into_router());
    let begun = || worked.worked.load(Ordering::SeqCst);

    // It was handed on before.
    let (_, told) = ask(&one, sealed(&at_two, "SendMessage", "hello"), true).await;
    assert_eq!(code(&told), "WRONG_NODE");
    // The node does not know whoever hands it on, who learns no more of TLS than that the connection is gone.
    let (_, told) = ask(&stranger.server.into_router(), sealed(&at_two, "SendMessage", "hello"), false).await;
    assert_eq!((code(&told).as_str(), begun()), ("OUTCOME_UNKNOWN", 0));

    // It has no answer in time.
    let (_, told) = ask(&one, sealed(&at_two, "SendMessage", "for ever"), false).await;
    assert_eq!((code(&told).as_str(), begun()), ("DEADLINE_EXCEEDED", 1));

    // It is gone, and nothing was spent; it says nothing of where it is.
    serving.abort();
    let _ = serving.await;
    let late = sealed(&at_two, "SendMessage", "hello");
    let (_, told) = ask(&one, late.clone(), false).await;
    assert_eq!((code(&told).as_str(), begun()), ("WRONG_NODE", 1));
    database.psql("update ca2a.lives set address = null");
    ledger.keep().await.unwrap();
    let (_, told) = ask(&one, late, false).await;
    assert_eq!(code(&told), "WRONG_NODE");
}
