//! GATE-61 to GATE-67 and GATE-76 with processes on the stock Python `a2a-sdk` at both ends: a caller and two agents that import
//! nothing of cA2A, two gateways between them, and somebody on the wire who learns nothing of what they say.

use std::{future::pending, path::Path, process::Command, sync::Arc};

use ca2a_core::Scope;
use ca2a_covers::covers;
use ca2a_runtime::{
    a2a::card::{CardKey, PinnedKey},
    gateway::{
        CallsAtHand,
        outbound::{Allowed, Child, Outbound, Route, Standing},
    },
    http::Origin,
    node::PeerNode,
    peer::CallerRequirement,
};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::support::gateway::{LIMITS, Scene, Script, before_as, serve_on};
use crate::support::scene::{capability, chain, key};
use crate::support::stock::{free_port, python, script, start};
use crate::support::wire::Wire;

/// An agent's gateway, as others reach it.
struct Side {
    scene: Scene,
    at_hand: Arc<CallsAtHand>,
    wire: Wire,
    url: String,
}

async fn side(identity: u8, agent: u16) -> Side {
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (wire, outside) = Wire::before(door.local_addr().unwrap()).await;
    let (url, agent) = (format!("http://{outside}"), format!("http://127.0.0.1:{agent}/"));
    let (none, agent) = (CallerRequirement::None, agent.parse().unwrap());
    let (scene, at_hand) = before_as(identity, none, agent, Script::default(), LIMITS, &url).await;
    serve_on(door, scene.router.clone());
    Side { scene, at_hand, wire, url }
}

fn route(name: &str, identity: u8, url: &str) -> Route {
    let card_key = PinnedKey::from(CardKey::Ed25519(key(identity)).public());
    Route::new(name, Origin::parse(url).unwrap(), card_key, Allowed::Only(capability("read"))).unwrap()
}

/// Over which bindings a caller finds a peer.
const BINDINGS: &[&str] =
    if cfg!(feature = "grpc") { &["JSONRPC", "HTTP+JSON", "GRPC"] } else { &["JSONRPC", "HTTP+JSON"] };

async fn serve(route: Route, node: &Arc<PeerNode>, at_hand: &Arc<CallsAtHand>, listener: TcpListener) {
    let name = route.name().to_owned();
    let mut outbound = Outbound::new(vec![route], Arc::clone(node), Arc::clone(at_hand)).unwrap();
    if BINDINGS.contains(&"GRPC") {
        outbound = outbound.with_grpc(&name, TcpListener::bind("127.0.0.1:0").await.unwrap()).unwrap();
    }
    tokio::spawn(outbound.serve(listener, pending()));
}

/// What the stock caller heard, a line for each thing that it said.
async fn heard(python: &Path, base: String, said: &'static [&'static str]) -> Vec<Value> {
    let mut caller = Command::new(python);
    caller.arg(script("caller.py")).arg(base).args(said);
    let output = tokio::task::spawn_blocking(move || caller.output().unwrap()).await.unwrap();
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{error}");
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stock_agents_work_through_two_gateways() {
    let Some(python) = python() else {
        println!("SKIPPED: there is no Python with venv, or the a2a-sdk cannot be installed");
        return;
    };
    covers!(accept, "GATE-61", "GATE-62", "GATE-63", "GATE-66", "GATE-67");
    if BINDINGS.contains(&"GRPC") {
        covers!(accept, "GATE-75", "GATE-76");
    }
    let (port_a, port_b) = (free_port(), free_port());
    let peers_of_a = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let peers_of_b = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to_a = format!("http://{}/peers/a/", peers_of_b.local_addr().unwrap());
    let to_b = format!("http://{}/peers/b", peers_of_a.local_addr().unwrap());
    let _agent_a = start(&python, port_a, &["streaming"]);
    let _agent_b = start(&python, port_b, &["streaming", &to_a]);
    let (a, b) = (side(8, port_a).await, side(9, port_b).await);

    // The caller beside a has authority of its own; b's agent has what came with the call that it works on.
    let scope = Scope::new([capability("read")]);
    let child = Child { subject: key(9).verifying_key(), scope, ttl_seconds: 300 };
    let there =
        route("b", 9, &b.url).standing(Standing { chain: chain(), key: key(3) }).unwrap().granting(child);
    serve(there, &a.scene.node, &a.at_hand, peers_of_a).await;
    serve(route("a", 8, &a.url), &b.scene.node, &b.at_hand, peers_of_b).await;

    let said = ["a secret of theirs", "pass on: a deeper secret"];
    let answers = heard(&python, to_b, &["a secret of theirs", "pass on: a deeper secret"]).await;
    let calls = 2 * BINDINGS.len();
    assert_eq!(answers.len(), 2 * calls, "two texts, each binding, with streaming and without: {answers:?}");
    for binding in BINDINGS {
        assert_eq!(answers.iter().filter(|answer| answer["binding"] == *binding).count(), 4, "{binding}");
    }
    for answer in &answers {
        assert_eq!(answer["state"], "TASK_STATE_COMPLETED", "{answer}");
        let texts = answer["texts"].to_string();
        if answer["said"] == said[0] {
            let subject = format!("for {}", key(3).verifying_key().to_hex());
            assert!(texts.contains(said[0]) && texts.contains(&subject), "{answer}");
        } else {
            assert!(texts.contains("it said: a deeper secret"), "{answer}");
        }
        assert!(answer["streaming"] == false || answer["events"].as_u64() > Some(2), "{answer}");
    }
    // Half of the calls b passed on, to a, each under what came with it.
    assert_eq!(a.scene.records.records().unwrap().count(), calls);
    assert_eq!(b.scene.records.records().unwrap().count(), 2 * calls);

    for wire in [&a.wire, &b.wire] {
        assert!(wire.saw("sealed_payload") && wire.saw("sealed_result"));
        for secret in ["a secret of theirs", "a deeper secret", "it said"] {
            assert!(!wire.saw(secret), "`{secret}` was on the wire");
        }
    }
}
