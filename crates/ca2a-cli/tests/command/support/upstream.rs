//! An agent that knows nothing of us, and writes the id of every call that reaches it down, on the disk, before it
//! answers: what it has seen is what was begun.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "tests")]

use std::{
    fs::{File, OpenOptions},
    io::{BufReader, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread::{self, sleep},
    time::Duration,
};

use ca2a_runtime::calls::CallId;

use super::request::Request;

const CARD: &str = r#"{"name":"stock","description":"knows nothing of us","version":"1",
    "supportedInterfaces":[{"url":"http://127.0.0.1:1/","protocolBinding":"JSONRPC","protocolVersion":"1.0"}],
    "capabilities":{},"defaultInputModes":["text/plain"],"defaultOutputModes":["text/plain"],"skills":[{"id":"s","name":"s","description":"s","tags":["s"]}]}"#;
const DONE: &str = r#"{"jsonrpc":"2.0","id":1,"result":{"task":{"id":"t","contextId":"c","status":{"state":"TASK_STATE_COMPLETED"}}}}"#;
const WILL_NOT: &str = r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"I will not"}}"#;

/// What the agent does with a call that it has written down.
pub enum Mood {
    /// It does the work in that time.
    Done(Duration),
    /// It refuses in A2A's own words.
    Refuses,
    /// It closes the connection.
    BreaksOff,
    /// What it says is no A2A.
    Lies,
}

/// The agent, until the process ends.
pub struct Upstream {
    pub url: String,
    seen: PathBuf,
}

impl Upstream {
    /// Starts it; `seen` is where it writes, and `mood` what it does with its n-th call.
    pub fn start(seen: &Path, mood: impl Fn(u64) -> Mood + Clone + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let file = OpenOptions::new().create(true).append(true).open(seen).unwrap();
        let calls = Arc::new(Mutex::new((file, 0)));
        thread::spawn(move || {
            for socket in listener.incoming() {
                let (socket, calls, mood) = (socket.unwrap(), Arc::clone(&calls), mood.clone());
                thread::spawn(move || answer(socket, &calls, mood));
            }
        });
        Self { url, seen: seen.to_path_buf() }
    }

    /// The calls that reached it, in order.
    pub fn calls(&self) -> Vec<CallId> {
        let lines = std::fs::read_to_string(&self.seen).unwrap();
        lines.lines().map(|id| CallId::from_hex(id).unwrap()).collect()
    }
}

/// Answers one request. A gateway that is gone hears nothing.
fn answer(mut socket: TcpStream, calls: &Mutex<(File, u64)>, mood: impl Fn(u64) -> Mood) {
    let Some(request) = Request::read(&mut BufReader::new(&socket)) else { return };
    let body = match request.header("ca2a-call-id").map(|id| written(id, calls)).map(mood) {
        None => CARD,
        Some(Mood::Done(after)) => {
            sleep(after);
            DONE
        }
        Some(Mood::Refuses) => WILL_NOT,
        Some(Mood::BreaksOff) => return,
        Some(Mood::Lies) => "<html>",
    };
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: ";
    let _ = write!(socket, "{head}{}\r\n\r\n{body}", body.len());
}

/// Writes a call down, and says the how many-th it is.
fn written(id: &str, calls: &Mutex<(File, u64)>) -> u64 {
    let mut calls = calls.lock().unwrap();
    writeln!(calls.0, "{id}").unwrap();
    calls.0.sync_data().unwrap();
    calls.1 = calls.1.wrapping_add(1);
    calls.1
}
