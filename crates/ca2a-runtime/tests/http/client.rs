//! The client against our server, and against servers that misbehave.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use ca2a_core::ErrorCode;
use ca2a_covers::covers;
use ca2a_runtime::http::{ClientError, ClientLimits, HttpClient, HttpLimits, Origin};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::support::http::start;

fn client_of(address: std::net::SocketAddr) -> HttpClient {
    HttpClient::new(Origin::parse(&format!("http://{address}")).unwrap())
}

/// A server that reads one request head on each connection, sends `reply`, and closes. Counts its connections.
async fn canned(reply: Vec<u8>) -> (HttpClient, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client_of(listener.local_addr().unwrap());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let Ok(byte) = socket.read_u8().await else { break };
                head.push(byte);
            }
            let _ = socket.write_all(&reply).await;
            let _ = socket.shutdown().await;
            let mut sink = Vec::new();
            let _ = socket.read_to_end(&mut sink).await;
        }
    });
    (client, count)
}

#[tokio::test]
async fn calls_reach_our_server() {
    let server = start(HttpLimits::default()).await;
    let client = client_of(server.address);
    let reply = client.get("/.well-known/ca2a/channel?nonce=abc").await.unwrap();
    assert_eq!((reply.status, &reply.body[..]), (200, &br#"{"path":"handshake","hex":"616263"}"#[..]));
    let reply = client.post("/ca2a/task", &b"{}"[..]).await.unwrap();
    assert_eq!((reply.status, &reply.body[..]), (200, &br#"{"path":"task","hex":"7b7d"}"#[..]));
    assert_eq!(client.get("/nope").await.unwrap().status, 404);
}

/// WIRE-60: connections are used again.
#[tokio::test]
async fn connections_are_used_again() {
    covers!(accept, "WIRE-60");
    let server = start(HttpLimits { connections: 1, ..HttpLimits::default() }).await;
    let client = client_of(server.address);
    for _ in 0..20 {
        assert_eq!(client.clone().post("/ca2a/task", &b"{}"[..]).await.unwrap().status, 200);
    }
}

/// WIRE-60: a connection that the server closed meanwhile costs nothing.
#[tokio::test]
async fn a_closed_connection_is_replaced() {
    covers!(accept, "WIRE-60", "WIRE-62");
    let server = start(HttpLimits { idle: Duration::from_millis(20), ..HttpLimits::default() }).await;
    let client = client_of(server.address);
    for _ in 0..5 {
        assert_eq!(client.post("/ca2a/task", &b"{}"[..]).await.unwrap().status, 200);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// WIRE-60: the peer's server speaks HTTP/1.0 and closes after each answer, with or without a length.
#[tokio::test]
async fn http_1_0_is_understood() {
    covers!(accept, "WIRE-60");
    let (client, count) = canned(b"HTTP/1.0 200 OK\r\nServer: ca2a-ref/0.1 Python/3\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}".to_vec()).await;
    for _ in 0..3 {
        assert_eq!(&client.get("/x").await.unwrap().body[..], b"{}");
    }
    assert_eq!(count.load(Ordering::SeqCst), 3);
    let (client, _) = canned(b"HTTP/1.0 200 OK\r\n\r\n{}".to_vec()).await;
    assert_eq!(&client.post("/x", &b"{}"[..]).await.unwrap().body[..], b"{}");
}

/// WIRE-63: a redirect is an answer and leads nowhere.
#[tokio::test]
async fn redirects_are_not_followed() {
    covers!(accept, "WIRE-63");
    covers!(refuse, "WIRE-63");
    let (elsewhere, visits) = canned(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_vec()).await;
    let reply =
        format!("HTTP/1.1 302 Found\r\nLocation: {}/x\r\nContent-Length: 0\r\n\r\n", elsewhere.origin());
    let (client, count) = canned(reply.into_bytes()).await;
    assert_eq!(client.get("/x").await.unwrap().status, 302);
    assert_eq!(client.post("/x", &b"{}"[..]).await.unwrap().status, 302);
    assert_eq!((count.load(Ordering::SeqCst), visits.load(Ordering::SeqCst)), (2, 0));
}

/// WIRE-61: the answer is bounded, whatever its length says.
#[tokio::test]
async fn answers_are_bounded() {
    covers!(accept, "WIRE-61");
    covers!(refuse, "WIRE-61");
    let large = "x".repeat((1 << 20) + 1);
    for head in [
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", large.len()),
        "HTTP/1.0 200 OK\r\n\r\n".to_owned(),
    ] {
        let (client, _) = canned(format!("{head}{large}").into_bytes()).await;
        let error = client.get("/x").await.unwrap_err();
        assert!(matches!(error, ClientError::TooLarge { .. }), "{error}");
        assert_eq!(error.code(), ErrorCode::TransportError);
    }
    let exact = "x".repeat(1 << 20);
    let (client, _) = canned(format!("HTTP/1.0 200 OK\r\n\r\n{exact}").into_bytes()).await;
    assert_eq!(client.get("/x").await.unwrap().body.len(), 1 << 20);
}

/// WIRE-61: no answer is a coded error.
#[tokio::test]
async fn silence_ends() {
    covers!(refuse, "WIRE-61");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = Origin::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let limits = ClientLimits { deadline: Duration::from_millis(100), ..ClientLimits::default() };
    let error = HttpClient::with_limits(origin, limits).get("/x").await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::Timeout);
}

/// WIRE-62: a task is not sent twice.
#[tokio::test]
async fn a_broken_connection_is_not_retried() {
    covers!(refuse, "WIRE-62");
    for reply in [&b""[..], b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"] {
        let (client, count) = canned(reply.to_vec()).await;
        let error = client.post("/ca2a/task", &b"{}"[..]).await.unwrap_err();
        assert!(matches!(error, ClientError::Broken { .. }), "{error}");
        assert_eq!(count.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn nobody_home_is_a_coded_error() {
    covers!(refuse, "WIRE-60");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client_of(listener.local_addr().unwrap());
    drop(listener);
    let error = client.get("/x").await.unwrap_err();
    assert!(matches!(error, ClientError::Connect { .. }), "{error}");
    for target in ["", "x", "http://elsewhere/x", "/a b", "/a\r\nx: y", "*"] {
        assert_eq!(client.get(target).await.unwrap_err(), ClientError::Target, "{target}");
    }
}
