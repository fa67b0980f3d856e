//! GATE-82: a gateway that is stopped ends what it has begun, and its agent has its peers until then.

use std::{io, net::SocketAddr, time::Duration};

use ca2a_covers::covers;
use ca2a_runtime::{
    calls::{CallId, CallStore as _, DurableCalls, Outcome, OutcomeStatement},
    gateway::{Sides, outbound::Outbound},
    peer::CallerRequirement,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

use crate::outbound::{peer, standing};
use crate::support::a2a::params;
use crate::support::gateway::{E, LIMITS, Made, Script, make, state, upstream};
use crate::support::scene::{call, key};

/// A gateway at work, before an agent that waits for its script, with a peer behind it.
struct Running {
    made: Ends,
    script: Script,
    inside: SocketAddr,
    outside: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<io::Result<()>>,
}

/// What is left of a gateway that serves.
struct Ends {
    node: std::sync::Arc<ca2a_runtime::node::PeerNode>,
    calls: DurableCalls,
}

async fn running(drain: Duration) -> Running {
    let script = Script::default();
    let agent = upstream(&script, true).await;
    let Made { gateway, node, calls, .. } =
        make(8, CallerRequirement::None, agent, LIMITS, "https://gate.example/").await;
    let gateway = gateway.with_drain(drain);
    let route = peer(9).await.route().standing(standing()).unwrap();
    let outbound = Outbound::new(vec![route], node.clone(), gateway.calls_at_hand()).unwrap();
    let (inner, outer) =
        (TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let (inside, outside) = (inner.local_addr().unwrap(), outer.local_addr().unwrap());
    let sides = Sides { inbound: Some((gateway, outer.into())), outbound: Some((outbound, inner.into())) };
    let (stop, stopped) = oneshot::channel();
    let serving = tokio::spawn(sides.serve(async {
        let _ = stopped.await;
    }));
    Running { made: Ends { node, calls }, script, inside, outside, stop: Some(stop), serving }
}

impl Running {
    /// Sends `text`, and waits for the work on it or not.
    fn send(&self, text: &str, at_once: bool) -> JoinHandle<Value> {
        let mut params = params(text, Some(&call("read").prove(&self.made.node)));
        if at_once {
            params["configuration"] = json!({ "returnImmediately": true });
        }
        tokio::spawn(post(self.outside, "/", params))
    }

    /// Until the agent was asked.
    async fn asked(&self) {
        while self.script.messages() < 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Stops it, until nobody gets in from outside.
    async fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        while TcpStream::connect(self.outside).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// What came of the call that the agent was asked for.
    async fn outcome(&self) -> Option<Outcome> {
        let header = self.script.seen().last().unwrap().headers["ca2a-call-id"].to_str().unwrap().to_owned();
        let text = self.made.calls.outcome(CallId::from_hex(&header).unwrap()).await.unwrap()?;
        Some(OutcomeStatement::verify(&text, &key(8).verifying_key()).unwrap().outcome)
    }
}

/// Sends a message over a connection of its own.
async fn post(to: SocketAddr, path: &str, params: Value) -> Value {
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": "SendMessage", "params": params}).to_string();
    let mut stream = TcpStream::connect(to).await.unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {to}\r\na2a-version: 1.0\r\na2a-extensions: {E}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}"))
}

const LONG: Duration = Duration::from_secs(600);

/// GATE-82: the agent calls a peer for a call that is at hand as the gateway is stopped.
#[tokio::test]
async fn an_agent_has_its_peers_until_its_work_is_done() {
    covers!(accept, "GATE-82");
    let mut running = running(LONG).await;
    let calling = running.send("late", false);
    running.asked().await;
    running.stop().await;
    let answer = post(running.inside, "/peers/b/", params("hello", None)).await;
    assert_eq!(state(&answer), ("TASK_STATE_COMPLETED", "hello"), "{answer}");

    running.script.gate.notify_one();
    let answer = calling.await.unwrap();
    assert_eq!(state(&answer).0, "TASK_STATE_COMPLETED", "{answer}");
    assert!(matches!(running.outcome().await, Some(Outcome::Completed(_))));
    (&mut running.serving).await.unwrap().unwrap();
    assert!(TcpStream::connect(running.inside).await.is_err(), "the agent's side is closed too");
}

/// GATE-82: work that no connection waits for.
#[tokio::test]
async fn what_nobody_waits_for_is_done_before_a_gateway_ends() {
    covers!(accept, "GATE-82");
    let mut running = running(LONG).await;
    let told = running.send("at work, and late", true).await.unwrap();
    assert_ne!(state(&told).0, "TASK_STATE_COMPLETED", "{told}");
    running.asked().await;
    running.stop().await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!running.serving.is_finished(), "its agent is at work");
    running.script.gate.notify_one();
    (&mut running.serving).await.unwrap().unwrap();
    assert!(matches!(running.outcome().await, Some(Outcome::Completed(_))));
}

/// GATE-82: an agent that does not end is not waited for any longer.
#[tokio::test]
async fn a_gateway_ends_though_its_agent_does_not() {
    covers!(refuse, "GATE-82");
    let mut running = running(Duration::from_millis(200)).await;
    running.send("pause", true).await.unwrap();
    running.asked().await;
    running.stop().await;
    (&mut running.serving).await.unwrap().unwrap();
    assert_eq!(running.outcome().await, None, "whoever comes next settles it");
}
