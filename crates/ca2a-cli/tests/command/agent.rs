//! `start` with `ca2a.a2a`, a process: called over JSON-RPC and HTTP+JSON by hand, and with `send --a2a`.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use ca2a_cli::ExitCode;
use ca2a_covers::covers;
use serde_json::{Value, json};

use crate::support::{
    Said,
    folder::Folder,
    for_real,
    process::{Running, free_port},
};

/// A node that is an A2A agent too.
struct Agent {
    _running: Running,
    folder: Folder,
    port: u16,
    key: String,
}

impl Agent {
    fn start(settings: &str) -> Self {
        let folder = Folder::new();
        let root = for_real(&["keygen", "--out", &folder.file("root.pem")]).accepted().text("public_key");
        let (reference, port) = (free_port(), free_port());
        let config = format!(
            "attestation: {{provider: software-only}}\nlisten_addr: '127.0.0.1:{reference}'\n\
             local_policy: [read, write]\ntrusted_root_issuers: ['{root}']\n\
             ca2a:\n  a2a:\n    listen_addr: '127.0.0.1:{port}'\n{settings}"
        );
        std::fs::write(folder.file("config.yaml"), config).unwrap();
        let words = ["start", "--json", "--config", &folder.file("config.yaml")];
        let running = Running::start(&words, &folder.file("said"));
        let said: Value = serde_json::from_str(&running.line).unwrap();
        assert_eq!(said["a2a_listening"], format!("127.0.0.1:{port}"));
        let key = said["signing_key"].as_str().unwrap().to_owned();
        Self { _running: running, folder, port, key }
    }

    /// One request by hand: its status and its body.
    fn http(&self, head: &str, body: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let length = body.len();
        write!(
            stream,
            "{head} HTTP/1.1\r\nhost: a\r\nconnection: close\r\na2a-version: 1.0\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    fn send(&self, scope: &str, asking: &str, more: &[&str]) -> Said {
        let (key, chain) = (self.folder.file("a.pem"), self.folder.file("a.json"));
        for file in [&key, &chain] {
            let _ = std::fs::remove_file(file);
        }
        let public = for_real(&["keygen", "--out", &key]).accepted().text("public_key");
        let root = self.folder.file("root.pem");
        for_real(&["issue", "--key", &root, "--subject", &public, "--out", &chain, "--scope", scope])
            .accepted();
        let url = format!("http://127.0.0.1:{}", self.port);
        let call =
            ["send", "--a2a", &url, "--no-trace", "--chain", &chain, "--key", &key, "--capability", asking];
        for_real(&[&call[..], more].concat())
    }
}

/// A2A-53, A2A-5, A2A-80, A2A-81, CLI-45
#[test]
fn start_serves_a2a_over_jsonrpc_and_http_json() {
    covers!(accept, "CLI-45", "A2A-50", "A2A-53", "A2A-80");
    covers!(refuse, "CLI-45");
    let agent = Agent::start("    name: 'a librarian'\n    skills: [{id: find, tags: [books]}]\n");
    let (status, card) = agent.http("GET /.well-known/agent-card.json", "");
    assert_eq!(status, 200, "{card}");
    assert_eq!(card["name"], "a librarian");
    assert_eq!(card["skills"][0]["name"], "find");
    assert_eq!(card["supportedInterfaces"][0]["url"], format!("http://127.0.0.1:{}/", agent.port));
    let params = &card["capabilities"]["extensions"][0]["params"];
    assert_eq!(params["delegation_subject"], agent.key);
    assert_eq!(params["require_caller_attestation"], "none");
    assert!(card["signatures"][0]["signature"].is_string());

    // Without authority: refused on both bindings, each in its own words.
    let message = json!({"messageId": "m", "role": "ROLE_USER", "parts": [{"text": "hello"}]});
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": {"message": message}});
    let (status, answer) = agent.http("POST /", &call.to_string());
    assert_eq!((status, &answer["error"]["code"]), (200, &json!(-32080)), "{answer}");
    let (status, answer) = agent.http("POST /message:send", &json!({"message": message}).to_string());
    assert_eq!(status, 400, "{answer}");
    assert_eq!(answer["error"]["details"][0]["metadata"]["ca2a_code"], "TRANSPORT_ERROR");

    // With it: granted, recorded, sealed both ways.
    let said = agent.send("read", "read", &["--card-key", &agent.key]);
    let json: Value = serde_json::from_str(&said.accepted().stdout).unwrap();
    assert_eq!(json["response"]["task"]["status"]["state"], "TASK_STATE_COMPLETED", "{json}");
    assert!(json["record"]["record_hash"].is_string() && json["statement"].is_object(), "{json}");
    let said = agent.send("read", "read", &["--plain"]);
    assert!(said.accepted().stderr.contains("no card was read"), "{said:?}");
    agent.send("read", "write", &["--card-key", &agent.key]).refused("SCOPE_NOT_PERMITTED");
    let stranger = "c9dccd66703268cf2b146dee384b9028637266a8232f8bbfff4f6c0a56626b57";
    agent.send("read", "read", &["--card-key", stranger]).refused("ATTESTATION_FAILED");
}

/// A2A-53
#[test]
fn over_http_json_alone_there_is_no_jsonrpc() {
    covers!(accept, "A2A-53");
    covers!(refuse, "A2A-50", "A2A-53");
    let agent = Agent::start("    bindings: [http+json]\n    demand: optional\n");
    let message = json!({"messageId": "m", "role": "ROLE_USER", "parts": [{"text": "hello"}]});
    let (status, answer) = agent.http("POST /message:send", &json!({"message": message}).to_string());
    assert_eq!(status, 200, "{answer}");
    // The node's own handler works only under authority (A2A-50).
    assert_eq!(answer["task"]["status"]["state"], "TASK_STATE_REJECTED", "{answer}");
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "SendMessage", "params": {"message": message}});
    let (status, answer) = agent.http("POST /", &call.to_string());
    assert_ne!((status, answer["result"].is_object()), (200, true), "{answer}");
    // Sealed over the binding that the card names.
    let said = agent.send("read", "read", &["--card-key", &agent.key]);
    assert_eq!(said.exit, ExitCode::Success, "{said:?}");
}
