//! Packets that signed hops carry on live calls, over loopback.

use std::{
    future::ready,
    sync::{Arc, atomic::AtomicU64, atomic::Ordering},
};

use ca2a_core::{Consumption, ErrorCode, RecordId, ReplayClaim, ReplayError, ReplayStore};
use ca2a_covers::covers;
use ca2a_delegation::{Chain, Credential, delegate, issue};
use ca2a_handoff::{
    AgentIdentity, Permissions, Profile, ProfileChoice, TaskPacket, Timestamp,
    hop::{HopDraft, SignedHop, chain_digest},
};
use ca2a_runtime::{
    calls::DurableCalls,
    client::{Call, CallError, PeerClient},
    handoff::{CarriedHop, HopGate},
    http::{HttpLimits, Origin, serve},
    node::{PeerNode, TaskError, TaskHandler, TaskResult},
    peer::Granted,
    store::{MemoryRecordStore, MemoryReplayStore, RecordStore, ReplayLimits},
    system::{Clock, SystemClock},
};
use tokio::net::TcpListener;

use crate::support::scene::{capability, chain_of, grant, key, scene};

/// The node is the agent of key 9.
const NODE: u8 = 9;

/// Does what the packet says, within its budget.
struct Obey;

impl TaskHandler for Obey {
    fn handle<'t>(&'t self, call: &'t Granted) -> TaskResult<'t> {
        let done = || {
            let handoff = call.handoff.as_ref().ok_or("no hop")?;
            let mut executor = handoff.executor().ok_or("the budget was taken")?;
            assert!(handoff.executor().is_none(), "there is one budget");
            executor
                .authorize(call.requested_capability.as_str(), executor.deadline())
                .map_err(|_| "budget")?;
            assert!(executor.authorize("delete", executor.deadline()).is_err());
            Ok::<_, &str>(handoff.packet().task().intent.clone().into_bytes())
        };
        Box::pin(ready(done().map(Some).map_err(|error| TaskError(error.into()))))
    }
}

async fn served(gate: impl FnOnce(HopGate) -> HopGate) -> (PeerClient, Arc<MemoryRecordStore>) {
    let scene = scene();
    let hops = gate(HopGate::new(key(NODE).verifying_key(), Arc::new(MemoryReplayStore::default())));
    let node: PeerNode = scene.node.with_identity(key(NODE)).with_handler(Arc::new(Obey)).with_hops(hops);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = Origin::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(serve(listener, Arc::new(node), HttpLimits::default(), std::future::pending()));
    (PeerClient::new(origin), scene.records)
}

/// A node that keeps its calls, by a clock that goes by hand from now on.
async fn keeping_calls() -> (PeerClient, Arc<PeerNode>, Arc<RecordStore>, Arc<Later>) {
    let hops = HopGate::new(key(NODE).verifying_key(), Arc::new(Nowhere)).required();
    let (records, clock) = (Arc::new(RecordStore::in_memory().unwrap()), Arc::new(Later::default()));
    let calls = DurableCalls::new(Arc::clone(&records), ReplayLimits::default()).with_clock(clock.clone());
    let node = scene().node.with_identity(key(NODE)).with_handler(Arc::new(Obey)).with_hops(hops);
    let node = Arc::new(node.with_calls(Arc::new(calls), LEASE).await.unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = Origin::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(serve(listener, Arc::clone(&node), HttpLimits::default(), std::future::pending()));
    (PeerClient::new(origin), node, records, clock)
}

const LEASE: u64 = 30;

/// A store that spends nothing: whoever asks it made a mistake.
struct Nowhere;

impl ReplayStore for Nowhere {
    fn consume(&self, _: &ReplayClaim, _: u64) -> Result<Consumption, ReplayError> {
        Err(ReplayError::Unavailable)
    }
}

/// The machine's clock, moved forwards.
#[derive(Default)]
struct Later(AtomicU64);

impl Clock for Later {
    fn now(&self) -> u64 {
        SystemClock.now() + self.0.load(Ordering::SeqCst)
    }
}

fn agent(seed: u8) -> AgentIdentity {
    AgentIdentity::new(key(seed))
}

/// Key 1 grants to 2, and 2 to 3.
fn credentials() -> Vec<Credential> {
    let root = issue(&key(1), grant("c-0", 2, &["read", "write"])).unwrap();
    let leaf = delegate(&root, &key(2), grant("c-1", 3, &["read", "write"])).unwrap();
    vec![root, leaf]
}

/// A packet and its hop from the holder of the last of `credentials` to `to`.
struct Handed {
    packet: String,
    hop: SignedHop,
}

fn hand(
    from: u8,
    to: u8,
    credentials: &[Credential],
    actions: &[&str],
    parent: Option<&SignedHop>,
) -> Handed {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = SystemClock.now();
    let (issued, expires) =
        (Timestamp::from_seconds(now - 5).unwrap(), Timestamp::from_seconds(now + 300).unwrap());
    let ids = [format!("pk-{number}"), "task".into(), format!("nonce-{number}")];
    let ids = [&ids[0], &ids[1], &ids[2]].map(String::as_str);
    let (sender, recipient) = (agent(from), agent(to));
    let packet = TaskPacket::new(
        ids,
        sender.agent_id(),
        recipient.agent_id(),
        issued,
        expires,
        "Research company background",
    )
    .permissions(Permissions::new(actions.iter().copied()).max_tool_calls(5))
    .sign(&sender, Profile::P3)
    .unwrap();
    let draft = HopDraft {
        profile: "P3".into(),
        packet_digest: packet.digest(ProfileChoice::Auto).unwrap(),
        chain_digest: chain_digest(credentials.iter().map(Credential::digest)),
        recipient: recipient.verifying_key(),
        capability: capability("read"),
        previous: parent.map(SignedHop::digest),
        depth: parent.map_or(0, |parent| parent.draft().depth + 1),
        not_before: now - 5,
        not_after: now + 60,
    };
    Handed { packet: packet.to_json(Profile::P3), hop: SignedHop::sign(draft, sender.signing_key()) }
}

fn first(actions: &[&str]) -> Handed {
    hand(3, NODE, &credentials(), actions, None)
}

/// Sends `payload` as the holder of key 3, under the record of `hop`.
async fn send(
    client: &PeerClient,
    payload: &str,
    record: RecordId,
    asks: &str,
) -> Result<ca2a_runtime::client::Accepted, CallError> {
    let (chain, key) = (chain_of(&credentials()), key(3));
    let call = Call::new(&chain, &key, capability(asks), record).payload(payload.as_bytes()).offer();
    client.send(&call).await
}

async fn handed(client: &PeerClient, handed: &Handed) -> Result<ca2a_runtime::client::Accepted, CallError> {
    let carried = CarriedHop::new(&handed.packet, handed.hop.clone()).unwrap();
    send(client, &carried.to_payload(), handed.hop.record_id().unwrap(), "read").await
}

fn code<T: core::fmt::Debug>(result: Result<T, CallError>) -> ErrorCode {
    result.unwrap_err().code()
}

/// HAND-76, HAND-77: the record has the hop's name, and the handler the packet's budget.
#[tokio::test]
async fn a_hop_is_taken_over_once() {
    covers!(accept, "HAND-75", "HAND-76", "HAND-77");
    covers!(refuse, "HAND-75");
    let (client, records) = served(HopGate::required).await;
    let task = first(&["read", "write"]);
    let accepted = handed(&client, &task).await.unwrap();
    assert_eq!(accepted.result.as_deref(), Some(&b"Research company background"[..]));
    assert_eq!(accepted.record.id(), &task.hop.record_id().unwrap());
    assert_eq!(records.records()[0].hash, accepted.record.hash());

    // The same packet again, under a holder proof of its own; and under a second hop.
    assert_eq!(code(handed(&client, &task).await), ErrorCode::HandoffReplay);
    let mut draft = task.hop.draft().clone();
    draft.not_after -= 1;
    let again = Handed { hop: SignedHop::sign(draft, &key(3)), ..task };
    assert_eq!(code(handed(&client, &again).await), ErrorCode::HandoffReplay);
    // A refusal leaves a record, named after the hop that was refused.
    let denied = records.records();
    assert_eq!(denied.len(), 3);
    assert!(denied[2].json.contains(again.hop.record_id().unwrap().as_str()));
    assert!(denied[2].statement.as_ref().unwrap().contains("HANDOFF_REPLAY"));
}

/// GATE-71: a packet is spent with the call that it belongs to, and the refusal of another one is kept.
#[tokio::test]
async fn a_call_that_is_not_begun_leaves_its_packet() {
    covers!(accept, "GATE-71");
    covers!(refuse, "GATE-71");
    let (client, node, records, clock) = keeping_calls().await;
    let task = first(&["read"]);
    clock.0.store(LEASE, Ordering::SeqCst);
    assert_eq!(code(handed(&client, &task).await), ErrorCode::StoreUnavailable, "the lease is over");
    node.ledger().unwrap().keep().await.unwrap();
    handed(&client, &task).await.unwrap();
    assert_eq!(code(handed(&client, &task).await), ErrorCode::HandoffReplay);
    let kept: Vec<_> = records.records().unwrap().map(Result::unwrap).collect();
    assert_eq!(kept.len(), 2);
    assert!(kept[1].statement.as_ref().unwrap().contains("HANDOFF_REPLAY"));
}

/// HAND-76: the hop does not stand in for the holder proof.
#[tokio::test]
async fn the_holder_proof_is_demanded_as_ever() {
    covers!(refuse, "HAND-76");
    let (client, records) = served(|gate| gate).await;
    let task = first(&["read"]);
    let payload = CarriedHop::new(&task.packet, task.hop.clone()).unwrap().to_payload();
    let (chain, thief): (Chain, _) = (chain_of(&credentials()), key(8));
    let call = Call::new(&chain, &thief, capability("read"), task.hop.record_id().unwrap())
        .payload(payload.as_bytes());
    assert_eq!(code(client.send(&call).await), ErrorCode::HolderProofInvalid);
    assert!(records.records().is_empty(), "a stranger earns no statement");
    // Nothing is spent by it.
    handed(&client, &task).await.unwrap();
}

/// HAND-71 to HAND-73, HAND-76, HAND-77: what does not fit the call is refused with a code.
#[tokio::test]
async fn a_hop_that_does_not_fit_the_call_is_refused() {
    covers!(refuse, "HAND-71", "HAND-72", "HAND-73", "HAND-76", "HAND-77");
    let (client, _) = served(HopGate::required).await;
    let task = first(&["read"]);
    let payload = CarriedHop::new(&task.packet, task.hop.clone()).unwrap().to_payload();
    let named = || task.hop.record_id().unwrap();
    let other = || RecordId::new("rec-0").unwrap();
    let bare = "{\"task\":{}}";
    for (payload, record, asks, expected) in [
        (payload.as_str(), other(), "read", ErrorCode::HandoffHopInvalid),
        (bare, named(), "read", ErrorCode::HandoffHopInvalid),
        (bare, other(), "read", ErrorCode::HandoffHopInvalid),
        ("no JSON", other(), "read", ErrorCode::HandoffHopInvalid),
        ("{\"handoff\":1}", named(), "read", ErrorCode::HandoffMalformed),
        ("{\"handoff\":{\"hop\":\"\",\"packet\":\"\"}}", named(), "read", ErrorCode::HandoffHopInvalid),
    ] {
        assert_eq!(code(send(&client, payload, record, asks).await), expected, "{payload}");
    }
    // For somebody else; from somebody else; beyond the credential; for what is not in the packet.
    let credentials = credentials();
    let elsewhere = hand(3, 7, &credentials, &["read"], None);
    assert_eq!(code(handed(&client, &elsewhere).await), ErrorCode::HandoffWrongRecipient);
    let foreign = hand(7, NODE, &credentials, &["read"], None);
    assert_eq!(code(handed(&client, &foreign).await), ErrorCode::HandoffHopInvalid);
    let wide = first(&["read", "delete"]);
    assert_eq!(code(handed(&client, &wide).await), ErrorCode::HandoffEscalation);
    let narrow = first(&["write"]);
    assert_eq!(code(handed(&client, &narrow).await), ErrorCode::HandoffHopInvalid);
    // One byte of the packet.
    let mut edited = first(&["read"]);
    edited.packet = edited.packet.replace("background", "b4ckground");
    assert_eq!(code(handed(&client, &edited).await), ErrorCode::HandoffSignatureInvalid);
    // The policy decides as ever: `write` is held, and not allowed here.
    let task = first(&["read", "write"]);
    let mut draft = task.hop.draft().clone();
    draft.capability = capability("write");
    let hop = SignedHop::sign(draft, &key(3));
    let payload = CarriedHop::new(&task.packet, hop.clone()).unwrap().to_payload();
    let sent = send(&client, &payload, hop.record_id().unwrap(), "write").await;
    assert_eq!(code(sent), ErrorCode::ScopeNotPermitted);
    // And what is refused spent nothing.
    handed(&client, &task).await.unwrap();
}

/// HAND-74: a child presents its parents.
#[tokio::test]
async fn a_second_hop_brings_the_first() {
    covers!(accept, "HAND-74");
    covers!(refuse, "HAND-74");
    let (client, _) = served(HopGate::required).await;
    let credentials = credentials();
    let parent = hand(2, 3, &credentials[..1], &["read"], None);
    let child = hand(3, NODE, &credentials, &["read"], Some(&parent.hop));
    assert_eq!(code(handed(&client, &child).await), ErrorCode::HandoffHopInvalid, "without its parent");
    let carried = CarriedHop::new(&child.packet, child.hop.clone()).unwrap();
    let carried = carried.after(&parent.packet, parent.hop).unwrap();
    let read = CarriedHop::from_payload(carried.to_payload().as_bytes()).unwrap().unwrap();
    assert_eq!(read.to_payload(), carried.to_payload());
    let record = child.hop.record_id().unwrap();
    send(&client, &carried.to_payload(), record, "read").await.unwrap();
}

/// Without `required` a call may come without a hop; without a gate a hop is a payload like any other.
#[tokio::test]
async fn a_call_without_a_hop_is_a_call() {
    let (client, records) = served(|gate| gate).await;
    let error = send(&client, "{\"task\":{}}", RecordId::new("rec-0").unwrap(), "read").await.unwrap_err();
    assert_eq!(error.code(), ErrorCode::Ca2aError, "it was granted, and this handler wants a hop: {error}");
    assert_eq!(records.records().len(), 1);
    let scene = scene();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = Origin::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    tokio::spawn(serve(listener, Arc::new(scene.node), HttpLimits::default(), std::future::pending()));
    let client = PeerClient::new(origin);
    let task = first(&["read"]);
    handed(&client, &task).await.unwrap();
    handed(&client, &task).await.unwrap();
}
