//! How a node ends, and what it says of its calls: `ca2a start` as a process.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use ca2a_core::json;

use crate::support::{
    Said,
    folder::Folder,
    for_real,
    process::{Running, free_port, get},
};

/// A node, whose standard error goes into a file.
struct Node {
    running: Running,
    folder: Folder,
    port: u16,
    operations: u16,
}

impl Node {
    fn start(settings: &str) -> Self {
        let folder = Folder::new();
        let (port, operations) = (free_port(), free_port());
        let root = for_real(&["keygen", "--out", &folder.file("root.pem")]).accepted().text("public_key");
        let text = format!(
            "attestation: {{provider: software-only}}\nlisten_addr: '127.0.0.1:{port}'\nlocal_policy: [read]\n\
             trusted_root_issuers: ['{root}']\n\
             ca2a: {{operations: {{listen_addr: '127.0.0.1:{operations}', {settings}}}}}\n"
        );
        std::fs::write(folder.file("config.yaml"), text).unwrap();
        let words = ["start", "--config", &folder.file("config.yaml")];
        let running = Running::start(&words, &folder.file("said"));
        Self { running, folder, port, operations }
    }

    /// Calls for `capability` with a sealed payload, under a chain that holds `read` and `pay`.
    fn call(&self, capability: &str) -> Said {
        let file = |name: &str| self.folder.file(name);
        let chain = file("chain.json");
        if !std::path::Path::new(&chain).exists() {
            let agent = for_real(&["keygen", "--out", &file("agent.pem")]).accepted().text("public_key");
            let root = file("root.pem");
            let issue =
                ["issue", "--key", &root, "--subject", &agent, "--out", &chain, "--scope", "read", "pay"];
            for_real(&issue).accepted();
            std::fs::write(file("task.json"), r#"{"task":"the secret of the payload"}"#).unwrap();
        }
        let url = format!("http://127.0.0.1:{}", self.port);
        for_real(&[
            "send",
            "--url",
            &url,
            "--chain",
            &chain,
            "--key",
            &file("agent.pem"),
            "--capability",
            capability,
            "--payload",
            &file("task.json"),
            "--caller-offer",
            "--no-trace",
        ])
    }

    fn said(&self) -> String {
        std::fs::read_to_string(self.folder.file("said")).unwrap()
    }
}

/// RUN-67, WIRE-51: asked to end, a node says so at `/readyz` and goes on serving; then its doors close, the request at hand
/// gets its answer, and it ends well.
#[test]
fn a_node_that_is_asked_to_end_drains() {
    let mut node = Node::start("drain_seconds: 3");
    node.call("read").accepted();
    assert!(get(node.operations, "/readyz").starts_with("HTTP/1.1 200"));
    // A request of which half has come.
    let mut at_hand = TcpStream::connect(("127.0.0.1", node.port)).unwrap();
    at_hand
        .write_all(b"POST /ca2a/task HTTP/1.1\r\nhost: peer\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{")
        .unwrap();

    node.running.ask_to_end("TERM");
    let ready = loop {
        let ready = get(node.operations, "/readyz");
        if ready.starts_with("HTTP/1.1 503") {
            break ready;
        }
    };
    assert!(ready.contains(r#""draining":"failed""#) && ready.contains(r#""switch":"ok""#), "{ready}");
    // It goes on serving while it says so.
    node.call("read").accepted();
    // Then nobody gets in any more,
    while TcpStream::connect(("127.0.0.1", node.port)).is_ok() {
        std::thread::yield_now();
    }
    assert_eq!(node.running.child.try_wait().unwrap(), None, "a request is at hand");
    // and who is in gets an answer.
    at_hand.write_all(b"}").unwrap();
    let mut reply = String::new();
    at_hand.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 400") && reply.contains("\"code\":"), "{reply}");
    assert_eq!(node.running.ended(), Some(0));
    assert!(node.said().ends_with("ca2a stopped\n"), "{}", node.said());
}

/// RUN-96: one line for each call, with who asked and what was decided, and nothing of what was sent or kept secret.
#[test]
fn every_call_leaves_one_line() {
    let mut node = Node::start("call_log: true");
    node.call("read").accepted();
    node.call("pay").refused("SCOPE_NOT_PERMITTED");
    node.running.ask_to_end("TERM");
    assert_eq!(node.running.ended(), Some(0));
    let said = node.said();
    let lines: Vec<_> = said.lines().filter(|line| line.starts_with('{')).collect();
    assert_eq!(lines.len(), 2, "{said}");
    let chain = std::fs::read_to_string(node.folder.file("chain.json")).unwrap();
    for (line, code) in lines.iter().zip(["ALLOWED", "SCOPE_NOT_PERMITTED"]) {
        let line = json::read(line.as_bytes()).unwrap();
        let line = line.as_object().unwrap();
        assert_eq!((line.text("event").unwrap(), line.text("code").unwrap()), ("call", code));
        assert_eq!(line.uint("depth").unwrap(), 0);
        assert_eq!(line.text("call").unwrap().len(), 64);
        assert!(chain.contains(&format!("\"subject\": \"{}\"", line.text("subject").unwrap())), "{chain}");
        assert!(line.uint("microseconds").unwrap() > 0);
    }
    // What a chain proves itself with, what was sent, and what a key is.
    let signature = chain.split("\"signature\": \"").nth(1).unwrap().split('"').next().unwrap();
    let key = std::fs::read_to_string(node.folder.file("agent.pem")).unwrap();
    let key = key.lines().nth(1).unwrap();
    for secret in [signature, "the secret of the payload", "dGhlIHNlY3JldCBvZiB0aGUg", "v1.", key] {
        assert!(!said.contains(secret), "{secret} is in {said}");
    }
}
