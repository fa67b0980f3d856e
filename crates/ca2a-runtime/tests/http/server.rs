//! The server over raw sockets: routing, framing, and everything a client should not send.

use std::time::Duration;

use ca2a_covers::covers;
use ca2a_runtime::http::HttpLimits;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::support::http::{body, exchange, one_answer, post, rest, start, status};

fn get(target: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nhost: peer\r\nconnection: close\r\n\r\n").into_bytes()
}

/// WIRE-40, WIRE-41: the three endpoints, and what is none.
#[tokio::test]
async fn requests_go_where_they_belong() {
    covers!(accept, "WIRE-40", "WIRE-41");
    covers!(refuse, "WIRE-40", "WIRE-41");
    let server = start(HttpLimits::default()).await;
    let cases: Vec<(Vec<u8>, &str, &str)> = vec![
        (get("/.well-known/ca2a/channel?nonce=n%2D1"), "200", r#"{"path":"handshake","hex":"6e2d31"}"#),
        (post("/ca2a/task", b"{}"), "200", r#"{"path":"task","hex":"7b7d"}"#),
        (post("/ca2a/task?x=1", b"{}"), "200", r#"{"path":"task","hex":"7b7d"}"#),
        (post("/ca2a/task/authenticated", b"{}"), "200", r#"{"path":"authenticated","hex":"7b7d"}"#),
        (get("/.well-known/ca2a/channel"), "400", "BAD_REQUEST"),
        (get("/.well-known/ca2a/channel?nonce="), "400", "BAD_REQUEST"),
        (get("/.well-known/ca2a/channel?nonce=a&nonce=b"), "400", "BAD_REQUEST"),
        (get(&format!("/.well-known/ca2a/channel?nonce={}", "a".repeat(257))), "400", "BAD_REQUEST"),
        (get("/ca2a/task"), "404", "NOT_FOUND"),
        (get("/.well-known/ca2a/node"), "404", "NOT_FOUND"),
        (post("/.well-known/ca2a/node", b"{}"), "404", "NOT_FOUND"),
        (get("/"), "404", "NOT_FOUND"),
        (get("/ca2a/task/"), "404", "NOT_FOUND"),
        (post("/.well-known/ca2a/channel?nonce=a", b"{}"), "404", "NOT_FOUND"),
        (post("/nope", b"{}"), "404", "NOT_FOUND"),
        (
            b"PUT /ca2a/task HTTP/1.1\r\nhost: p\r\nconnection: close\r\n\r\n".to_vec(),
            "405",
            "METHOD_NOT_ALLOWED",
        ),
        (b"DELETE /x HTTP/1.1\r\nhost: p\r\nconnection: close\r\n\r\n".to_vec(), "405", "METHOD_NOT_ALLOWED"),
        (b"BREW /x HTTP/1.1\r\nhost: p\r\nconnection: close\r\n\r\n".to_vec(), "405", "METHOD_NOT_ALLOWED"),
    ];
    for (request, expected, part) in cases {
        let reply = exchange(server.address, &request).await;
        let request = String::from_utf8_lossy(&request);
        assert_eq!(status(&reply), expected, "{request}\n{reply}");
        assert!(body(&reply).contains(part), "{request}\n{reply}");
        assert!(reply.contains("content-type: application/json\r\n"), "{reply}");
    }
}

/// WIRE-42: a body needs its length, from 1 to 1 MiB, before anything is read.
#[tokio::test]
async fn a_body_needs_its_length() {
    covers!(accept, "WIRE-42");
    covers!(refuse, "WIRE-42");
    let server = start(HttpLimits::default()).await;
    for field in [
        "",
        "content-length: 0\r\n",
        "content-length: 1048577\r\n",
        "content-length: 9999999999999999999\r\n",
        "transfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ncontent-length: 2\r\n",
    ] {
        let request = format!("POST /ca2a/task HTTP/1.1\r\nhost: p\r\n{field}\r\n");
        let reply = exchange(server.address, request.as_bytes()).await;
        assert_eq!(status(&reply), "400", "{field}{reply}");
        assert!(body(&reply).contains("BAD_REQUEST"), "{field}{reply}");
    }
    let largest = vec![b' '; 1 << 20];
    let reply = exchange(server.address, &post("/ca2a/task", &largest)).await;
    assert_eq!(status(&reply), "200");
}

/// WIRE-43: what HTTP itself refuses gets a bare status.
#[tokio::test]
async fn a_bad_head_gets_a_bare_status() {
    covers!(accept, "WIRE-43");
    covers!(refuse, "WIRE-43");
    let server = start(HttpLimits::default()).await;
    let with = |field: &str| format!("POST /ca2a/task HTTP/1.1\r\nhost: p\r\n{field}\r\n\r\n{{}}");
    let many = "x: y\r\n".repeat(200);
    let cases = [
        (with(&format!("content-length: {}", "9".repeat(5000))), "400"),
        (with("content-length: 2\r\ncontent-length: 3"), "400"),
        (with("content-length: 2, 3"), "400"),
        (with("content-length: -1"), "400"),
        (with("content-length: +2"), "400"),
        (with("content-length: 0x2"), "400"),
        (with("content-length: ٢"), "400"),
        (with("no colon"), "400"),
        (with("a\0b: c"), "400"),
        ("GET / HTTP/9.9\r\n\r\n".to_owned(), "400"),
        ("\u{1}\u{2}\u{3}\r\n\r\n".to_owned(), "400"),
        (format!("GET /{} HTTP/1.1\r\nhost: p\r\n\r\n", "a".repeat(70_000)), "431"),
        (with(&format!("big: {}", "x".repeat(20_000))), "431"),
        (with(&many), "431"),
    ];
    for (request, expected) in cases {
        let reply = exchange(server.address, request.as_bytes()).await;
        let shown: String = request.chars().take(120).collect();
        assert_eq!(status(&reply), expected, "{shown}\n{reply}");
        assert_eq!(body(&reply), "", "{shown}");
    }
    // One length that is said twice is one length.
    let repeated = with("connection: close\r\ncontent-length: 2\r\ncontent-length: 2");
    assert_eq!(status(&exchange(server.address, repeated.as_bytes()).await), "200");
}

/// WIRE-44: the body is bytes, and none of the transport's business.
#[tokio::test]
async fn a_body_arrives_as_it_was_sent() {
    covers!(accept, "WIRE-44");
    let server = start(HttpLimits::default()).await;
    let utf16: Vec<u8> = "{\"a\":1}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for sent in [utf16, vec![0xff, 0xfe, 0x00], b"\"\\ud800\"".to_vec(), b"[".repeat(10_000)] {
        let reply = exchange(server.address, &post("/ca2a/task", &sent)).await;
        let expected = format!(r#"{{"path":"task","hex":"{}"}}"#, ca2a_core::encoding::hex(&sent));
        assert_eq!(body(&reply), expected);
    }
}

/// WIRE-45: connections are kept in HTTP/1.1, closed in HTTP/1.0, and requests may be sent ahead.
#[tokio::test]
async fn connections_are_kept() {
    covers!(accept, "WIRE-45");
    let server = start(HttpLimits::default()).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let request = b"POST /ca2a/task HTTP/1.1\r\nhost: p\r\ncontent-length: 2\r\n\r\n{}";
    for _ in 0..3 {
        socket.write_all(request).await.unwrap();
        assert_eq!(status(&one_answer(&mut socket).await), "200");
    }
    socket.write_all(&request.repeat(3)).await.unwrap();
    for _ in 0..3 {
        assert_eq!(status(&one_answer(&mut socket).await), "200");
    }
    drop(socket);

    let old = exchange(server.address, b"POST /ca2a/task HTTP/1.0\r\ncontent-length: 2\r\n\r\n{}").await;
    assert_eq!(status(&old), "200");
}

#[tokio::test]
async fn an_expectation_is_met() {
    covers!(accept, "WIRE-47");
    let server = start(HttpLimits::default()).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let head = b"POST /ca2a/task HTTP/1.1\r\nhost: p\r\ncontent-length: 2\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n";
    socket.write_all(head).await.unwrap();
    let mut interim = [0; 25];
    tokio::io::AsyncReadExt::read_exact(&mut socket, &mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    socket.write_all(b"{}").await.unwrap();
    assert_eq!(status(&rest(&mut socket).await), "200");
}

/// WIRE-50: an answer given before the body was read still arrives.
#[tokio::test]
async fn an_early_answer_is_not_lost() {
    covers!(accept, "WIRE-50");
    let server = start(HttpLimits::default()).await;
    for _ in 0..20 {
        let body = vec![b'x'; 300_000];
        let head = format!("POST /ca2a/task HTTP/1.1\r\nhost: p\r\ncontent-length: {}\r\n\r\n", 2 << 20);
        let reply = exchange(server.address, &[head.as_bytes(), &body].concat()).await;
        assert_eq!(status(&reply), "400");
    }
}

/// WIRE-50: a client that asks and never fetches is let go, and nobody waits for it.
#[tokio::test]
async fn who_does_not_fetch_is_cut_off() {
    covers!(refuse, "WIRE-50");
    let short = Duration::from_millis(100);
    let server = start(HttpLimits { answer: short, linger: short, ..HttpLimits::default() }).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let body = vec![b'x'; 1 << 20];
    let head = format!("POST /ca2a/task HTTP/1.1\r\nhost: p\r\ncontent-length: {}\r\n\r\n", body.len());
    let request = [head.as_bytes(), &body].concat();
    // Each answer is twice as long as its question, so that one of them finds no room; then nobody reads any more.
    let asking = async { while socket.write_all(&request).await.is_ok() {} };
    tokio::time::timeout(Duration::from_secs(60), asking).await.expect("the connection was never closed");
    let reply = exchange(server.address, &post("/ca2a/task", b"{}")).await;
    assert_eq!(status(&reply), "200", "and others are served");
}

/// WIRE-48: a panic is an answer, and the connection lives.
#[tokio::test]
async fn a_panic_is_answered() {
    covers!(refuse, "WIRE-48");
    let server = start(HttpLimits::default()).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    socket.write_all(b"POST /ca2a/task HTTP/1.1\r\nhost: p\r\ncontent-length: 5\r\n\r\npanic").await.unwrap();
    let reply = one_answer(&mut socket).await;
    assert_eq!(status(&reply), "500");
    assert!(body(&reply).contains("CA2A_ERROR"), "{reply}");
    socket.write_all(&post("/ca2a/task", b"{}")).await.unwrap();
    assert_eq!(status(&one_answer(&mut socket).await), "200");
}
