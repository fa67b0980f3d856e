//! The pipeline behind a node: what is granted, what is refused, and what either leaves behind.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use ca2a_core::{
    Consumption, ErrorCode, EvaluationTime, RecordId, ReplayClaim, ReplayError, ReplayStore,
    encoding::from_base64url, json,
};
use ca2a_covers::covers;
use ca2a_delegation::{ChainVerifier, RevocationSnapshot, delegate, issue, revoke};
use ca2a_runtime::{
    node::{FixedRevocations, RevocationSource, RevocationsUnavailable, TaskHandler, TaskResult},
    peer::{CallerRequirement, Granted, message},
    sink::{Appended, RecordSink, SinkError, StoredRecord},
    system::{Clock as _, Random, RandomError, SystemClock},
};
use ca2a_seal::{
    ChannelSecret,
    response::{RequestSession, SessionRandomness},
    v1,
};
use ca2a_trace::{
    DelegationRecord, ParentLink,
    statement::{Evidence, StatementVerifier, Verdict},
};

use crate::support::scene::*;

/// Answers with the payload backwards, and counts.
#[derive(Default)]
struct Backwards(AtomicUsize);

impl TaskHandler for Backwards {
    fn handle<'t>(&'t self, call: &'t Granted) -> TaskResult<'t> {
        self.0.fetch_add(1, Ordering::SeqCst);
        let payload = call.payload.as_ref().map(|plain| plain.iter().rev().copied().collect());
        Box::pin(std::future::ready(Ok(payload)))
    }
}

#[tokio::test]
async fn a_granted_call_is_recorded_and_answered_with_the_peers_members() {
    covers!(accept, "WIRE-20", "RUN-8", "RUN-10");
    let scene = scene();
    let request = call("read").prove(&scene.node);
    let answer = scene.node.task(&body(&request)).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    let node = read(&answer);
    let object = node.as_object().unwrap();
    let members: Vec<_> = object.iter().map(|(name, _)| name).collect();
    assert_eq!(
        members,
        ["accepted", "effective_scope", "granted_capability", "caller_attestation", "record"]
    );
    let record = DelegationRecord::from_node(object.get("record").unwrap()).unwrap();
    let kept = scene.records.records();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].hash, record.hash());
    assert_eq!(DelegationRecord::from_json(kept[0].json.as_bytes()).unwrap(), record);
}

/// RUN-4
#[tokio::test]
async fn a_proof_is_served_once_over_whichever_endpoint() {
    covers!(accept, "HOLD-9");
    covers!(refuse, "HOLD-9");
    let scene = scene();
    let request = call("read").prove(&scene.node);
    assert_eq!(scene.node.task(&body(&request)).await.status, 200);
    let again = scene.node.task(&body(&request)).await;
    assert_eq!(refusal(&again), ("HOLDER_PROOF_INVALID".into(), false));
    assert_eq!(scene.records.records().len(), 1);
}

/// RUN-4: one challenge may serve several different requests.
#[tokio::test]
async fn one_challenge_serves_two_different_requests() {
    covers!(accept, "RUN-4", "RUN-5");
    let scene = scene();
    let mut first = call("read").prove(&scene.node);
    let challenge = first.holder_proof.as_ref().unwrap().challenge().clone();
    let leaf = first.chain.credentials().unwrap().pop().unwrap();
    assert_eq!(scene.node.task(&body(&first)).await.status, 200);
    first.record_id = RecordId::new("rec-1").unwrap();
    let statement = first.holder_statement(scene.node.channel_key(), None);
    first.holder_proof = Some(statement.prove(&leaf, challenge, &key(3)).unwrap());
    assert_eq!(scene.node.task(&body(&first)).await.status, 200);
}

/// RUN-4: 1,000 concurrent copies over both endpoints, exactly one served.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_thousand_copies_one_is_served() {
    covers!(accept, "WIRE-1", "RUN-4");
    covers!(refuse, "WIRE-1", "RUN-4");
    let scene = scene();
    let handler = Arc::new(Backwards::default());
    let node = Arc::new(scene.node.with_handler(handler.clone()));
    let plain = body(&call("read").prove(&node));
    let message = json::read(&plain).unwrap();
    let randomness = SessionRandomness { recipient: [5; 32], session: [6; 32] };
    let session = RequestSession::new(&node.channel_key(), &message, randomness).unwrap();
    let enveloped = Arc::new(session.envelope().to_vec());
    let plain = Arc::new(plain.clone());
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..500 {
        let (one, bytes) = (node.clone(), plain.clone());
        tasks.spawn(async move { one.task(&bytes).await.status });
        let (other, bytes) = (node.clone(), enveloped.clone());
        tasks.spawn(async move { other.authenticated_task(&bytes).await.status });
    }
    let statuses = tasks.join_all().await;
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 999);
    assert_eq!(handler.0.load(Ordering::SeqCst), 1);
    assert_eq!(scene.records.records().len(), 1);
}

/// RUN-3: nobody who has not shown to be the holder earns a record.
#[tokio::test]
async fn a_stranger_leaves_no_record() {
    covers!(accept, "RUN-3");
    covers!(refuse, "RUN-3");
    let scene = scene();
    let mut stolen = call("read");
    stolen.holder = key(66);
    let mut unproven = call("read").prove(&scene.node);
    unproven.holder_proof = None;
    let root = issue(&key(44), grant("c-0", 3, &["read"])).unwrap();
    let mut foreign = call("read");
    foreign.request.chain = chain_of(&[root]);
    for (request, code) in [
        (stolen.prove(&scene.node), "HOLDER_PROOF_INVALID"),
        (unproven, "HOLDER_PROOF_INVALID"),
        (foreign.prove(&scene.node), "UNTRUSTED_DELEGATION_ROOT"),
    ] {
        let answer = scene.node.task(&body(&request)).await;
        assert_eq!(refusal(&answer), (code.into(), false));
    }
    assert!(scene.records.records().is_empty());
}

/// RUN-8, RUN-9, RUN-11
#[tokio::test]
async fn an_overreach_is_refused_and_recorded() {
    covers!(accept, "RUN-9", "RUN-11");
    covers!(refuse, "RUN-8");
    let scene = scene();
    // `write` is delegated and not allowed here; `admin` is allowed here and not delegated.
    for (asked, reason) in [
        ("write", "capability 'write' is not in the effective scope"),
        ("admin", "capability 'admin' is not in the effective scope"),
    ] {
        let answer = scene.node.task(&body(&call(asked).prove(&scene.node))).await;
        assert_eq!(refusal(&answer), ("SCOPE_NOT_PERMITTED".into(), true));
        let node = read(&answer);
        let record = DelegationRecord::from_node(node.as_object().unwrap().get("record").unwrap()).unwrap();
        let denial = record.denial().unwrap();
        assert_eq!(denial.reason(), reason);
        assert_eq!(denial.effective_scope().texts().collect::<Vec<_>>(), ["read"]);
        assert_eq!(scene.records.records().last().unwrap().hash, record.hash());
    }
}

/// RUN-9: a payload that does not open leaves a denial, and the handler never runs.
#[tokio::test]
async fn a_payload_that_does_not_open_is_recorded() {
    covers!(accept, "RUN-9");
    let handler = Arc::new(Backwards::default());
    let mut scene = scene();
    scene.node = scene.node.with_handler(handler.clone());
    let mut wrong = call("read");
    wrong.request.sealed_payload = Some(vec![1; 80]);
    let answer = scene.node.task(&body(&wrong.prove(&scene.node))).await;
    assert_eq!(refusal(&answer), ("SEALED_CHANNEL_ERROR".into(), true));
    assert_eq!(scene.records.records().len(), 1);
    assert_eq!(handler.0.load(Ordering::SeqCst), 0);
}

/// RUN-12
#[tokio::test]
async fn a_result_comes_back_sealed_to_the_offer_and_not_without_one() {
    covers!(accept, "RUN-12");
    covers!(refuse, "RUN-12");
    let mut scene = scene();
    scene.node = scene.node.with_handler(Arc::new(Backwards::default()));
    let answer = scene.node.task(&body(&call("read").sealing(b"task").offering().prove(&scene.node))).await;
    let node = read(&answer);
    let blob = from_base64url(node.as_object().unwrap().text("result").unwrap()).unwrap();
    assert_eq!(v1::open(&ChannelSecret::from_bytes([9; 32]), &blob, &[]).unwrap(), b"ksat");

    let answer = scene.node.task(&body(&call("read").sealing(b"task").prove(&scene.node))).await;
    assert_eq!(answer.status, 200);
    assert!(!read(&answer).as_object().unwrap().contains("result"));
}

/// RUN-7, RUN-9
#[tokio::test]
async fn attestation_is_refused_with_what_was_found() {
    covers!(accept, "RUN-7", "RUN-9");
    covers!(refuse, "RUN-7");
    let mut scene = scene();
    let relayed = {
        let mut request = call("read").offering().prove(&scene.node);
        request.caller_possession = None;
        request
    };
    let bare_possession = {
        let offered = call("read").offering().prove(&scene.node).caller_possession;
        let mut request = call("read").prove(&scene.node);
        request.caller_possession = offered;
        request
    };
    for request in [relayed, bare_possession] {
        let answer = scene.node.task(&body(&request)).await;
        assert_eq!(refusal(&answer), ("ATTESTATION_FAILED".into(), true));
        let record = scene.records.records().pop().unwrap();
        assert!(record.json.contains(r#""caller_attestation":"failed""#), "{}", record.json);
    }
    scene.node = scene.node.with_caller_requirement(CallerRequirement::Any, None);
    for (request, status) in
        [(call("read").prove(&scene.node), 412), (call("read").offering().prove(&scene.node), 200)]
    {
        assert_eq!(scene.node.task(&body(&request)).await.status, status);
    }
    scene.node = scene.node.with_caller_requirement(CallerRequirement::Hardware, None);
    let answer = scene.node.task(&body(&call("read").offering().prove(&scene.node))).await;
    assert_eq!(refusal(&answer), ("ATTESTATION_FAILED".into(), true));
    let record = scene.records.records().pop().unwrap();
    assert!(record.json.contains(r#""caller_attestation":"software-only""#), "{}", record.json);
}

struct FullDisk;

impl RecordSink for FullDisk {
    fn append(&self, _: StoredRecord) -> Appended<'_> {
        Box::pin(std::future::ready(Err(SinkError { reason: "no space left".into() })))
    }
}

/// RUN-10: without a durable record nothing is granted and nothing is told.
#[tokio::test]
async fn without_a_durable_record_nothing_happens() {
    covers!(refuse, "RUN-9", "RUN-10");
    let handler = Arc::new(Backwards::default());
    let node = ca2a_runtime::node::PeerNode::new(
        [key(1).verifying_key()].into_iter().collect(),
        Arc::new(ca2a_policy::AllowSet::new([capability("read")])),
        Arc::new(ca2a_runtime::store::MemoryReplayStore::default()),
        Arc::new(FullDisk),
    )
    .unwrap()
    .with_handler(handler.clone());
    for asked in ["read", "write"] {
        let answer = node.task(&body(&call(asked).prove(&node))).await;
        assert_eq!(refusal(&answer), ("STORE_UNAVAILABLE".into(), false));
    }
    assert_eq!(handler.0.load(Ordering::SeqCst), 0);
}

struct Exhausted(ReplayError);

impl ReplayStore for Exhausted {
    fn consume(&self, _: &ReplayClaim, _: u64) -> Result<Consumption, ReplayError> {
        Err(self.0)
    }
}

/// RUN-5
#[tokio::test]
async fn a_replay_store_that_cannot_remember_refuses() {
    covers!(refuse, "RUN-5");
    for (error, code) in [
        (ReplayError::Full, "OVERLOADED"),
        (ReplayError::HolderQuota, "OVERLOADED"),
        (ReplayError::Unavailable, "STORE_UNAVAILABLE"),
    ] {
        let records = Arc::new(ca2a_runtime::store::MemoryRecordStore::default());
        let node = ca2a_runtime::node::PeerNode::new(
            [key(1).verifying_key()].into_iter().collect(),
            Arc::new(ca2a_policy::AllowSet::new([capability("read")])),
            Arc::new(Exhausted(error)),
            records.clone(),
        )
        .unwrap();
        let answer = node.task(&body(&call("read").prove(&node))).await;
        assert_eq!(refusal(&answer), (code.into(), false));
        assert!(records.records().is_empty());
    }
}

struct Lost;

impl RevocationSource for Lost {
    fn current(&self) -> Result<Option<Arc<RevocationSnapshot>>, RevocationsUnavailable> {
        Err(RevocationsUnavailable("gone".into()))
    }
}

/// RUN-13
#[tokio::test]
async fn revocation_is_checked_stated_and_never_skipped() {
    covers!(accept, "RUN-13");
    covers!(refuse, "RUN-13");
    let mut scene = scene();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let leaf = chain().credentials().unwrap().pop().unwrap();
    let clean = RevocationSnapshot::new(now, Vec::new()).unwrap();
    let revoking = RevocationSnapshot::new(now, vec![revoke(&key(2), leaf.digest(), now).unwrap()]).unwrap();

    scene.node = scene.node.with_revocations(Arc::new(FixedRevocations(Some(Arc::new(clean)))), Some(60));
    let answer = scene.node.task(&body(&call("read").prove(&scene.node))).await;
    let node = read(&answer);
    assert_eq!(node.as_object().unwrap().object("revocation").unwrap().uint("as_of").unwrap(), now);

    scene.node = scene.node.with_revocations(Arc::new(FixedRevocations(Some(Arc::new(revoking)))), Some(60));
    let answer = scene.node.task(&body(&call("read").prove(&scene.node))).await;
    assert_eq!(refusal(&answer), ("CREDENTIAL_REVOKED".into(), false));

    for source in [Arc::new(Lost) as Arc<dyn RevocationSource>, Arc::new(FixedRevocations(None))] {
        scene.node = scene.node.with_revocations(source, Some(60));
        let answer = scene.node.task(&body(&call("read").prove(&scene.node))).await;
        assert_eq!(refusal(&answer), ("REVOCATION_STATUS_UNKNOWN".into(), false));
    }
}

#[tokio::test]
async fn bodies_that_are_no_request_are_named() {
    covers!(refuse, "WIRE-3", "WIRE-4", "WIRE-44");
    let scene = scene();
    let utf16: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let deep = [b"{\"a\":".repeat(10_000), b"1".to_vec(), b"}".repeat(10_000)].concat();
    let lone = body(&call("read").prove(&scene.node));
    let lone = String::from_utf8(lone).unwrap().replace(r#""challenge":"v1."#, r#""challenge":"\ud800v1."#);
    for (bytes, code) in [
        (&b"{"[..], "BAD_REQUEST"),
        (b"[]", "BAD_REQUEST"),
        (b"{\"a\": 1, \"a\": 2}", "BAD_REQUEST"),
        (&utf16, "BAD_REQUEST"),
        (&deep, "BAD_REQUEST"),
        (lone.as_bytes(), "BAD_REQUEST"),
        (b"{\"messageId\": \"m1\", \"x\": 1.5e400}", "TRANSPORT_ERROR"),
    ] {
        assert_eq!(refusal(&scene.node.task(bytes).await), (code.into(), false));
        assert_eq!(refusal(&scene.node.authenticated_task(bytes).await), ("BAD_REQUEST".into(), false));
    }
    let no_envelope = scene.node.authenticated_task(b"{\"messageId\": \"m1\"}").await;
    assert_eq!(refusal(&no_envelope), ("RESPONSE_AUTHENTICATION_FAILED".into(), false));
}

/// WIRE-11: what is attached is found again, in each of the three places.
#[test]
fn attach_and_parse_are_a_round_trip() {
    covers!(accept, "WIRE-11");
    let scene = scene();
    let mut request = call("read").sealing(b"x").offering().prove(&scene.node);
    request.parent_record_hash = format!("sha384:{}", "ab".repeat(48)).parse().unwrap();
    for shell in [
        r#"{"metadata":{"keep":1}}"#,
        r#"{"params":{"metadata":{"keep":1}}}"#,
        r#"{"params":{"message":{}}}"#,
    ] {
        let mut message = ca2a_core::json::read(shell.as_bytes()).unwrap().into_owned();
        let object = message.as_object_mut().unwrap();
        message::attach(object, &request).unwrap();
        let text = ca2a_core::json::to_text(&message);
        assert_eq!(text.contains("keep"), shell.contains("keep"));
        let read = ca2a_core::json::read(text.as_bytes()).unwrap();
        let parsed = message::parse(read.as_object().unwrap(), text.as_bytes()).unwrap().unwrap();
        assert_eq!(parsed.holder_proof, request.holder_proof);
        assert_eq!(parsed.caller_offer, request.caller_offer);
        assert_eq!(parsed.caller_possession, request.caller_possession);
        assert_eq!(parsed.sealed_payload, request.sealed_payload);
        assert_eq!(parsed.parent_record_hash, request.parent_record_hash);
        assert_eq!(parsed.chain.to_json(), request.chain.to_json());
    }
}

/// The record that a first hop names is checked for its spelling (WIRE-10).
#[tokio::test]
async fn a_parent_hash_has_one_of_three_spellings() {
    covers!(accept, "WIRE-10");
    covers!(refuse, "WIRE-10");
    let scene = scene();
    let request = call("read").prove(&scene.node);
    let good = String::from_utf8(body(&request)).unwrap();
    for junk in [r#""not a hash""#, "5", r#""""#, r#""SHA256:00""#] {
        let bytes = good.replace(r#"parent_record_hash":null"#, &format!(r#"parent_record_hash":{junk}"#));
        assert_ne!(bytes, good);
        assert_eq!(refusal(&scene.node.task(bytes.as_bytes()).await), ("TRANSPORT_ERROR".into(), false));
    }
    let mut linked = call("read");
    linked.request.parent_record_hash = ParentLink::from_text(Some(&"0f".repeat(32))).unwrap();
    let answer = scene.node.task(&body(&linked.prove(&scene.node))).await;
    assert_eq!(answer.status, 200);
}

/// A delegation that the holder makes on the way is one that the callee accepts from its new holder.
#[tokio::test]
async fn a_delegated_chain_is_served_to_its_new_holder() {
    let scene = scene();
    let mut hops = chain().credentials().unwrap();
    hops.push(delegate(hops.last().unwrap(), &key(3), grant("c-2", 4, &["read"])).unwrap());
    let mut next = call("read");
    next.request.chain = chain_of(&hops);
    next.holder = key(4);
    assert_eq!(scene.node.task(&body(&next.prove(&scene.node))).await.status, 200);
}

/// RUN-17: the verdict is signed, allow and deny, kept with its record and sent with it.
#[tokio::test]
async fn a_node_with_a_key_signs_its_verdicts() {
    covers!(accept, "RUN-17");
    covers!(refuse, "RUN-17");
    let mut scene = scene();
    scene.node = scene.node.with_identity(key(7));
    let named = String::from_utf8(scene.node.handshake("n").body).unwrap();
    assert!(named.contains(&format!(r#""signing_key":"{}""#, key(7).verifying_key())), "{named}");
    let trace = format!("sha256:{}", "0c".repeat(32));
    for (asked, status, verdict) in
        [("read", 200, Verdict::Allow), ("write", 403, Verdict::Deny(ErrorCode::ScopeNotPermitted))]
    {
        let mut asking = call(asked).sealing(b"task");
        asking.request.parent_record_hash = trace.parse().unwrap();
        let request = asking.prove(&scene.node);
        let answer = scene.node.task(&body(&request)).await;
        assert_eq!(answer.status, status);
        let node = read(&answer);
        let sent = json::to_text(node.as_object().unwrap().get("statement").unwrap());
        let kept = scene.records.records().pop().unwrap();
        assert_eq!(kept.statement.as_deref(), Some(sent.as_str()));

        let at = EvaluationTime::Live(SystemClock.now());
        let verifier = StatementVerifier::new(key(7).verifying_key()).channel_key(scene.node.channel_key());
        let statement = verifier.verify_json(sent.as_bytes(), at).unwrap();
        assert_eq!(statement.facts().verdict, verdict);
        assert_eq!(statement.facts().trace_record.unwrap().to_string(), trace);
        let roots = [key(1).verifying_key()].into_iter().collect();
        let chain = ChainVerifier::new(&roots).verify(&request.chain, at).unwrap();
        let record = DelegationRecord::from_json(kept.json.as_bytes()).unwrap();
        let evidence = Evidence::new(&chain).delegation_record(&record);
        statement.cross_check(&evidence.sealed_payload(request.sealed_payload.as_ref().unwrap())).unwrap();

        let forged = sent.replacen("\"depth\"", "\"Depth\"", 1).replacen("0c0c", "0d0c", 1);
        assert!(verifier.verify_json(forged.as_bytes(), at).is_err());
    }
}

struct NoRandomness;

impl Random for NoRandomness {
    fn fill(&self, _: &mut [u8]) -> Result<(), RandomError> {
        Err(RandomError)
    }
}

/// RUN-17: the digest of a payload needs a salt that nobody can guess; a statement about a call without one needs nothing.
#[tokio::test]
async fn without_randomness_no_payload_is_spoken_of() {
    let mut scene = scene();
    scene.node = scene.node.with_identity(key(7));
    let sealed = body(&call("read").sealing(b"task").prove(&scene.node));
    let plain = body(&call("read").prove(&scene.node));
    scene.node = scene.node.with_system(Arc::new(SystemClock), Arc::new(NoRandomness));
    assert_eq!(refusal(&scene.node.task(&sealed).await), ("CA2A_ERROR".into(), false));
    assert!(scene.records.records().is_empty());
    assert_eq!(scene.node.task(&plain).await.status, 200);
    assert!(scene.records.records()[0].statement.is_some());
}
