//! `send` to a peer that offers version 1 of sealed payloads alone: CLI-18, SEAL-23.

use std::{
    io::{self, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use ca2a_covers::covers;
use ca2a_runtime::sealing::SEAL_SUITES;
use serde_json::Value;

use crate::support::{
    peer::{Peer, send},
    request::Request,
};

/// Stands before a peer of ours and takes the list of suites out of its handshakes; what is left is an older peer.
struct Older {
    url: String,
    /// The first lines of all that was asked of it.
    asked: Arc<Mutex<Vec<String>>>,
}

impl Older {
    fn of(peer: &Peer) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let node = peer.url.trim_start_matches("http://").to_owned();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        thread::spawn(move || {
            for caller in listener.incoming() {
                let _ = caller.and_then(|caller| answer(caller, &node, &heard));
            }
        });
        Self { url, asked }
    }

    fn was_posted(&self) -> usize {
        self.asked.lock().unwrap().iter().filter(|line| line.starts_with("POST ")).count()
    }
}

fn answer(mut caller: TcpStream, node: &str, heard: &Mutex<Vec<String>>) -> io::Result<()> {
    let Some(request) = Request::read(&mut BufReader::new(&caller)) else { return Ok(()) };
    let (first, headers) = request.head.split_once("\r\n").unwrap();
    heard.lock().unwrap().push(first.to_owned());
    let mut socket = TcpStream::connect(node)?;
    write!(socket, "{first}\r\nconnection: close\r\n{headers}")?;
    socket.write_all(&request.body)?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.lines().next().unwrap();
    let mut body: Value = serde_json::from_str(body)?;
    body.as_object_mut().unwrap().remove(SEAL_SUITES);
    let body = body.to_string();
    write!(
        caller,
        "{status}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// CLI-18: the caller's minimum decides, and below it nothing leaves.
#[test]
fn nothing_is_sealed_for_and_no_result_taken_from_a_peer_below_the_minimum() {
    covers!(accept, "CLI-18");
    covers!(refuse, "CLI-18");
    let peer = Peer::start();
    let older = Older::of(&peer);
    let mut caller = peer.caller("planner", &["read"]);
    caller[2].clone_from(&older.url);
    let payload = peer.file("task.json");
    std::fs::write(&payload, "{}").unwrap();

    let [payload, offer] = [&["--payload", &payload][..], &["--caller-offer"]];
    for what in [payload, offer] {
        let asked = [&["--capability", "read", "--seal-minimum", "2"], what].concat();
        let said = send(&caller, &asked);
        assert!(said.refused("SEALED_CHANNEL_ERROR").text("error").contains("version 1"), "{said:?}");
    }
    assert_eq!(older.was_posted(), 0, "nothing was sent");
    // Nothing is sealed in a call that has neither.
    send(&caller, &["--capability", "read", "--seal-minimum", "2"]).accepted();
    // Who asks for no minimum is served as the older peer can.
    let said = send(&caller, &[&["--capability", "read"], payload, offer].concat());
    let version = said.accepted().json().as_object().unwrap().object("peer").unwrap().uint("seal_version");
    assert_eq!(version, Ok(1));
    assert_eq!(older.was_posted(), 2);
}
