//! What handshakes, answers and refusals say, and the order in which a call is put together and judged.

use std::{
    future::ready,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use ca2a_attest::{Handshake, Role, software};
use ca2a_core::{ChallengeKey, ErrorCode, json};
use ca2a_covers::covers;
use ca2a_delegation::issue;
use ca2a_runtime::{
    node::{TaskError, TaskHandler, TaskResult},
    payload::TaskPayload,
    peer::{CallerRequirement, Granted},
    store::MemoryReplayStore,
};
use ca2a_seal::ChannelSecret;
use ca2a_trace::DelegationRecord;

use crate::support::scene::{
    self, Call, body, call, chain, chain_of, grant, handshake, key, read, refusal, scene,
};

/// WIRE-2: the channel key is bound to the nonce that was asked with, and each challenge is a new one.
#[test]
fn a_handshake_answers_its_own_nonce() {
    covers!(accept, "WIRE-2");
    covers!(refuse, "WIRE-2");
    let scene = scene();
    let shake = |nonce: &str| Handshake::from_json(&scene.node.handshake(nonce).body).unwrap();
    let [one, other] = ["one", "other"].map(shake);
    for (shake, nonce) in [(&one, "one"), (&other, "other")] {
        let report = &shake.offer.report;
        assert_eq!((&*report.nonce, report.role), (nonce, Role::Callee));
        assert_eq!(shake.offer.channel_key, scene.node.channel_key());
        assert_eq!(shake.offer, software::offer(Role::Callee, &scene.node.channel_key(), nonce));
    }
    assert_ne!(one.offer.report, other.offer.report, "an answer to one nonce is none to another");
    assert_ne!(one.challenge, other.challenge);
    assert_ne!(one.challenge, shake("one").challenge, "the same nonce gets another challenge, too");
    // A challenge of another node's opens nothing here.
    let stranger = scene::scene();
    let elsewhere = call("read").prove_under(&handshake(&stranger.node));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let answer = runtime.block_on(scene.node.task(&body(&elsewhere)));
    assert_eq!(refusal(&answer), ("HOLDER_PROOF_INVALID".into(), false));
}

/// WIRE-5, WIRE-7: a key that signs is named, in the handshake and in the metadata, and one that is not there is not.
#[test]
fn a_signing_key_is_named_where_there_is_one() {
    covers!(accept, "WIRE-5", "WIRE-7");
    covers!(refuse, "WIRE-5", "WIRE-7");
    let signing = scene().node.with_identity(key(7));
    let named = key(7).verifying_key().to_hex();
    let member = |answer: &ca2a_runtime::answer::Answer, name: &str| {
        assert_eq!(answer.status, 200);
        read(answer).as_object().unwrap().get(name).map(json::to_text)
    };
    assert_eq!(member(&signing.handshake("n"), "signing_key"), Some(format!("\"{named}\"")));
    assert_eq!(member(&signing.metadata(), "signing_key"), Some(format!("\"{named}\"")));
    let did = format!("\"{}\"", ca2a_trace::did_jwk(&key(7).verifying_key()));
    assert_eq!(member(&signing.metadata(), "did"), Some(did));
    let bare = scene().node;
    assert_eq!(member(&bare.handshake("n"), "signing_key"), None);
    assert_eq!(member(&bare.metadata(), "signing_key").as_deref(), Some("null"));
}

/// Gives back what it was given, or fails.
struct Echo {
    fails: bool,
    calls: AtomicUsize,
}

impl Echo {
    fn new(fails: bool) -> Arc<Self> {
        Arc::new(Self { fails, calls: AtomicUsize::new(0) })
    }
}

impl TaskHandler for Echo {
    fn handle<'t>(&'t self, call: &'t Granted) -> TaskResult<'t> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let plain = call.payload.as_ref().map(|plain| plain.to_vec());
        Box::pin(ready(if self.fails { Err(TaskError("the tool is out".into())) } else { Ok(plain) }))
    }
}

/// WIRE-20: the plaintext is in nobody's answer, with a result and without.
#[tokio::test]
async fn a_grant_never_echoes_the_plaintext() {
    covers!(accept, "WIRE-20");
    covers!(refuse, "WIRE-20");
    let node = scene().node.with_handler(Echo::new(false));
    for (call, sealed) in [
        (call("read").sealing(b"the secret task").offering(), true),
        (call("read").sealing(b"the secret task"), false),
    ] {
        let answer = node.task(&body(&call.prove(&node))).await;
        assert_eq!(answer.status, 200);
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(!text.contains("secret"), "{text}");
        let node = read(&answer);
        let members = node.as_object().unwrap();
        assert_eq!(members.get("accepted").map(json::to_text).as_deref(), Some("true"));
        assert_eq!(members.text("granted_capability").unwrap(), "read");
        assert_eq!(members.contains("result"), sealed);
        assert!(!members.contains("revocation") && !members.contains("error"));
        let record = DelegationRecord::from_node(members.get("record").unwrap()).unwrap();
        assert!(members.object("record").unwrap().contains("record_hash") && record.denial().is_none());
    }
}

/// WIRE-21: an error has four members, and a record stands beside it where the pipeline made one.
#[tokio::test]
async fn a_refusal_says_its_code_and_status() {
    covers!(accept, "WIRE-21", "RUN-9", "RUN-11");
    covers!(refuse, "WIRE-21", "RUN-11");
    let scene = scene();
    let denied = scene.node.task(&body(&call("write").prove(&scene.node))).await;
    let mut unproven = call("read").prove(&scene.node);
    unproven.holder_proof = None;
    let unproven = scene.node.task(&body(&unproven)).await;
    for (answer, record) in [(denied, true), (unproven, false)] {
        let node = read(&answer);
        let object = node.as_object().unwrap();
        let error = object.object("error").unwrap();
        let mut members: Vec<_> = error.iter().map(|(name, _)| name).collect();
        members.sort_unstable();
        assert_eq!(members, ["code", "detail", "http_status", "message"]);
        let code: ErrorCode = error.text("code").unwrap().parse().unwrap();
        assert_eq!(
            (code.http_status(), u64::from(answer.status)),
            (answer.status, error.uint("http_status").unwrap())
        );
        assert_eq!(object.contains("record"), record);
        assert!(!object.contains("accepted"));
    }
}

/// WIRE-30: a task in an object, with a chain beside it that is believed by nobody before it verifies.
#[test]
fn a_task_may_come_with_authority() {
    covers!(accept, "WIRE-30");
    covers!(refuse, "WIRE-30");
    let granted = json::to_text(&chain().to_node());
    let payload =
        TaskPayload::from_json(format!("{{\"task\":[1.50],\"grant\":{granted}}}").as_bytes()).unwrap();
    assert_eq!(json::to_text(&payload.task), "[1.50]");
    let leaf = payload.grant.as_ref().unwrap().credentials().unwrap().pop().unwrap();
    assert_eq!(*leaf.subject(), key(3).verifying_key());
    let again = TaskPayload::from_json(payload.to_json().as_bytes()).unwrap();
    assert_eq!(again.to_json(), payload.to_json());
    assert!(TaskPayload::from_json(b"{\"task\":null,\"more\":1}").unwrap().grant.is_none());
    for refused in [
        "[]",
        "{}",
        "{\"grant\":[]}",
        "{\"task\":1,\"grant\":{}}",
        "{\"task\":1,\"grant\":[{}]}",
        "{\"task\":1,",
    ] {
        assert!(TaskPayload::from_json(refused.as_bytes()).is_err(), "{refused}");
    }
    // The grant is read and not believed: its verification is somebody else's, and says no.
    let stranger = issue(&key(44), grant("c-0", 3, &["read"])).unwrap();
    let grant = json::to_text(&chain_of(&[stranger]).to_node());
    let read = TaskPayload::from_json(format!("{{\"task\":1,\"grant\":{grant}}}").as_bytes()).unwrap();
    let roots = [key(1).verifying_key()].into_iter().collect();
    let now = ca2a_core::EvaluationTime::At(1);
    assert!(ca2a_delegation::ChainVerifier::new(&roots).verify(&read.grant.unwrap(), now).is_err());
}

/// WIRE-65: the proof is over the payload and the offer, and the possession over the proof; nothing is exchanged afterwards.
#[tokio::test]
async fn what_is_proven_cannot_be_exchanged_afterwards() {
    covers!(accept, "WIRE-65");
    covers!(refuse, "WIRE-65");
    let node = scene().node.with_handler(Echo::new(false));
    let whole = || call("read").sealing(b"one").offering();
    assert_eq!(node.task(&body(&whole().prove(&node))).await.status, 200);

    let mut resealed = whole().prove(&node);
    let other = call("read").sealing(b"another").prove(&node);
    resealed.sealed_payload = other.sealed_payload;
    assert_eq!(refusal(&node.task(&body(&resealed)).await), ("HOLDER_PROOF_INVALID".into(), false));

    let shake = handshake(&node);
    let mut relayed = whole().prove_under(&shake);
    let own = ChannelSecret::from_bytes([66; 32]).public();
    relayed.caller_offer =
        Some(software::offer(Role::Caller, &own, shake.challenge.as_ref().unwrap().as_str()));
    assert_ne!(node.task(&body(&relayed)).await.status, 200, "the result would be sealed to somebody else");

    // A possession for one proof is none for another.
    let (first, mut second) = (whole().prove(&node), whole().prove(&node));
    second.caller_possession = first.caller_possession;
    assert_eq!(refusal(&node.task(&body(&second)).await), ("ATTESTATION_FAILED".into(), true));
}

/// RUN-1, RUN-6: everything is wrong with a call at first, and is mended in the order in which it is refused.
#[tokio::test]
async fn a_call_is_judged_in_one_order() {
    covers!(accept, "RUN-1", "RUN-6");
    covers!(refuse, "RUN-1", "RUN-6");
    let handler = Echo::new(false);
    let node =
        scene().node.with_handler(handler.clone()).with_caller_requirement(CallerRequirement::Any, None);
    let foreign = || chain_of(&[issue(&key(44), grant("c-0", 3, &["read", "write"])).unwrap()]);
    // Which of the faults there are: root, holder, offer, capability, payload.
    let wrong = |root: bool, thief: bool, silent: bool, beyond: bool, junk: bool| {
        let mut call: Call = call(if beyond { "write" } else { "read" });
        if root {
            call.request.chain = foreign();
        }
        if thief {
            call.holder = key(66);
        }
        if junk {
            call.request.sealed_payload = Some(vec![1; 80]);
        }
        if silent { call } else { call.offering() }
    };
    for (call, code, recorded) in [
        (wrong(true, true, true, true, true), "UNTRUSTED_DELEGATION_ROOT", false),
        (wrong(false, true, true, true, true), "HOLDER_PROOF_INVALID", false),
        (wrong(false, false, true, true, true), "ATTESTATION_FAILED", true),
        (wrong(false, false, false, true, true), "SCOPE_NOT_PERMITTED", true),
        (wrong(false, false, false, false, true), "SEALED_CHANNEL_ERROR", true),
    ] {
        let answer = node.task(&body(&call.prove(&node))).await;
        assert_eq!(refusal(&answer), (code.into(), recorded));
    }
    assert_eq!(handler.calls.load(Ordering::SeqCst), 0);
    // A proof that was spent comes before all that is judged later.
    let spent = wrong(false, false, true, true, true).prove(&node);
    assert_eq!(refusal(&node.task(&body(&spent)).await).0, "ATTESTATION_FAILED");
    assert_eq!(refusal(&node.task(&body(&spent)).await).0, "HOLDER_PROOF_INVALID");
    let whole = wrong(false, false, false, false, false).sealing(b"task").prove(&node);
    assert_eq!(node.task(&body(&whole)).await.status, 200);
    assert_eq!(handler.calls.load(Ordering::SeqCst), 1);
}

/// RUN-2: what is no cA2A call is not served as one.
#[tokio::test]
async fn a_message_without_authority_is_not_served() {
    covers!(accept, "RUN-2");
    covers!(refuse, "RUN-2");
    let scene = scene();
    for message in
        ["{\"messageId\":\"m\",\"role\":\"user\"}", "{\"messageId\":\"m\",\"metadata\":{\"x\":1}}", "{}"]
    {
        let answer = scene.node.task(message.as_bytes()).await;
        assert_eq!(refusal(&answer), ("TRANSPORT_ERROR".into(), false), "{message}");
    }
    assert_eq!(scene.node.task(&body(&call("read").prove(&scene.node))).await.status, 200);
}

/// RUN-14: a challenge lives as long as the secret that it was made with, and no longer than what was spent is remembered.
#[tokio::test]
async fn after_a_restart_no_old_challenge_lives() {
    covers!(accept, "RUN-14");
    covers!(refuse, "RUN-14");
    let (before, after) = (scene(), scene());
    let secret = || ChannelSecret::from_bytes([5; 32]);
    let before = before.node.with_channel_secret(secret());
    let request = call("read").prove(&before);
    assert_eq!(before.task(&body(&request)).await.status, 200);
    // The same node in another process: its keys are the same, its memory and its challenge secret are not.
    let after = after.node.with_channel_secret(secret());
    assert_eq!(refusal(&after.task(&body(&request)).await), ("HOLDER_PROOF_INVALID".into(), false));
    // Under a secret that outlived the process the old proof would be served again, if the store had not outlived it, too.
    let store = Arc::new(MemoryReplayStore::default());
    let durable = || {
        let roots = [key(1).verifying_key()].into_iter().collect();
        let policy = Arc::new(ca2a_policy::AllowSet::new([scene::capability("read")]));
        let records = Arc::new(ca2a_runtime::store::MemoryRecordStore::default());
        ca2a_runtime::node::PeerNode::new(roots, policy, store.clone(), records)
            .unwrap()
            .with_channel_secret(secret())
            .with_challenges(ChallengeKey::new([7; 32]), 60)
    };
    let request = call("read").prove(&durable());
    assert_eq!(durable().task(&body(&request)).await.status, 200);
    assert_eq!(refusal(&durable().task(&body(&request)).await), ("HOLDER_PROOF_INVALID".into(), false));
}

/// RUN-15: a handler that fails leaves the grant on record and no answer that looks like one.
#[tokio::test]
async fn a_handler_that_fails_is_reported_beside_its_record() {
    covers!(accept, "RUN-15");
    covers!(refuse, "RUN-15");
    let scene = scene();
    let node = scene.node.with_handler(Echo::new(true));
    let answer = node.task(&body(&call("read").sealing(b"x").offering().prove(&node))).await;
    assert_eq!(refusal(&answer), ("CA2A_ERROR".into(), true));
    assert!(!read(&answer).as_object().unwrap().contains("accepted"));
    let kept = scene.records.records();
    assert_eq!(kept.len(), 1);
    let record = DelegationRecord::from_json(kept[0].json.as_bytes()).unwrap();
    assert!(record.denial().is_none(), "the call was granted, and that stands");
}
