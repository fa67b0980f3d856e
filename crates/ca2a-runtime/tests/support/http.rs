//! A server on loopback and raw sockets to poke it with.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use ca2a_core::{encoding::hex, json};
use ca2a_runtime::http::{Answer, Endpoints, HttpLimits, serve};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Notify, oneshot},
    task::JoinHandle,
};

/// Answers with what it was given, and misbehaves on demand.
#[derive(Default)]
pub(crate) struct Echo {
    /// Calls that reached an endpoint.
    pub(crate) started: AtomicUsize,
    /// Calls that ran to their end.
    pub(crate) finished: AtomicUsize,
    /// Lets one `wait` go on.
    pub(crate) gate: Notify,
}

impl Echo {
    async fn answer(&self, path: &str, bytes: &[u8]) -> Answer {
        self.started.fetch_add(1, Ordering::SeqCst);
        assert!(bytes != b"panic", "as asked");
        if bytes == b"wait" {
            self.gate.notified().await;
        }
        self.finished.fetch_add(1, Ordering::SeqCst);
        let body = json::Object::from([("path", json::Node::from(path)), ("hex", hex(bytes).into())]);
        Answer::new(200, &body.into())
    }
}

impl Endpoints for Echo {
    async fn handshake(&self, nonce: &str) -> Answer {
        self.answer("handshake", nonce.as_bytes()).await
    }
    async fn task(&self, body: Bytes) -> Answer {
        self.answer("task", &body).await
    }
    async fn authenticated_task(&self, body: Bytes) -> Answer {
        self.answer("authenticated", &body).await
    }
}

pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) echo: Arc<Echo>,
    pub(crate) stop: oneshot::Sender<()>,
    pub(crate) server: JoinHandle<std::io::Result<()>>,
}

pub(crate) async fn start(limits: HttpLimits) -> Running {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let echo = Arc::new(Echo::default());
    let (stop, stopped) = oneshot::channel::<()>();
    let until = async { stopped.await.unwrap_or(()) };
    let server = tokio::spawn(serve(listener, Arc::clone(&echo), limits, until));
    Running { address, echo, stop, server }
}

/// Limits of a tenth of a second, for those who wait for them.
pub(crate) fn short() -> HttpLimits {
    let short = Duration::from_millis(100);
    HttpLimits { head: short, body: short, request: short, idle: short, ..HttpLimits::default() }
}

/// Sends `request` and reads until the server closes.
pub(crate) async fn exchange(address: SocketAddr, request: &[u8]) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(request).await.unwrap();
    rest(&mut socket).await
}

/// What comes until the server closes.
pub(crate) async fn rest(socket: &mut TcpStream) -> String {
    let mut reply = Vec::new();
    socket.read_to_end(&mut reply).await.unwrap();
    String::from_utf8(reply).unwrap()
}

/// One answer with a Content-Length, read off a connection that stays open.
pub(crate) async fn one_answer(socket: &mut TcpStream) -> String {
    let mut reply = String::new();
    while !reply.contains("\r\n\r\n") {
        reply.push(char::from(socket.read_u8().await.unwrap()));
    }
    let length = reply.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    socket.read_exact(&mut body).await.unwrap();
    reply + core::str::from_utf8(&body).unwrap()
}

/// The status of an answer.
pub(crate) fn status(reply: &str) -> &str {
    reply.split(' ').nth(1).unwrap_or("(none)")
}

/// The body of an answer.
pub(crate) fn body(reply: &str) -> &str {
    reply.split_once("\r\n\r\n").map_or("(none)", |(_, body)| body)
}

/// A POST with its length.
pub(crate) fn post(path: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!("POST {path} HTTP/1.1\r\nhost: peer\r\ncontent-length: {}\r\n", body.len());
    request.push_str("connection: close\r\n\r\n");
    [request.as_bytes(), body].concat()
}
