//! The server under slow, many and leaving clients.

use std::{sync::atomic::Ordering, time::Duration};

use ca2a_covers::covers;
use ca2a_runtime::http::HttpLimits;
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::support::http::{body, exchange, one_answer, post, rest, short, start, status};

/// Sends `bytes` one by one, forever, and hands back what the server says meanwhile.
async fn drip(address: std::net::SocketAddr, first: &[u8], drop: u8) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(first).await.unwrap();
    let (mut reader, mut writer) = socket.split();
    let mut reply = Vec::new();
    let dripping = async {
        while writer.write_all(&[drop]).await.is_ok() {
            sleep(Duration::from_millis(10)).await;
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = dripping => {}
        read = tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut reply) => { read.unwrap(); }
    }
    String::from_utf8(reply).unwrap()
}

/// WIRE-46: a head that does not end gets 408 and the connection closed.
#[tokio::test]
async fn a_dripping_head_is_cut_off() {
    covers!(refuse, "WIRE-46");
    let server = start(short()).await;
    for first in [&b"G"[..], b"GET /.well-known/ca2a/channel?nonce=", b"POST /ca2a/task HTTP/1.1\r\nx: "] {
        let reply = drip(server.address, first, b'a').await;
        assert_eq!(status(&reply), "408", "{reply}");
        assert_eq!(body(&reply), "");
    }
}

/// WIRE-46: also on a connection that has served a request before.
#[tokio::test]
async fn a_later_dripping_head_is_cut_off() {
    covers!(accept, "WIRE-46");
    covers!(refuse, "WIRE-46");
    let server = start(HttpLimits { idle: Duration::from_secs(30), ..short() }).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    socket.write_all(b"POST /ca2a/task HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
    assert_eq!(status(&one_answer(&mut socket).await), "200");
    socket.write_all(b"POST /ca2a/ta").await.unwrap();
    assert_eq!(status(&rest(&mut socket).await), "408");
}

/// WIRE-47: a body that does not arrive gets 408 TIMEOUT.
#[tokio::test]
async fn a_dripping_body_is_cut_off() {
    covers!(refuse, "WIRE-47");
    let server = start(short()).await;
    let head = b"POST /ca2a/task HTTP/1.1\r\nhost: p\r\ncontent-length: 100000\r\n\r\n";
    let reply = drip(server.address, head, b' ').await;
    assert_eq!(status(&reply), "408", "{reply}");
    assert!(body(&reply).contains("TIMEOUT"), "{reply}");
    assert_eq!(server.echo.started.load(Ordering::SeqCst), 0);
}

/// WIRE-46: who says nothing is not answered.
#[tokio::test]
async fn a_silent_connection_is_closed() {
    covers!(refuse, "WIRE-46");
    let server = start(short()).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    assert_eq!(rest(&mut socket).await, "");

    let mut socket = TcpStream::connect(server.address).await.unwrap();
    socket.write_all(b"POST /ca2a/task HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
    assert_eq!(status(&one_answer(&mut socket).await), "200");
    assert_eq!(rest(&mut socket).await, "");
}

/// WIRE-48, RUN-95: an endpoint that takes too long is answered for, and finishes all the same.
#[tokio::test]
async fn a_slow_endpoint_finishes_unheard() {
    covers!(accept, "WIRE-48");
    covers!(refuse, "WIRE-48");
    let server = start(short()).await;
    let reply = exchange(server.address, &post("/ca2a/task", b"wait")).await;
    assert_eq!(status(&reply), "504", "{reply}");
    assert!(body(&reply).contains("DEADLINE_EXCEEDED"), "{reply}");
    assert_eq!(server.echo.finished.load(Ordering::SeqCst), 0);
    server.echo.gate.notify_one();
    while server.echo.finished.load(Ordering::SeqCst) == 0 {
        sleep(Duration::from_millis(1)).await;
    }
}

/// WIRE-48: nor does a client that leaves cut its request in half.
#[tokio::test]
async fn a_leaving_client_cuts_nothing_off() {
    covers!(accept, "WIRE-48");
    let server = start(HttpLimits::default()).await;
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    socket.write_all(&post("/ca2a/task", b"wait")).await.unwrap();
    while server.echo.started.load(Ordering::SeqCst) == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    drop(socket);
    sleep(Duration::from_millis(50)).await;
    server.echo.gate.notify_one();
    while server.echo.finished.load(Ordering::SeqCst) == 0 {
        sleep(Duration::from_millis(1)).await;
    }
}

/// W-34: two hundred sockets that drip hold up nobody.
#[tokio::test]
async fn dripping_sockets_do_not_block_others() {
    let server = start(HttpLimits::default()).await;
    let mut dripping = Vec::new();
    for _ in 0..200 {
        let mut socket = TcpStream::connect(server.address).await.unwrap();
        socket.write_all(b"POST /ca2a/task HTTP/1.1\r\ncontent-length: 9\r\n\r\n{").await.unwrap();
        dripping.push(socket);
    }
    for _ in 0..50 {
        let reply = exchange(server.address, &post("/ca2a/task", b"{}")).await;
        assert_eq!(status(&reply), "200");
    }
    assert_eq!(dripping.len(), 200);
}

/// WIRE-49: over the cap there is 503, and under it again there is room.
#[tokio::test]
async fn connections_are_capped() {
    covers!(accept, "WIRE-49");
    covers!(refuse, "WIRE-49");
    let server = start(HttpLimits { connections: 2, ..HttpLimits::default() }).await;
    let request = b"POST /ca2a/task HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}";
    let mut first = TcpStream::connect(server.address).await.unwrap();
    let mut second = TcpStream::connect(server.address).await.unwrap();
    for socket in [&mut first, &mut second] {
        socket.write_all(request).await.unwrap();
        assert_eq!(status(&one_answer(socket).await), "200");
    }
    let reply = exchange(server.address, &post("/ca2a/task", b"{}")).await;
    assert_eq!(status(&reply), "503", "{reply}");
    assert!(body(&reply).contains("OVERLOADED"));
    drop(first);
    loop {
        let reply = exchange(server.address, &post("/ca2a/task", b"{}")).await;
        if status(&reply) == "200" {
            break;
        }
        sleep(Duration::from_millis(5)).await;
    }
}

/// WIRE-51: a stop answers what is at hand, cuts off what idles, and takes nothing new.
#[tokio::test]
async fn a_stop_is_graceful() {
    covers!(accept, "WIRE-51");
    covers!(refuse, "WIRE-51");
    let server = start(HttpLimits::default()).await;
    let mut idle = TcpStream::connect(server.address).await.unwrap();
    idle.write_all(b"POST /ca2a/task HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
    assert_eq!(status(&one_answer(&mut idle).await), "200");
    let mut busy = TcpStream::connect(server.address).await.unwrap();
    busy.write_all(b"POST /ca2a/task HTTP/1.1\r\ncontent-length: 4\r\n\r\nwait").await.unwrap();
    while server.echo.started.load(Ordering::SeqCst) < 2 {
        sleep(Duration::from_millis(1)).await;
    }

    server.stop.send(()).unwrap();
    assert_eq!(rest(&mut idle).await, "");
    assert!(TcpStream::connect(server.address).await.is_err());
    assert!(!server.server.is_finished());
    server.echo.gate.notify_one();
    let reply = rest(&mut busy).await;
    assert_eq!(status(&reply), "200");
    drop((idle, busy));
    server.server.await.unwrap().unwrap();
}

/// WIRE-51: what does not end within the request deadline is cut off.
#[tokio::test]
async fn a_stop_does_not_wait_forever() {
    covers!(refuse, "WIRE-51");
    let server = start(HttpLimits { head: Duration::from_secs(600), ..short() }).await;
    let mut dripping = TcpStream::connect(server.address).await.unwrap();
    dripping.write_all(b"POST /ca2a/ta").await.unwrap();
    sleep(Duration::from_millis(50)).await;
    server.stop.send(()).unwrap();
    timeout(Duration::from_secs(60), server.server).await.unwrap().unwrap().unwrap();
}
