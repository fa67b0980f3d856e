//! A node behind HTTP, and a call to it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use ca2a_core::RecordId;
use ca2a_runtime::{
    attestation::HardwareJudge,
    client::{Accepted, Call, CallError, PeerClient},
    http::{HttpLimits, Origin, serve},
    node::{PeerNode, TaskHandler, TaskResult},
    peer::Granted,
};
use tokio::net::TcpListener;

use crate::scene::{capability, chain, key};

pub const ANSWER: &[u8] = b"an answer for one caller alone";

/// Answers every call.
struct Answering;

impl TaskHandler for Answering {
    fn handle<'t>(&'t self, _: &'t Granted) -> TaskResult<'t> {
        Box::pin(std::future::ready(Ok(Some(ANSWER.to_vec()))))
    }
}

/// Serves `node` on loopback for as long as the test runs.
pub async fn served(node: PeerNode) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let node = Arc::new(node.with_handler(Arc::new(Answering)));
    tokio::spawn(serve(listener, node, HttpLimits::default(), std::future::pending()));
    address
}

/// A client that sends nothing unless `judge` affirms the peer's hardware.
pub fn demanding(address: SocketAddr, judge: Arc<HardwareJudge>) -> PeerClient {
    client(address).with_verifier(judge).require_hardware()
}

pub fn client(address: SocketAddr) -> PeerClient {
    PeerClient::new(Origin::parse(&format!("http://{address}")).unwrap())
}

/// A sealed call with an offer for the result.
pub async fn call(client: &PeerClient) -> Result<Accepted, CallError> {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let record = RecordId::new(format!("call-{}", CALLS.fetch_add(1, Ordering::Relaxed))).unwrap();
    let (chain, key) = (chain(), key(3));
    client.send(&Call::new(&chain, &key, capability("read"), record).payload(b"a question").offer()).await
}

/// Why nothing was sent: the code and the words of this side.
pub async fn unsent(client: &PeerClient) -> (String, String) {
    let error = call(client).await.unwrap_err();
    assert!(error.denied().is_none(), "the peer refused, not this side: {error}");
    (error.code().to_string(), error.to_string())
}

/// Why the peer refused: its status, code and words.
pub async fn denied(client: &PeerClient) -> (u16, String, String) {
    let error = call(client).await.unwrap_err();
    let denied = error.denied().unwrap_or_else(|| panic!("this side refused: {error}"));
    (denied.status, denied.peer_code.clone(), denied.message.clone())
}
