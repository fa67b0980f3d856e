//! GATE-79: a peer whose card offers gRPC alone, in plain and within TLS.

use std::{collections::BTreeSet, future::pending, sync::Arc};

use axum::{Router, body::Body};
use ca2a_covers::covers;
use ca2a_runtime::{
    a2a::{
        A2aServer, Engine,
        card::{CardExtension, CardKey},
        sdk::AgentInterface,
        tasks::MemoryTasks,
    },
    gateway::outbound::{Allowed, Outbound, Route},
    http::{Door, Origin},
    tls::{ClientTls, Protocols, ServerTls, ServerTlsFiles, WatchedTls},
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower::ServiceExt as _;

use super::outbound::{card_key, standing};
use crate::support::a2a::{Echo, card, params};
use crate::support::scene::{self, capability, key};
use crate::support::tls::{Authority, Folder};
use crate::support::wire::Wire;

/// Serves an agent at `door`, whose card says that it speaks gRPC at `place` and nothing else.
fn agent(door: impl Into<Door>, place: &str) -> Echo {
    let (node, echo, mut card) = (scene::scene().node.with_identity(key(7)), Echo::default(), card());
    card.supported_interfaces = vec![AgentInterface::new(place, "GRPC")];
    card.skills = serde_json::from_str(r#"[{"id":"e","name":"e","description":"e","tags":["e"]}]"#).unwrap();
    CardExtension::of(&node).declare(&mut card);
    let engine = Engine::new(echo.clone(), Arc::new(MemoryTasks::default()));
    let server = A2aServer::new(Arc::new(node), engine, &card).unwrap();
    let server = server.signed_by(CardKey::Ed25519(key(7))).unwrap();
    tokio::spawn(server.serve(door.into(), pending()));
    echo
}

fn route(origin: &str) -> Route {
    let allowed = Allowed::OneOf([capability("read"), capability("write")].into());
    let route = Route::new("b", Origin::parse(origin).unwrap(), card_key(7), allowed).unwrap();
    route.standing(standing()).unwrap()
}

fn local(route: Route) -> Router {
    let node = Arc::new(scene::scene().node.with_identity(key(8)));
    Outbound::new(vec![route], node, Arc::default()).unwrap().into_router("127.0.0.1:8600".parse().unwrap())
}

/// The answer to a JSON-RPC request, or the last event of a stream.
async fn ask(router: &Router, method: &str, params: Value, asking: &str) -> Value {
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}).to_string();
    let request = axum::http::Request::post("/peers/b/").header("host", "127.0.0.1:8600");
    let request = request.header("content-type", "application/json").header("ca2a-capability", asking);
    let request = request.header("a2a-version", "1.0");
    let answer = router.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    let answer = answer.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8(answer.to_vec()).unwrap();
    let last = text.lines().filter_map(|line| line.strip_prefix("data:")).next_back();
    serde_json::from_str(last.unwrap_or(&text)).unwrap()
}

/// GATE-79
#[tokio::test]
async fn a_peer_that_speaks_grpc_alone_is_called_over_it() {
    covers!(accept, "GATE-79");
    covers!(refuse, "GATE-79");
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (wire, outside) = Wire::before(door.local_addr().unwrap()).await;
    let echo = agent(door, &outside.to_string());
    let router = local(route(&format!("http://{outside}")));
    let answer = ask(&router, "SendMessage", params("a secret of theirs", None), "read").await;
    let status = &answer["result"]["task"]["status"];
    assert_eq!(status["state"], "TASK_STATE_COMPLETED", "{answer}");
    assert_eq!(status["message"]["parts"][0]["text"], "a secret of theirs");
    let last = ask(&router, "SendStreamingMessage", params("a secret in parts", None), "read").await;
    let status = &last["result"]["statusUpdate"]["status"];
    assert_eq!(status["message"]["parts"][0]["text"], "a secret in parts", "{last}");

    let waits = ask(&router, "SendMessage", params("ask", None), "read").await;
    let id = json!({ "id": waits["result"]["task"]["id"] });
    let shown = ask(&router, "GetTask", id.clone(), "read").await;
    assert_eq!(shown["result"]["status"]["state"], "TASK_STATE_INPUT_REQUIRED", "{shown}");
    let listed = ask(&router, "ListTasks", json!({}), "read").await;
    assert_eq!(listed["result"]["tasks"].as_array().unwrap().len(), 3, "{listed}");
    let canceled = ask(&router, "CancelTask", id, "read").await;
    assert_eq!(canceled["result"]["status"]["state"], "TASK_STATE_CANCELED", "{canceled}");

    let unknown = ask(&router, "GetTask", json!({ "id": "no such" }), "read").await;
    assert_eq!(unknown["error"]["code"], -32001, "{unknown}");
    let refused = ask(&router, "SendMessage", params("hello", None), "write").await;
    assert!(refused["error"]["message"].as_str().unwrap().starts_with("SCOPE_NOT_PERMITTED: "), "{refused}");
    assert_eq!(refused["error"]["code"], -32080, "{refused}");
    assert_eq!(refused["error"]["data"][0]["metadata"]["ca2a_code"], "SCOPE_NOT_PERMITTED", "{refused}");
    assert_eq!(echo.worked.load(std::sync::atomic::Ordering::SeqCst), 3);

    assert!(wire.saw("sealed_payload") && wire.saw("sealed_result"));
    for secret in ["a secret of theirs", "a secret in parts", "what?"] {
        assert!(!wire.saw(secret), "`{secret}` was on the wire");
    }
}

fn tls(folder: &Folder, authority: &Authority) -> ServerTls {
    let issued = authority.server();
    let files = ServerTlsFiles {
        certificate: folder.write("server.pem", &issued.certificate),
        key: folder.write("server-key.pem", &issued.key),
        client_roots: None,
        client_ids: BTreeSet::new(),
    };
    ServerTls::open(files, Protocols::Http2OrHttp1, Arc::new(|_: &str| {})).unwrap()
}

/// GATE-79: what was begun within TLS goes on within TLS, under the same roots.
#[tokio::test]
async fn grpc_is_spoken_within_tls() {
    covers!(accept, "GATE-79");
    covers!(refuse, "GATE-79");
    let (folder, authority) = (Folder::new("grpc-peer"), Authority::new());
    let trusting = |url: &str| route(url).trusting(ClientTls::pinned(authority.pem().as_bytes()).unwrap());
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = door.local_addr().unwrap().to_string();
    agent(Door::from(door).with_tls(Arc::new(tls(&folder, &authority))), &place);
    let router = local(trusting(&format!("https://{place}")));
    let answer = ask(&router, "SendMessage", params("hello", None), "read").await;
    assert_eq!(answer["result"]["task"]["status"]["state"], "TASK_STATE_COMPLETED", "{answer}");

    // The place that this card names speaks in plain.
    let (door, plain) =
        (TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let (url, place) =
        (format!("https://{}", door.local_addr().unwrap()), plain.local_addr().unwrap().to_string());
    agent(Door::from(door).with_tls(Arc::new(tls(&folder, &authority))), &place);
    let in_plain = agent(plain, &place);
    let refused = ask(&local(trusting(&url)), "SendMessage", params("hello", None), "read").await;
    assert!(refused["error"]["message"].as_str().unwrap().starts_with("TRANSPORT_ERROR: "), "{refused}");
    assert_eq!(in_plain.worked.load(std::sync::atomic::Ordering::SeqCst), 0);
}

/// RUN-61, RUN-62: a peer that wants a certificate is shown one, over every binding, as the files say by then.
#[tokio::test]
async fn a_peer_is_shown_a_certificate() {
    covers!(accept, "RUN-61", "RUN-62");
    covers!(refuse, "RUN-61");
    const NAME: &str = "spiffe://a.example/agent";
    let (folder, authority, other) = (Folder::new("shown-peer"), Authority::new(), Authority::new());
    let issued = authority.server();
    let files = ServerTlsFiles {
        certificate: folder.write("server.pem", &issued.certificate),
        key: folder.write("server-key.pem", &issued.key),
        client_roots: Some(folder.write("clients.pem", &authority.pem())),
        client_ids: [NAME.parse().unwrap()].into(),
    };
    let server = ServerTls::open(files, Protocols::Http2OrHttp1, Arc::new(|_: &str| {})).unwrap();
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = door.local_addr().unwrap().to_string();
    let echo = agent(Door::from(door).with_tls(Arc::new(server)), &place);

    let settings = format!(
        "ca2a: {{gateway: {{outbound: {{listen_addr: '127.0.0.1:8600', peers: [{{name: b, url: 'https://{place}', \
         card_key: '{}', capability: read, tls_roots_path: roots.pem, tls_certificate_path: c.pem, \
         tls_key_path: c.key}}]}}}}}}\n",
        key(7).verifying_key().to_hex()
    );
    let config = ca2a_runtime::config::Config::from_yaml(settings.as_bytes()).unwrap();
    let peer = config.gateway.unwrap().outbound.unwrap().peers.remove(0);
    let write = |issued: &crate::support::tls::Issued| {
        folder.write("c.pem", &issued.certificate);
        folder.write("c.key", &issued.key);
    };
    folder.write("roots.pem", &authority.pem());
    write(&other.workload(&[NAME]));
    let shown = WatchedTls::open(peer.tls_files(&folder.0.join("ca2a.yaml")), Arc::new(|_: &str| {}));
    let (url, worked) =
        (format!("https://{place}"), || echo.worked.load(std::sync::atomic::Ordering::SeqCst));
    let router = local(route(&url).trusting(shown.unwrap()));
    let silent = local(route(&url).trusting(ClientTls::pinned(authority.pem().as_bytes()).unwrap()));
    for stranger in [&router, &silent] {
        let refused = ask(stranger, "SendMessage", params("hello", None), "read").await;
        assert!(refused["error"]["message"].is_string(), "{refused}");
    }
    assert_eq!(worked(), 0);
    write(&authority.workload(&[NAME]));
    let answer = ask(&router, "SendMessage", params("hello", None), "read").await;
    assert_eq!(answer["result"]["task"]["status"]["state"], "TASK_STATE_COMPLETED", "{answer}");
    assert_eq!(worked(), 1);
}
