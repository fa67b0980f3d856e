//! Which version a caller seals in, what it makes of a peer that lies about it, and which results it opens.

use std::{
    future::ready,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use ca2a_core::{
    ErrorCode, RecordId, SigningKey,
    encoding::base64url,
    json::{self, Node, NumberPolicy, Object, Reader},
};
use ca2a_covers::covers;
use ca2a_delegation::Chain;
use ca2a_runtime::{
    client::{Call, CallError, PeerClient},
    http::{Answer, Endpoints, HttpLimits, Origin, serve},
    node::{PeerNode, TaskHandler, TaskResult},
    peer::{Granted, message},
    sealing::SEAL_SUITES,
    store::MemoryRecordStore,
    system::{Random, RandomError},
};
use ca2a_seal::{ChannelSecret, SealError, SealVersion, v1};
use tokio::net::TcpListener;

use crate::support::scene::{Scene, capability, chain, key, scene};

/// Gives the payload back.
struct Echo;

impl TaskHandler for Echo {
    fn handle<'t>(&'t self, call: &'t Granted) -> TaskResult<'t> {
        Box::pin(ready(Ok(Some(call.payload.as_ref().map_or_else(Vec::new, |plain| plain.to_vec())))))
    }
}

type Twist = Box<dyn Fn(&mut Object<'static>) + Send + Sync>;

/// A node whose handshakes and answers are changed on their way out.
struct Between {
    node: PeerNode,
    handshake: Twist,
    answer: Twist,
}

fn twisted(twist: &Twist, answer: &Answer) -> Answer {
    let mut body = Reader::new(NumberPolicy::Lexical).read(&answer.body).unwrap().into_owned();
    twist(body.as_object_mut().unwrap());
    Answer::new(answer.status, &body)
}

impl Endpoints for Between {
    async fn handshake(&self, nonce: &str) -> Answer {
        twisted(&self.handshake, &self.node.handshake(nonce))
    }
    async fn task(&self, body: Bytes) -> Answer {
        twisted(&self.answer, &self.node.task(&body).await)
    }
    async fn authenticated_task(&self, body: Bytes) -> Answer {
        self.node.authenticated_task(&body).await
    }
}

fn same() -> Twist {
    Box::new(|_| ())
}

/// What somebody in between does who wants version 1.
fn strip() -> Twist {
    Box::new(|body| drop(body.remove(SEAL_SUITES)))
}

/// A client of a node that takes nothing below `minimum`, with somebody in between.
async fn client(
    minimum: SealVersion,
    handshake: Twist,
    answer: Twist,
) -> (PeerClient, Arc<MemoryRecordStore>) {
    let Scene { node, records, .. } = scene();
    let node = node.with_handler(Arc::new(Echo)).with_seal_minimum(minimum);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = Origin::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    let between = Arc::new(Between { node, handshake, answer });
    tokio::spawn(serve(listener, between, HttpLimits::default(), std::future::pending()));
    (PeerClient::new(origin), records)
}

/// What a call needs to borrow.
struct Caller {
    chain: Chain,
    key: SigningKey,
}

impl Caller {
    fn new() -> Self {
        Self { chain: chain(), key: key(3) }
    }

    fn asks(&self, record: &str) -> Call<'_> {
        Call::new(&self.chain, &self.key, capability("read"), RecordId::new(record).unwrap())
    }
}

/// The version byte of the payload in a request.
fn sent(body: &[u8]) -> u8 {
    let node = json::read(body).unwrap();
    message::parse(node.as_object().unwrap(), body).unwrap().unwrap().sealed_payload.unwrap()[0]
}

use SealVersion::{V1, V2};

/// WIRE-6
#[tokio::test]
async fn version_two_is_taken_where_it_is_offered() {
    let caller = Caller::new();
    for minimum in [V1, V2] {
        let (client, _) = client(minimum, same(), same()).await;
        let client = client.with_seal_minimum(minimum);
        let peer = client.handshake().await.unwrap();
        assert_eq!(peer.seal_version(), V2);
        let prepared = client.prepare(&peer, &caller.asks("rec-0").payload(b"the task").offer()).unwrap();
        assert_eq!(sent(prepared.body()), 2);
        let accepted = client.submit(prepared).await.unwrap();
        assert_eq!(accepted.result.as_deref(), Some(&b"the task"[..]));
        // Without a payload, and authenticated, alike.
        let accepted = client.send(&caller.asks("rec-1").offer()).await.unwrap();
        assert_eq!(accepted.result.as_deref(), Some(&b""[..]));
        let call = caller.asks("rec-2").payload(b"the task").offer().authenticated();
        let accepted = client.send(&call).await.unwrap();
        assert_eq!(accepted.result.as_deref(), Some(&b"the task"[..]));
    }
}

/// WIRE-6: a peer that lists nothing, or nothing of ours, is an older peer.
#[tokio::test]
async fn version_one_is_sealed_for_peers_that_offer_no_other() {
    let caller = Caller::new();
    let unknown: Twist =
        Box::new(|body| body.insert(SEAL_SUITES, [Node::from(9_u64)].into_iter().collect::<Node<'_>>()));
    for twist in [strip(), unknown] {
        let (client, _) = client(V1, twist, same()).await;
        let peer = client.handshake().await.unwrap();
        assert_eq!(peer.seal_version(), V1);
        let prepared = client.prepare(&peer, &caller.asks("rec-0").payload(b"the task").offer()).unwrap();
        assert_eq!(sent(prepared.body()), 1);
        // A peer that does not know the member is not shown it.
        assert!(!String::from_utf8_lossy(prepared.body()).contains(SEAL_SUITES));
        let accepted = client.submit(prepared).await.unwrap();
        assert_eq!(accepted.result.as_deref(), Some(&b"the task"[..]));
    }
}

/// SEAL-23: stripping the list is no downgrade where either side has a minimum.
#[tokio::test]
async fn a_stripped_list_is_no_downgrade() {
    let caller = Caller::new();
    let call = caller.asks("rec-0").payload(b"the task");

    // The callee's: version 1 arrives, and is refused unopened.
    let (by_callee, _) = client(V2, strip(), same()).await;
    let error = by_callee.send(&call).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::SealedChannelError, "{error}");
    assert!(error.denied().is_some_and(|denied| denied.record.is_some()));

    // The caller's: nothing is sealed, and nothing is sent.
    let (by_caller, records) = client(V1, strip(), same()).await;
    let by_caller = by_caller.with_seal_minimum(V2);
    for call in [call.clone(), caller.asks("rec-0").offer()] {
        let error = by_caller.send(&call).await.unwrap_err();
        assert!(matches!(error, CallError::SealVersion { offered: V1, minimum: V2 }), "{error}");
        assert_eq!(error.code(), ErrorCode::SealedChannelError);
        assert!(!error.outcome_is_unknown());
    }
    assert!(records.records().is_empty());
    // A call that seals nothing is none of this.
    assert!(by_caller.send(&caller.asks("rec-0")).await.is_ok());
}

/// WIRE-6
#[tokio::test]
async fn suites_that_are_none_are_refused() {
    covers!(refuse, "WIRE-6");
    let twist: Twist = Box::new(|body| body.insert(SEAL_SUITES, "1"));
    let (client, _) = client(V1, twist, same()).await;
    let error = client.handshake().await.unwrap_err();
    assert!(matches!(&error, CallError::Answer { problem, .. } if problem.contains(SEAL_SUITES)), "{error}");
}

/// The same bytes every time, so that two calls offer one key.
struct Constant;

impl Random for Constant {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), RandomError> {
        bytes.fill(7);
        Ok(())
    }
}

/// SEAL-26: a result belongs to its call, even where the key does not tell two calls apart.
#[tokio::test]
async fn a_result_of_another_call_does_not_open() {
    let kept = Mutex::new(None);
    let replay: Twist = Box::new(move |body| {
        let first =
            kept.lock().unwrap().get_or_insert_with(|| body.text("result").unwrap().to_owned()).clone();
        body.insert("result", first);
    });
    let (client, _) = client(V1, same(), replay).await;
    let (client, caller) = (client.with_random(Arc::new(Constant)), Caller::new());
    let first = client.send(&caller.asks("rec-0").payload(b"the task").offer()).await.unwrap();
    assert_eq!(first.result.as_deref(), Some(&b"the task"[..]));
    let error = client.send(&caller.asks("rec-1").payload(b"the task").offer()).await.unwrap_err();
    assert!(matches!(error, CallError::Result(SealError::BlobNotOpened)), "{error}");
}

/// SEAL-23: where version 2 was agreed on, a result in version 1 is somebody else's.
#[tokio::test]
async fn a_weaker_result_than_agreed_is_refused() {
    let forged: Twist = Box::new(|body| {
        let offered = ChannelSecret::from_bytes([7; 32]).public();
        let randomness = v1::SealRandomness { ephemeral: [1; 32], nonce: [2; 12] };
        body.insert("result", base64url(&v1::seal(&offered, b"forged", &[], randomness).unwrap()));
    });
    let (client, _) = client(V1, same(), forged).await;
    let caller = Caller::new();
    let client = client.with_random(Arc::new(Constant));
    for call in [caller.asks("rec-0").offer(), caller.asks("rec-1").payload(b"the task").offer()] {
        let error = client.send(&call).await.unwrap_err();
        let below = SealError::BlobBelowMinimum { found: V1, minimum: V2 };
        assert!(matches!(&error, CallError::Result(found) if *found == below), "{error}");
    }
}
