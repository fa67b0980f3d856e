//! Whole calls over loopback: our client, our node, and peers that lie.

use std::{future::ready, sync::Arc};

use bytes::Bytes;
use ca2a_core::{
    CallerAssurance, ErrorCode, RecordId, SigningKey,
    json::{self, Node, NumberPolicy, Object, Reader},
};
use ca2a_covers::covers;
use ca2a_delegation::Chain;
use ca2a_runtime::{
    client::{Call, CallError, PeerClient},
    http::{Answer, Endpoints, HttpLimits, Origin, serve},
    node::{PeerNode, TaskHandler, TaskResult},
    peer::Granted,
    sink::StoredRecord,
    store::MemoryRecordStore,
};
use ca2a_trace::ParentLink;
use tokio::net::TcpListener;

use crate::support::scene::{capability, chain, key, scene};

/// Gives the payload back in capitals.
struct Shout;

impl TaskHandler for Shout {
    fn handle<'t>(&'t self, call: &'t Granted) -> TaskResult<'t> {
        Box::pin(ready(Ok(call.payload.as_deref().map(|plaintext| plaintext.to_ascii_uppercase()))))
    }
}

type Twist = fn(&mut Object<'static>);

/// A node whose answers are changed on their way out.
struct Liar {
    node: PeerNode,
    /// Changes the body of a handshake, of a plain answer, of an authenticated one.
    twists: [Twist; 3],
}

impl Liar {
    fn twisted(&self, which: usize, answer: Answer) -> Answer {
        let document = Reader::new(NumberPolicy::Lexical).read(&answer.body).unwrap();
        let mut body = document.into_owned();
        self.twists[which](body.as_object_mut().unwrap());
        Answer::new(answer.status, &body)
    }
}

impl Endpoints for Liar {
    async fn handshake(&self, nonce: &str) -> Answer {
        self.twisted(0, self.node.handshake(nonce))
    }
    async fn task(&self, body: Bytes) -> Answer {
        self.twisted(1, self.node.task(&body).await)
    }
    async fn authenticated_task(&self, body: Bytes) -> Answer {
        self.twisted(2, self.node.authenticated_task(&body).await)
    }
}

async fn client_of(endpoints: impl Endpoints) -> PeerClient {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = Origin::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(serve(listener, Arc::new(endpoints), HttpLimits::default(), std::future::pending()));
    PeerClient::new(origin)
}

async fn honest() -> (PeerClient, Arc<MemoryRecordStore>) {
    let scene = scene();
    let records = scene.records;
    (client_of(scene.node.with_handler(Arc::new(Shout))).await, records)
}

async fn lying(twists: [Twist; 3]) -> PeerClient {
    client_of(Liar { node: scene().node.with_handler(Arc::new(Shout)), twists }).await
}

fn same(_: &mut Object<'static>) {}

/// What a call needs to borrow.
struct Caller {
    chain: Chain,
    key: SigningKey,
}

impl Caller {
    fn new() -> Self {
        Self { chain: chain(), key: key(3) }
    }

    fn asks(&self, name: &str) -> Call<'_> {
        Call::new(&self.chain, &self.key, capability(name), RecordId::new("rec-0").unwrap())
    }
}

/// WIRE-64 to WIRE-67: every mode, and what comes back.
#[tokio::test]
async fn calls_succeed_in_every_mode() {
    covers!(accept, "WIRE-4", "WIRE-64", "WIRE-65", "WIRE-67");
    let caller = Caller::new();
    for (payload, offer, authenticated) in (0..8).map(|bits: u8| (bits & 1 > 0, bits & 2 > 0, bits & 4 > 0)) {
        let (client, records) = honest().await;
        let mut call = caller.asks("read");
        if payload {
            call = call.payload(b"a task");
        }
        if offer {
            call = call.offer();
        }
        if authenticated {
            call = call.authenticated();
        }
        let accepted = client.send(&call).await.unwrap();
        assert_eq!(accepted.authenticated, authenticated);
        assert_eq!(accepted.body.as_object().unwrap().contains("response_authentication"), authenticated);
        assert_eq!(accepted.granted_capability, capability("read"));
        assert_eq!(accepted.effective_scope.texts().collect::<Vec<_>>(), ["read"]);
        let assurance = if offer { CallerAssurance::SoftwareOnly } else { CallerAssurance::NotOffered };
        assert_eq!(accepted.caller_attestation, assurance);
        let expected = (payload && offer).then_some(&b"A TASK"[..]);
        assert_eq!(accepted.result.as_deref(), expected, "{payload} {offer} {authenticated}");
        let kept: Vec<_> = records.records().into_iter().map(|record: StoredRecord| record.hash).collect();
        assert_eq!(kept, [accepted.record.hash()]);
    }
}

/// WIRE-65: a later hop names what it follows, and the message that carries it keeps what it held.
#[tokio::test]
async fn a_later_hop_follows_an_earlier_one() {
    let (client, _) = honest().await;
    let caller = Caller::new();
    let first = client.send(&caller.asks("read")).await.unwrap();
    let message =
        Object::from([("messageId", Node::from("m-1")), ("metadata", Object::from([("x", 1_u64)]).into())]);
    let call = Call::new(&caller.chain, &caller.key, capability("read"), RecordId::new("rec-1").unwrap())
        .after(first.record.hash())
        .message(message);
    let peer = client.handshake().await.unwrap();
    let prepared = client.prepare(&peer, &call).unwrap();
    let sent = json::read(prepared.body()).unwrap().into_owned();
    let sent = sent.as_object().unwrap();
    assert_eq!(sent.text("messageId").unwrap(), "m-1");
    assert_eq!(sent.object("metadata").unwrap().uint("x").unwrap(), 1);
    let second = client.submit(prepared).await.unwrap();
    assert_eq!(*second.record.parent(), ParentLink::Record(first.record.hash()));
}

/// WIRE-64: one handshake serves several calls.
#[tokio::test]
async fn one_handshake_serves_several_calls() {
    let (client, _) = honest().await;
    let caller = Caller::new();
    let peer = client.handshake().await.unwrap();
    for number in 0..3 {
        let id = RecordId::new(format!("rec-{number}")).unwrap();
        let call = Call::new(&caller.chain, &caller.key, capability("read"), id);
        client.submit(client.prepare(&peer, &call).unwrap()).await.unwrap();
    }
}

/// RUN-4: the same bytes are served once, over whichever endpoint.
#[tokio::test]
async fn a_replayed_call_is_refused() {
    covers!(refuse, "RUN-4");
    let (client, records) = honest().await;
    let caller = Caller::new();
    let peer = client.handshake().await.unwrap();
    let prepared = client.prepare(&peer, &caller.asks("read")).unwrap();
    let (path, bytes) = (prepared.path(), prepared.body().to_vec());
    client.submit(prepared).await.unwrap();
    let again = client.http().post(path, bytes).await.unwrap();
    assert_eq!(again.status, ErrorCode::HolderProofInvalid.http_status());
    assert_eq!(records.records().len(), 1);
}

/// WIRE-66: a denial is an error with the peer's code and its record, authenticated or not.
#[tokio::test]
async fn a_denial_carries_its_record() {
    covers!(accept, "WIRE-66");
    let caller = Caller::new();
    for authenticated in [false, true] {
        let (client, records) = honest().await;
        let call = caller.asks("write");
        let error = client.send(&if authenticated { call.authenticated() } else { call }).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::ScopeNotPermitted);
        assert!(!error.outcome_is_unknown());
        let denied = error.denied().unwrap();
        assert_eq!((denied.status, denied.authenticated), (403, authenticated));
        assert_eq!(denied.peer_code, "SCOPE_NOT_PERMITTED");
        let record = denied.record.as_ref().unwrap();
        assert!(record.denial().unwrap().is_scope_denial());
        assert_eq!(records.records()[0].hash, record.hash());
    }
}

/// HOLD-2: nobody calls under a credential of another's.
#[tokio::test]
async fn a_key_that_is_not_the_leafs_proves_nothing() {
    let (client, records) = honest().await;
    let thief = Caller { chain: chain(), key: key(4) };
    let error = client.send(&thief.asks("read")).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::HolderProofInvalid);
    let empty = Caller { chain: Chain::from_iter([]), key: key(3) };
    let error = client.send(&empty.asks("read")).await.unwrap_err();
    assert!(matches!(error, CallError::EmptyChain), "{error}");
    assert!(records.records().is_empty());
}

/// WIRE-64: a peer that does not appraise is told nothing.
#[tokio::test]
async fn a_peer_that_does_not_appraise_gets_no_call() {
    covers!(refuse, "WIRE-64");
    let twists: [(Twist, ErrorCode); 6] = [
        (
            |body| body.get_mut("attestation").unwrap().as_object_mut().unwrap().insert("nonce", "another"),
            ErrorCode::AttestationFailed,
        ),
        (
            |body| body.get_mut("attestation").unwrap().as_object_mut().unwrap().insert("role", "caller"),
            ErrorCode::AttestationFailed,
        ),
        (|body| body.insert("channel_public_key", "ab".repeat(32)), ErrorCode::AttestationFailed),
        (
            |body| body.get_mut("attestation").unwrap().as_object_mut().unwrap().insert("platform", "tdx"),
            ErrorCode::AttestationFailed,
        ),
        (|body| drop(body.remove("challenge")), ErrorCode::AttestationFailed),
        (|body| drop(body.remove("attestation")), ErrorCode::TransportError),
    ];
    for (twist, code) in twists {
        let error = lying([twist, same, same]).await.send(&Caller::new().asks("read")).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(!error.outcome_is_unknown());
    }
    let (client, _) = honest().await;
    let error = client.require_hardware().handshake().await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::AttestationFailed);
}

/// WIRE-67: an answer that is not about this call is no answer to it.
#[tokio::test]
async fn an_answer_must_fit_the_call() {
    covers!(refuse, "WIRE-67");
    let twists: [Twist; 8] = [
        |body| body.insert("accepted", false),
        |body| body.insert("granted_capability", "admin"),
        |body| drop(body.remove("record")),
        |body| drop(body.remove("effective_scope")),
        |body| body.get_mut("record").unwrap().as_object_mut().unwrap().insert("record_id", "rec-9"),
        |body| {
            body.get_mut("record").unwrap().as_object_mut().unwrap().insert("record_hash", "00".repeat(32))
        },
        |body| {
            let record = body.get_mut("record").unwrap().as_object_mut().unwrap();
            record.insert("credential_id", "c-0");
            record.remove("record_hash");
        },
        |body| body.insert("result", "not base64url!"),
    ];
    for (number, twist) in twists.into_iter().enumerate() {
        let client = lying([same, twist, same]).await;
        let error = client.send(&Caller::new().asks("read")).await.unwrap_err();
        assert!(matches!(error, CallError::Answer { status: 200, .. }), "{number}: {error}");
        assert!(error.outcome_is_unknown());
    }
    let client = lying([same, |body| body.insert("result", "AQID"), same]).await;
    let error = client.send(&Caller::new().asks("read").payload(b"x").offer()).await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::SealedChannelError, "{error}");
}

/// WIRE-68: a callee that signs is held to it, and its statement is kept, of a grant and of a denial.
#[tokio::test]
async fn a_signing_callee_is_held_to_its_statements() {
    covers!(accept, "WIRE-68");
    covers!(refuse, "WIRE-68");
    let signing = |twist: Twist| async move {
        let node = scene().node.with_identity(key(5)).with_handler(Arc::new(Shout));
        client_of(Liar { node, twists: [same, twist, same] }).await
    };
    let caller = Caller::new();
    let accepted = signing(same).await.send(&caller.asks("read")).await.unwrap();
    assert_eq!(*accepted.statement.unwrap().callee(), key(5).verifying_key());
    let error = signing(same).await.send(&caller.asks("write")).await.unwrap_err();
    assert!(error.denied().unwrap().statement.is_some());

    let twists: [Twist; 3] = [
        |body| drop(body.remove("statement")),
        |body| body.insert("statement", Object::new()),
        |body| {
            let statement = body.get_mut("statement").unwrap().as_object_mut().unwrap();
            statement.insert("issued_at", 1_u64);
        },
    ];
    for twist in twists {
        let error = signing(twist).await.send(&caller.asks("read")).await.unwrap_err();
        assert!(error.outcome_is_unknown(), "{error}");
        let denied = signing(twist).await.send(&caller.asks("write")).await.unwrap_err();
        assert!(denied.denied().unwrap().statement.is_none(), "what does not hold is not kept");
    }
}

/// WIRE-66: only this side says that an answer was authenticated.
#[tokio::test]
async fn a_peer_cannot_claim_authentication() {
    covers!(refuse, "WIRE-4", "WIRE-66");
    let client = lying([same, |body| body.insert("response_authentication", true), same]).await;
    let accepted = client.send(&Caller::new().asks("read")).await.unwrap();
    assert!(!accepted.authenticated);
    assert!(!accepted.body.as_object().unwrap().contains("response_authentication"));

    let twists: [Twist; 4] = [
        |body| body.insert("status", 403_u64),
        |body| body.insert("mac", "00".repeat(32)),
        |body| drop(body.remove("mac")),
        |body| body.get_mut("body").unwrap().as_object_mut().unwrap().insert("accepted", false),
    ];
    for twist in twists {
        let client = lying([same, same, twist]).await;
        let error = client.send(&Caller::new().asks("read").authenticated()).await.unwrap_err();
        assert_eq!(error.code(), ErrorCode::ResponseAuthenticationFailed, "{error}");
        assert!(error.outcome_is_unknown());
    }
}

/// WIRE-66: a code that nobody here knows is `PEER_DENIAL`, and nobody's text is without bounds.
#[tokio::test]
async fn foreign_denials_are_understood() {
    covers!(accept, "CORE-27");
    covers!(refuse, "CORE-27");
    struct Refuser;
    impl Endpoints for Refuser {
        async fn handshake(&self, _nonce: &str) -> Answer {
            let error =
                Object::from([("code", Node::from("NEW_CODE")), ("message", "x".repeat(5000).into())]);
            Answer::new(418, &Object::from([("error", error)]).into())
        }
        async fn task(&self, _body: Bytes) -> Answer {
            Answer { status: 502, body: b"<html>".to_vec(), retry_after: None }
        }
        async fn authenticated_task(&self, body: Bytes) -> Answer {
            self.task(body).await
        }
    }
    let client = client_of(Refuser).await;
    let error = client.handshake().await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::PeerDenial);
    let denied = error.denied().unwrap();
    assert_eq!((denied.status, denied.peer_code.as_str(), denied.message.len()), (418, "NEW_CODE", 1000));
    assert_eq!(denied.record, None);
}
