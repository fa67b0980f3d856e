//! What minting quotes may cost, over HTTP.

use std::sync::Arc;

use ca2a_covers::covers;
use ca2a_runtime::{
    attestation::{QuotaLimits, SoftwareAttester},
    http::CHANNEL_PATH,
    system::{FixedClock, OsRandom},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::{
    live::{call, demanding, denied, served},
    machine::{KNOWN, World},
    maker::NOW,
    scene::scene,
};

/// The whole answer to one handshake.
async fn handshake(address: std::net::SocketAddr) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {CHANNEL_PATH}?nonce=abc HTTP/1.1\r\nhost: peer\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer
}

/// ATT-520: the bucket of a client is empty after its quotes, whatever port it comes from, and a client hears the code.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_bucket_is_429_with_the_time_to_come_again() {
    covers!(refuse, "ATT-520");
    let world = World::new();
    let limits = QuotaLimits { per_minute: 10, per_peer_per_minute: 3, reserved: 0 };
    let node = scene().node.with_system(Arc::new(FixedClock(NOW)), Arc::new(OsRandom));
    let address = served(node.with_attester(world.machine(KNOWN), limits)).await;
    let client = demanding(address, Arc::new(world.judge()));
    assert!(call(&client).await.is_ok());
    for _ in 0..2 {
        assert!(handshake(address).await.starts_with("HTTP/1.1 200"));
    }
    let refused = handshake(address).await;
    assert!(refused.starts_with("HTTP/1.1 429"), "{refused}");
    assert!(refused.to_ascii_lowercase().contains("\r\nretry-after: 20\r\n"), "{refused}");
    assert!(refused.contains("RATE_LIMITED"), "{refused}");
    let (status, code, _) = denied(&client).await;
    assert_eq!((status, &*code), (429, "RATE_LIMITED"));
}

/// ATT-520: software costs nothing, and is not counted.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn software_reports_are_free() {
    covers!(accept, "ATT-520");
    let limits = QuotaLimits { per_minute: 1, per_peer_per_minute: 1, reserved: 0 };
    let address = served(scene().node.with_attester(Arc::new(SoftwareAttester), limits)).await;
    for _ in 0..4 {
        assert!(handshake(address).await.starts_with("HTTP/1.1 200"));
    }
}
