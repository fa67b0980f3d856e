//! `ca2a switch`, against a peer as a process.
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
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
};

use support::{folder::Folder, for_real};

/// A port that nobody uses at the moment.
fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

struct Running(Child);

impl Running {
    fn start(folder: &Folder) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_ca2a"))
            .args(["start", "--config", &folder.file("config.yaml")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("ca2a listening"), "{line}");
        Self(child)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn get(port: u16, path: &str) -> String {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(socket, "GET {path} HTTP/1.1\r\nhost: peer\r\nconnection: close\r\n\r\n").unwrap();
    let mut reply = String::new();
    socket.read_to_string(&mut reply).unwrap();
    reply
}

/// RUN-66, RUN-67: switched off, a node refuses every call and says so at `/readyz`, also after a restart, until it is
/// switched on again.
#[test]
fn a_node_stays_switched_off_until_it_is_switched_on() {
    let folder = Folder::new();
    let (port, operations) = (free_port(), free_port());
    let root = for_real(&["keygen", "--out", &folder.file("root.pem")]).accepted().text("public_key");
    let planner = for_real(&["keygen", "--out", &folder.file("planner.pem")]).accepted().text("public_key");
    let (root_key, key) = (folder.file("root.pem"), folder.file("planner.pem"));
    let (chain, config) = (folder.file("c0.json"), folder.file("config.yaml"));
    for_real(&["issue", "--key", &root_key, "--subject", &planner, "--out", &chain, "--scope", "read"])
        .accepted();
    let text = format!(
        "attestation: {{provider: software-only}}\nlisten_addr: '127.0.0.1:{port}'\nlocal_policy: [read]\n\
         trusted_root_issuers: ['{root}']\nca2a: {{operations: {{listen_addr: '127.0.0.1:{operations}'}}}}\n"
    );
    std::fs::write(&config, text).unwrap();
    let send = || {
        let url = format!("http://127.0.0.1:{port}");
        for_real(&[
            "send",
            "--url",
            &url,
            "--chain",
            &chain,
            "--key",
            &key,
            "--capability",
            "read",
            "--no-trace",
        ])
    };
    let switch = |to: &[&str]| for_real(&[&["switch", "--config", &config][..], to].concat());

    switch(&["off"]).refused("STORE_UNAVAILABLE");
    let running = Running::start(&folder);
    send().accepted();
    assert_eq!(switch(&["status"]).accepted().bool("switched_off"), Some(false));
    assert!(get(operations, "/readyz").starts_with("HTTP/1.1 200"));
    assert!(get(operations, "/metrics").contains("ca2a_decisions_total{code=\"ALLOWED\"} 1\n"));

    let off = switch(&["off", "--reason", "a key was lost"]);
    assert_eq!(
        (off.accepted().bool("switched_off"), off.text("reason").as_str()),
        (Some(true), "a key was lost")
    );
    send().refused("SWITCHED_OFF");
    let ready = get(operations, "/readyz");
    assert!(ready.starts_with("HTTP/1.1 503") && ready.contains(r#""switch":"failed""#), "{ready}");

    drop(running);
    let _running = Running::start(&folder);
    send().refused("SWITCHED_OFF");
    assert_eq!(switch(&["status"]).accepted().text("reason"), "a key was lost");
    assert_eq!(switch(&["on"]).accepted().bool("switched_off"), Some(false));
    send().accepted();
}
