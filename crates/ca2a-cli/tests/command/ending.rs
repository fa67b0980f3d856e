//! What is at hand when a node is asked to end is answered, and then it ends well: CLI-17, CLI-50, A2A-53.

use std::{
    net::TcpStream,
    sync::{Arc, Mutex, mpsc::channel},
    thread::{self, JoinHandle},
    time::Duration,
};

use ca2a_covers::covers;
use ca2a_runtime::config::{A2aBinding, Config};

use crate::support::{
    Said,
    folder::Folder,
    for_real,
    process::{Running, free_port},
    relay::Relay,
    upstream::{Mood, Upstream},
};

/// Keys, a chain that holds `read`, and a configuration.
struct Ground {
    folder: Folder,
    /// The public key of the node.
    node: String,
}

impl Ground {
    fn new(port: u16, ours: &str) -> Self {
        let folder = Folder::new();
        let [root, caller, node] = ["root.pem", "caller.pem", "node.pem"]
            .map(|name| for_real(&["keygen", "--out", &folder.file(name)]).accepted().text("public_key"));
        let (key, chain) = (folder.file("root.pem"), folder.file("chain.json"));
        for_real(&["issue", "--key", &key, "--subject", &caller, "--out", &chain, "--scope", "read"])
            .accepted();
        let config = format!(
            "attestation: {{provider: software-only}}\nlisten_addr: '127.0.0.1:{port}'\nlocal_policy: [read]\n\
             trusted_root_issuers: ['{root}']\nca2a:\n  holder_key_path: node.pem\n{ours}"
        );
        std::fs::write(folder.file("config.yaml"), config).unwrap();
        std::fs::write(folder.file("task.txt"), "work").unwrap();
        Self { folder, node }
    }

    /// Calls while the test goes on.
    fn call(&self, whom: &[&str]) -> JoinHandle<Said> {
        let file = |name: &str| self.folder.file(name);
        let (chain, key, task) = (file("chain.json"), file("caller.pem"), file("task.txt"));
        let how =
            ["--chain", &chain, "--key", &key, "--capability", "read", "--payload", &task, "--no-trace"];
        let words: Vec<_> = [&["send"], whom, &how].concat().into_iter().map(str::to_owned).collect();
        thread::spawn(move || for_real(&words.iter().map(String::as_str).collect::<Vec<_>>()))
    }
}

/// Waits until nobody gets in at `port` any more.
fn closed(port: u16) {
    while TcpStream::connect(("127.0.0.1", port)).is_ok() {
        thread::sleep(Duration::from_millis(10));
    }
}

/// CLI-17, A2A-53: one interrupt closes both doors, and who is in gets an answer, over each binding.
#[test]
fn whoever_called_a_node_before_it_was_interrupted_is_answered() {
    covers!(accept, "CLI-17", "A2A-53");
    let (port, agent) = (free_port(), free_port());
    let [reference, jsonrpc, first] = [port, agent, agent].map(Relay::to);
    let built_in = Config::from_yaml(b"ca2a: {a2a: {listen_addr: '127.0.0.1:1'}}\n").unwrap();
    let grpc = built_in.a2a.unwrap().bindings.contains(&A2aBinding::Grpc);
    let bindings = if grpc { "grpc, jsonrpc" } else { "http+json, jsonrpc" };
    let ground = Ground::new(
        port,
        &format!(
            "  operations: {{drain_seconds: 2}}\n  a2a:\n    listen_addr: '127.0.0.1:{agent}'\n    \
             url: 'http://127.0.0.1:{}'\n    bindings: [{bindings}]\n",
            first.port
        ),
    );
    let words = ["start", "--config", &ground.folder.file("config.yaml")];
    let mut running = Running::start(&words, &ground.folder.file("said"));

    let url = |relay: &Relay| format!("http://127.0.0.1:{}", relay.port);
    let calls = [
        ground.call(&["--url", &url(&reference), "--caller-offer"]),
        ground.call(&["--a2a", &url(&jsonrpc)]),
        // The binding that the card names first.
        ground.call(&["--a2a", &url(&first), "--card-key", &ground.node]),
    ];
    let relays = [reference, jsonrpc, first];
    relays.iter().for_each(Relay::wait_for_a_call);
    running.ask_to_end("INT");
    [port, agent].into_iter().for_each(closed);
    assert_eq!(running.child.try_wait().unwrap(), None, "three calls are at hand");
    relays.iter().for_each(Relay::let_it_end);
    let [sealed, tasks @ ..] = calls.map(|call| call.join().unwrap());
    assert_eq!(sealed.accepted().text("granted_capability"), "read");
    for said in &tasks {
        assert!(said.accepted().stdout.contains("TASK_STATE_COMPLETED"), "{said:?}");
    }
    assert_eq!(running.ended(), Some(0));
    let said = std::fs::read_to_string(ground.folder.file("said")).unwrap();
    assert!(said.ends_with("ca2a stopped\n"), "{said}");
}

/// CLI-50: a gateway waits for its agent.
#[test]
fn whoever_called_a_gateway_before_it_was_asked_to_end_is_answered() {
    covers!(accept, "CLI-50");
    let port = free_port();
    let ground = Ground::new(port, "");
    let (go_on, wait) = channel();
    let wait = Arc::new(Mutex::new(wait));
    let agent = Upstream::start(&ground.folder.path().join("seen"), move |_| {
        wait.lock().unwrap().recv().unwrap();
        Mood::Done(Duration::ZERO)
    });
    let url = format!("http://127.0.0.1:{port}");
    let config = ground.folder.file("config.yaml");
    let words = ["gateway", "--config", &config, "--upstream", &agent.url, "--url", &url];
    let mut running = Running::start(&words, &ground.folder.file("said"));

    let call = ground.call(&["--a2a", &url, "--card-key", &ground.node]);
    while agent.calls().is_empty() {
        thread::sleep(Duration::from_millis(5));
    }
    running.ask_to_end("TERM");
    closed(port);
    assert_eq!(running.child.try_wait().unwrap(), None, "a call is at hand");
    go_on.send(()).unwrap();
    let said = call.join().unwrap();
    assert!(said.accepted().stdout.contains("TASK_STATE_COMPLETED"), "{said:?}");
    assert_eq!(running.ended(), Some(0));
}
