//! `start` and `send`: a peer as a process, called through the command.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

mod support;

use std::{
    io::{BufRead as _, BufReader},
    net::TcpListener,
    process::{Child, Command, Stdio},
};

use ca2a_cli::ExitCode;
use support::{Said, folder::Folder, for_real};

/// A peer that serves `read` and `write` to chains from one root.
struct Peer {
    child: Child,
    folder: Folder,
    url: String,
}

/// A port that nobody uses at the moment.
fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

fn config(root: &str, port: u16) -> String {
    format!(
        "attestation: {{provider: software-only}}\nlisten_addr: '127.0.0.1:{port}'\nlocal_policy: [read, write]\n\
         trusted_root_issuers: ['{root}']\n"
    )
}

impl Peer {
    fn start() -> Self {
        let folder = Folder::new();
        let root = for_real(&["keygen", "--out", &folder.file("root.pem")]).accepted().text("public_key");
        let port = free_port();
        std::fs::write(folder.file("config.yaml"), config(&root, port)).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_ca2a"))
            .args(["start", "--config", &folder.file("config.yaml")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let greeting = format!(
            "ca2a listening on 127.0.0.1:{port} (provider=software-only, require_caller_attestation=none)"
        );
        assert_eq!(line.trim_end(), greeting);
        Self { child, folder, url: format!("http://127.0.0.1:{port}") }
    }

    fn file(&self, name: &str) -> String {
        self.folder.file(name)
    }

    /// Grants `scope` to a fresh key; gives the arguments that call under it.
    fn caller(&self, name: &str, scope: &[&str]) -> Vec<String> {
        let (key, chain) = (self.file(&format!("{name}.pem")), self.file(&format!("{name}.json")));
        let public = for_real(&["keygen", "--out", &key]).accepted().text("public_key");
        let root = self.file("root.pem");
        let issue = ["issue", "--key", &root, "--subject", &public, "--out", &chain, "--scope"];
        for_real(&[&issue[..], scope].concat()).accepted();
        ["send", "--url", &self.url, "--chain", &chain, "--key", &key].map(Into::into).to_vec()
    }

    /// Asks it to end, as Ctrl-C does, and gives its exit code.
    fn interrupt(&mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn send(caller: &[String], more: &[&str]) -> Said {
    let words: Vec<_> = caller.iter().map(String::as_str).chain(more.iter().copied()).collect();
    for_real(&words)
}

/// covers CLI-17, CLI-18
#[test]
fn a_peer_serves_refuses_and_ends_in_order() {
    let mut peer = Peer::start();
    let caller = peer.caller("planner", &["read", "pay"]);

    // Plain, sealed, offered, authenticated.
    let said = send(&caller, &["--capability", "read", "--record-id", "r-1"]);
    assert_eq!(said.accepted().text("granted_capability"), "read");
    assert_eq!(said.bool("accepted"), Some(true));
    std::fs::write(peer.file("task.json"), "{\"task\":\"read\"}").unwrap();
    let payload = peer.file("task.json");
    let all = ["--capability", "read", "--payload", &payload, "--caller-offer", "--authenticated"];
    let said = send(&caller, &all);
    assert_eq!(said.accepted().text("caller_attestation"), "software-only");
    assert_eq!(said.bool("authenticated"), Some(true));
    let record =
        said.json().as_object().unwrap().object("record").unwrap().text("record_hash").unwrap().to_owned();
    send(&caller, &["--capability", "read", "--parent-record", &record]).accepted();

    // What the chain or the peer does not allow; with the peer's record of it.
    for capability in ["pay", "write"] {
        let said = send(&caller, &["--capability", capability]);
        said.refused("SCOPE_NOT_PERMITTED");
        let json = said.json();
        let object = json.as_object().unwrap();
        assert_eq!(object.uint("http_status").unwrap(), 403);
        assert_eq!(object.object("record").unwrap().text("requested_capability").unwrap(), capability);
    }
    // A chain of somebody else's root, and a key that the chain does not name.
    let other = Peer { url: peer.url.clone(), folder: Folder::new(), child: idle() };
    for_real(&["keygen", "--out", &other.file("root.pem")]).accepted();
    let stranger = other.caller("stranger", &["read"]);
    send(&stranger, &["--capability", "read"]).refused("UNTRUSTED_DELEGATION_ROOT");
    let mut thief = caller.clone();
    *thief.last_mut().unwrap() = other.file("stranger.pem");
    send(&thief, &["--capability", "read"]).refused("HOLDER_PROOF_INVALID");

    // What cannot be sent at all.
    send(&caller, &["--capability", ""]).refused("BAD_REQUEST");
    send(&caller, &["--capability", "read", "--record-id", ""]).refused("BAD_REQUEST");
    send(&caller, &["--capability", "read", "--parent-record", "zz"]).refused("BAD_REQUEST");
    send(&caller, &["--capability", "read", "--payload", &peer.file("none")]).refused("BAD_REQUEST");
    send(&caller, &["--capability", "read", "--message", &peer.file("root.pem")]).refused("TRANSPORT_ERROR");
    send(&caller, &[]).usage();
    assert_eq!(peer.interrupt(), Some(0));
    send(&caller, &["--capability", "read"]).refused("TRANSPORT_ERROR");
    let mut elsewhere = caller;
    elsewhere[2] = "ftp://127.0.0.1".into();
    send(&elsewhere, &["--capability", "read"]).refused("TRANSPORT_ERROR");
}

/// covers CLI-23
#[test]
fn a_running_node_is_asked_for_what_it_signed_about_a_chain() {
    let peer = Peer::start();
    let [planner, other] = ["planner", "other"].map(|name| peer.caller(name, &["read", "pay"]));
    send(&planner, &["--capability", "read"]).accepted();
    send(&planner, &["--capability", "pay"]).refused("SCOPE_NOT_PERMITTED");
    send(&other, &["--capability", "read"]).accepted();

    let (chain, config) = (peer.file("planner.json"), peer.file("config.yaml"));
    let root = for_real(&["inspect", &peer.file("root.pem")]).accepted().text("public_key");
    let said =
        for_real(&["lineage", "--chain", &chain, "--from-node", &config, "--trusted-root-issuer", &root]);
    // Nobody handed in what the planner recorded itself.
    assert_eq!(
        (said.exit, said.text("verdict")),
        (ExitCode::Unverifiable, "unverifiable".into()),
        "{said:?}"
    );
    assert!(said.stderr.contains("1 statement about other chains"), "{said:?}");
    let json = said.json();
    let hops = json.as_object().unwrap().array("hops").unwrap();
    let statements = hops[0].as_object().unwrap().array("statements").unwrap();
    let decisions: Vec<_> =
        statements.iter().map(|statement| statement.as_object().unwrap().text("decision").unwrap()).collect();
    assert_eq!((hops.len(), decisions), (1, vec!["allow", "deny"]));
    assert_eq!(json.as_object().unwrap().uint("failed").unwrap(), 0);

    // A file means what is in it: a statement about another chain contradicts this one.
    let export = for_real(&["records", "--config", &config, "--statements"]);
    std::fs::write(peer.file("statements.jsonl"), export.accepted().stdout.as_bytes()).unwrap();
    let file = peer.file("statements.jsonl");
    let said =
        for_real(&["lineage", "--chain", &chain, "--statements", &file, "--trusted-root-issuer", &root]);
    assert_eq!(said.exit, ExitCode::Failure, "{said:?}");
    for_real(&["lineage", "--from-node", &config]).usage();
    for_real(&["lineage", "--chain", &chain, "--from-node", &peer.file("none")]).refused("CONFIG_ERROR");
}

/// A process to own that does nothing.
fn idle() -> Child {
    Command::new(env!("CARGO_BIN_EXE_ca2a")).arg("--version").stdout(Stdio::null()).spawn().unwrap()
}

/// covers CLI-2, CLI-17
#[test]
fn a_configuration_that_cannot_run_is_refused_before_it_listens() {
    let folder = Folder::new();
    let root = for_real(&["keygen", "--out", &folder.file("root.pem")]).accepted().text("public_key");
    let path = folder.file("config.yaml");
    let refused = |yaml: &str| {
        std::fs::write(&path, yaml).unwrap();
        let said = for_real(&["start", "--config", &path]);
        assert_eq!((said.exit, said.stdout.as_str()), (ExitCode::Failure, ""), "{said:?}");
        assert!(said.stderr.contains("cannot start: "), "{said:?}");
        for_real(&["start", "--json", "--config", &path]).refused("CONFIG_ERROR");
    };
    refused("trusted_root_isuers: []\n");
    refused("local_policy: [read]\n");
    refused(&config("hello", free_port()));
    let missing = format!("{}policy_bundle_path: none.cedar\n", config(&root, free_port()));
    refused(&missing);
    let taken = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    refused(&config(&root, taken.local_addr().unwrap().port()));
}

/// covers CLI-2
#[test]
fn a_configuration_is_validated_in_text_unless_json_is_asked_for() {
    let files = ca2a_cli::MemoryFs::new()
        .with(
            "good.yaml",
            &b"attestation: {provider: software-only, enforcement_mode: advisory}\n"[..],
            false,
        )
        .with("bad.yaml", &b"attestation: {provider: sgx}\n"[..], false)
        .with("utf16.yaml", &b"\xff\xfea\x00"[..], false);
    let said = support::piped(&files, &["validate-config", "--config", "good.yaml"]);
    assert_eq!(said.accepted().stdout, "ok: provider=software-only enforcement=advisory\n");
    let said = support::piped(&files, &["validate-config", "--json", "--config", "good.yaml"]);
    assert_eq!(said.bool("valid"), Some(true));
    for bad in ["bad.yaml", "utf16.yaml", "none.yaml"] {
        let said = support::piped(&files, &["validate-config", "--config", bad]);
        assert_eq!((said.exit, said.stdout.as_str()), (ExitCode::Failure, ""), "{said:?}");
        assert!(said.stderr.starts_with("invalid config: "), "{said:?}");
        let said = support::piped(&files, &["validate-config", "--json", "--config", bad]);
        assert_eq!(said.refused("CONFIG_ERROR").bool("valid"), Some(false));
    }
    let said = support::on_terminal(&files, &["validate-config", "--config", "good.yaml"]);
    assert!(
        said.accepted().stdout.starts_with("ok: provider=software-only enforcement=advisory\n\n  listens on")
    );
    support::piped(&files, &["validate-config"]).usage();
}
