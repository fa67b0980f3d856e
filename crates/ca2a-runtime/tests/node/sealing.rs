//! Version 2 payloads over the whole pipeline: a blob opens in the call it was sealed for, and in no other.

use std::sync::Arc;

use ca2a_attest::{Handshake, software};
use ca2a_core::{ChannelKey, RecordHash, RecordId, Sha256, encoding::from_base64url, json};
use ca2a_covers::covers;
use ca2a_delegation::{Credential, delegate, issue};
use ca2a_runtime::{
    node::{PeerNode, TaskHandler, TaskResult},
    peer::{Granted, PeerRequest},
    sealing::SEAL_SUITES,
};
use ca2a_seal::{
    ChannelSecret, SealVersion,
    hpke::{self, Context, SealRandomness, chain_sha256},
    v1,
};
use ca2a_trace::{DelegationRecord, ParentLink};

use crate::support::scene::{self, *};

/// Gives the payload back.
struct Echo;

impl TaskHandler for Echo {
    fn handle<'t>(&'t self, call: &'t Granted) -> TaskResult<'t> {
        let payload = call.payload.as_ref().map_or_else(|| b"nothing".to_vec(), |plain| plain.to_vec());
        Box::pin(std::future::ready(Ok(Some(payload))))
    }
}

fn echo() -> Scene {
    let Scene { node, replay, records } = scene();
    Scene { node: node.with_handler(Arc::new(Echo)), replay, records }
}

/// A payload sealed for `request` as its caller would.
fn seal_for(request: &PeerRequest, shake: &Handshake, measurement: &str, to: ChannelKey) -> Vec<u8> {
    let chain = request.chain.credentials().unwrap();
    let parent = request.parent_record_hash.to_text();
    let context = Context {
        measurement,
        challenge: shake.challenge.as_ref().unwrap(),
        chain_sha256: chain_sha256(chain.iter().map(Credential::digest)),
        requested_capability: &request.requested_capability,
        record_id: &request.record_id,
        parent_record_hash: parent.as_deref(),
    };
    hpke::seal(&to, &context, b"the task", SealRandomness { ikm: [7; 32] }).unwrap()
}

fn honest_blob(request: &PeerRequest, shake: &Handshake) -> Vec<u8> {
    seal_for(request, shake, software::MEASUREMENT, shake.offer.channel_key)
}

/// Presents `call` with `blob`, proven by its own holder under `shake`, to `node`.
async fn present(
    node: &PeerNode,
    mut call: Call,
    shake: &Handshake,
    blob: Vec<u8>,
) -> ca2a_runtime::answer::Answer {
    call.request.sealed_payload = Some(blob);
    node.task(&body(&call.prove_under(shake))).await
}

/// WIRE-6, SEAL-26: the honest call, and what keeps the refusals below from being refusals of everything.
#[tokio::test]
async fn a_payload_opens_in_its_own_call() {
    let scene = echo();
    let shake = handshake(&scene.node);
    let call = call("read").offering();
    let blob = honest_blob(&call.request, &shake);
    let answer = present(&scene.node, call, &shake, blob).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));

    // The result comes back in the same version, in the same call, for the caller's measurement.
    let node = read(&answer);
    let result = from_base64url(node.as_object().unwrap().text("result").unwrap()).unwrap();
    let request = scene::call("read").request;
    let (caller, digests) = (ChannelSecret::from_bytes([9; 32]), request.chain.credentials().unwrap());
    let context = Context {
        measurement: software::MEASUREMENT,
        challenge: shake.challenge.as_ref().unwrap(),
        chain_sha256: chain_sha256(digests.iter().map(Credential::digest)),
        requested_capability: &request.requested_capability,
        record_id: &request.record_id,
        parent_record_hash: None,
    };
    assert_eq!(hpke::open(&caller, &context, &result).unwrap(), b"the task");
    let other = RecordId::new("rec-1").unwrap();
    assert!(hpke::open(&caller, &Context { record_id: &other, ..context }, &result).is_err());
}

/// Refused as a payload that does not open, with a denial to show for it, and without a word of the plaintext.
async fn does_not_open(scene: &Scene, call: Call, shake: &Handshake, blob: Vec<u8>) {
    let before = scene.records.records().len();
    let answer = present(&scene.node, call, shake, blob).await;
    assert_eq!(refusal(&answer), ("SEALED_CHANNEL_ERROR".into(), true));
    let kept = scene.records.records();
    assert_eq!(kept.len(), before + 1);
    let record = DelegationRecord::from_json(kept[before].json.as_bytes()).unwrap();
    assert!(record.denial().is_some());
    assert!(!String::from_utf8_lossy(&answer.body).contains("the task"));
}

/// A chain for the holder of `scene::call`, with every name as there, and another credential.
fn another_chain() -> ca2a_delegation::Chain {
    let root = issue(&key(1), grant("c-0", 2, &["read", "write", "admin"])).unwrap();
    let leaf = delegate(&root, &key(2), grant("c-1", 3, &["read"])).unwrap();
    chain_of(&[root, leaf])
}

/// SEAL-26, SEAL-27
#[tokio::test]
async fn a_payload_does_not_open_under_another_chain() {
    let scene = echo();
    let shake = handshake(&scene.node);
    let blob = honest_blob(&call("read").request, &shake);
    let mut lifted = call("read");
    lifted.request.chain = another_chain();
    does_not_open(&scene, lifted, &shake, blob).await;
}

/// SEAL-26: what W-15 of the peer allows, by version. A thief who holds a credential of its own presents the blob of
/// another agent's call as its own payload, and version 1 cannot tell.
#[tokio::test]
async fn a_stolen_payload_opens_for_the_thief_in_version_one_alone() {
    let scene = echo();
    let shake = handshake(&scene.node);
    let root = issue(&key(1), grant("c-7", 2, &["read"])).unwrap();
    let thief = || {
        let mut call = call("read").offering();
        let leaf = delegate(&root, &key(2), grant("c-8", 4, &["read"])).unwrap();
        (call.request.chain, call.holder) = (chain_of(&[root.clone(), leaf]), key(4));
        call
    };
    let weak = v1::SealRandomness { ephemeral: [7; 32], nonce: [8; 12] };
    let weak = v1::seal(&shake.offer.channel_key, b"the task", &[], weak).unwrap();
    assert_eq!(present(&scene.node, thief(), &shake, weak).await.status, 200);

    let blob = honest_blob(&call("read").request, &shake);
    does_not_open(&scene, thief(), &shake, blob).await;
}

/// SEAL-26
#[tokio::test]
async fn a_payload_does_not_open_for_another_capability() {
    let scene = echo();
    let shake = handshake(&scene.node);
    let whole = || {
        let mut call = call("read");
        (call.request.chain, call.holder) =
            (chain_of(&[issue(&key(1), grant("c-0", 2, &["read", "admin"])).unwrap()]), key(2));
        call
    };
    let blob = honest_blob(&whole().request, &shake);
    let mut lifted = whole();
    lifted.request.requested_capability = capability("admin");
    does_not_open(&scene, lifted, &shake, blob.clone()).await;
    assert_eq!(present(&scene.node, whole(), &shake, blob).await.status, 200);
}

/// SEAL-26
#[tokio::test]
async fn a_payload_does_not_open_for_another_record() {
    let scene = echo();
    let shake = handshake(&scene.node);
    let blob = honest_blob(&call("read").request, &shake);
    let mut lifted = call("read");
    lifted.request.record_id = RecordId::new("rec-1").unwrap();
    does_not_open(&scene, lifted, &shake, blob.clone()).await;
    let mut later = call("read");
    later.request.parent_record_hash = ParentLink::Record(RecordHash(Sha256([5; 32])));
    does_not_open(&scene, later, &shake, blob).await;
}

/// SEAL-26
#[tokio::test]
async fn a_payload_does_not_open_under_another_challenge() {
    let scene = echo();
    let (first, second) = (handshake(&scene.node), handshake(&scene.node));
    assert_ne!(first.challenge, second.challenge);
    let blob = honest_blob(&call("read").request, &first);
    does_not_open(&scene, call("read"), &second, blob).await;
}

/// SEAL-26: a payload for a machine that runs something else stays shut, whoever has the key.
#[tokio::test]
async fn a_payload_does_not_open_on_another_measurement() {
    let scene = echo();
    let shake = handshake(&scene.node);
    for measurement in ["sha384:5ea1", "", "software-only"] {
        let blob = seal_for(&call("read").request, &shake, measurement, shake.offer.channel_key);
        does_not_open(&scene, call("read"), &shake, blob).await;
    }
}

/// SEAL-24: nor with another key than the one it was sealed to.
#[tokio::test]
async fn a_payload_does_not_open_at_another_callee() {
    let scene = echo();
    let shake = handshake(&scene.node);
    let other = ChannelSecret::from_bytes([3; 32]).public();
    let blob = seal_for(&call("read").request, &shake, software::MEASUREMENT, other);
    does_not_open(&scene, call("read"), &shake, blob).await;
}

/// SEAL-25
#[tokio::test]
async fn blobs_that_are_none_are_refused() {
    let scene = echo();
    let shake = handshake(&scene.node);
    let honest = honest_blob(&call("read").request, &shake);
    for blob in [vec![0], vec![2], vec![3, 0, 1], [&[2, 0, 2], &honest[3..]].concat(), honest[..50].to_vec()]
    {
        does_not_open(&scene, call("read"), &shake, blob).await;
    }
}

fn strict() -> Scene {
    let Scene { node, replay, records } = echo();
    Scene { node: node.with_seal_minimum(SealVersion::V2), replay, records }
}

/// SEAL-23: with a minimum, stripping the list of suites from a handshake gives no weaker call but none.
#[tokio::test]
async fn a_minimum_refuses_version_one() {
    let scene = strict();
    let shake = handshake(&scene.node);
    let answer = scene.node.task(&body(&call("read").sealing(b"the task").prove(&scene.node))).await;
    assert_eq!(refusal(&answer), ("SEALED_CHANNEL_ERROR".into(), true));
    assert!(String::from_utf8_lossy(&answer.body).contains("below version 2"));
    let blob = honest_blob(&call("read").request, &shake);
    assert_eq!(present(&scene.node, call("read"), &shake, blob).await.status, 200);
}

/// SEAL-23: a result that could only go back in version 1 is refused before it is worked for.
#[tokio::test]
async fn a_minimum_holds_for_results() {
    covers!(refuse, "RUN-12");
    let scene = strict();
    let answer = scene.node.task(&body(&call("read").offering().prove(&scene.node))).await;
    assert_eq!(refusal(&answer), ("SEALED_CHANNEL_ERROR".into(), true));
    // Who offers nothing gets no result, and is served as ever.
    assert_eq!(scene.node.task(&body(&call("read").prove(&scene.node))).await.status, 200);
}

/// The version byte of the result that came back.
fn result_version(answer: &ca2a_runtime::answer::Answer) -> u8 {
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let node = read(answer);
    from_base64url(node.as_object().unwrap().text("result").unwrap()).unwrap()[0]
}

/// WIRE-6: without a payload to tell, the caller's offer says what the caller opens.
#[tokio::test]
async fn the_offer_says_what_the_caller_opens() {
    covers!(accept, "WIRE-6", "RUN-12");
    for (scene, weakest) in [(echo(), true), (strict(), false)] {
        let mut call = scene::call("read").offering();
        call.request.caller_seals = SealVersion::V2;
        let strong = body(&call.prove(&scene.node));
        assert!(String::from_utf8_lossy(&strong).contains(SEAL_SUITES));
        assert_eq!(result_version(&scene.node.task(&strong).await), 2);
        let weak = body(&scene::call("read").offering().prove(&scene.node));
        assert!(!String::from_utf8_lossy(&weak).contains(SEAL_SUITES));
        if weakest {
            assert_eq!(result_version(&scene.node.task(&weak).await), 1);
        }
    }
}

/// WIRE-6: the payload's own version wins over what the offer says.
#[tokio::test]
async fn a_result_has_the_version_of_its_payload() {
    covers!(accept, "RUN-12");
    let scene = echo();
    let mut call = scene::call("read").offering().sealing(b"the task");
    call.request.caller_seals = SealVersion::V2;
    let answer = scene.node.task(&body(&call.prove(&scene.node))).await;
    assert_eq!(result_version(&answer), 1);
}

/// WIRE-6
#[tokio::test]
async fn suites_that_are_none_are_refused() {
    covers!(refuse, "WIRE-6");
    let scene = echo();
    let mut call = scene::call("read").offering();
    call.request.caller_seals = SealVersion::V2;
    let honest = String::from_utf8(body(&call.prove(&scene.node))).unwrap();
    for suites in ["1", "[\"1\"]", "[65536]", "{}"] {
        let hostile = honest.replace("\"seal_suites\":[1]", &format!("\"seal_suites\":{suites}"));
        assert_ne!(hostile, honest);
        let answer = scene.node.task(hostile.as_bytes()).await;
        assert_eq!(refusal(&answer), ("TRANSPORT_ERROR".into(), false), "{suites}");
    }
}

/// WIRE-6: the handshake lists what this node opens, in the one place where peers look.
#[test]
fn a_handshake_lists_the_suites() {
    covers!(accept, "WIRE-6");
    let answer = scene().node.handshake("nonce");
    let document = json::read(&answer.body).unwrap();
    let suites = document.as_object().unwrap().array(SEAL_SUITES).unwrap();
    assert_eq!(suites.iter().map(|suite| suite.as_uint()).collect::<Vec<_>>(), [Some(1)]);
}
