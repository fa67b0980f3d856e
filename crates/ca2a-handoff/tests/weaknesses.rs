//! W1 to W34 of the Python package, each shown to be closed. W29, W30 and W33 are about the package itself: see
//! `specs/handoff.md`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/world.rs"]
mod world;

use std::collections::BTreeSet;

use ca2a_core::{ErrorCode, SigningKey, json::Object};
use ca2a_covers::covers;
use ca2a_handoff::{
    AgentId, AgentIdentity, AgentRegistry, Approval, AttestationError, CapabilityRevocationRegistry,
    CapabilityTokenEnvelope, CapabilityVerifier, Compat, Constraints, DelegationCapability, DelegationChain,
    DelegationEnvelope, DelegationHop, ExecutionAttestation, ExecutionStatus, Executor, Handoff,
    HandoffVerifier, HumanReview, PacketDecision, Permissions, Profile, ProfileChoice, Provenance, Pydantic,
    RiskLevel, SignedTaskPacket,
    attestation::{Execution, Expected, outcome_hash},
};
use serde_json::json;
use world::*;

fn hop(agent: &AgentIdentity, permissions: Permissions) -> DelegationHop {
    DelegationHop { agent_id: agent.agent_id().clone(), delegated_permissions: permissions }
}

/// A chain of two agents, ending with alice, each with its hop.
fn two_hops(first: Permissions, second: Permissions) -> DelegationEnvelope {
    let packet = signed(task());
    let chain = DelegationChain {
        packet_ids: vec!["pk_0".into(), "pk_1".into()],
        agents: vec![carol().agent_id().clone(), alice().agent_id().clone()],
        hops: vec![hop(&carol(), first), hop(&alice(), second)],
    };
    DelegationEnvelope { packet, chain }
}

fn wide() -> Permissions {
    Permissions::new(["read", "search", "write"]).max_tool_calls(9)
}

#[test]
fn the_honest_handoff_is_accepted() {
    covers!(accept, "HAND-21", "HAND-25", "HAND-26", "HAND-32");
    assert_eq!(verdict_of(task()), Ok(()));
    assert_eq!(envelope_verdict(&DelegationEnvelope::first(signed(task()))), Ok(()));
    assert_eq!(envelope_verdict(&two_hops(wide(), wide())), Ok(()));
}

/// W1, HAND-20.
#[test]
fn w1_a_sender_is_bound_to_its_key() {
    covers!(accept, "HAND-20");
    covers!(refuse, "HAND-20");
    let mut named = AgentIdentity::named(alice().agent_id().clone(), SigningKey::from_seed(&[0x42; 32]));
    let forged = task().sign(&named, Profile::P3).unwrap();
    assert!(forged.verify_signature(ProfileChoice::Auto).is_ok());
    assert_eq!(verdict(Handoff::packet(&forged)), Err(ErrorCode::HandoffIdentityMismatch));
    // A name that is derived from no key needs a registry.
    named = AgentIdentity::named(AgentId::from("agent:planner:alpha"), SigningKey::from_seed(&[1; 32]));
    let packet = from_to(&named, &bob()).sign(&named, Profile::P3).unwrap();
    assert_eq!(verdict(Handoff::packet(&packet)), Err(ErrorCode::HandoffIdentityMismatch));
    let registry: AgentRegistry = [(named.agent_id().clone(), named.verifying_key())].into_iter().collect();
    assert!(verifier().registry(registry).check(Handoff::packet(&packet), now()).is_ok());
}

/// W2, HAND-25.
#[test]
fn w2_a_chain_that_was_stripped_is_refused() {
    covers!(refuse, "HAND-25");
    let mut stripped = two_hops(wide(), wide());
    stripped.chain = DelegationChain::default();
    assert_eq!(envelope_verdict(&stripped), Err(ErrorCode::HandoffChainInvalid));
    let mut cut = two_hops(wide(), wide());
    cut.chain.packet_ids.remove(0);
    assert_eq!(envelope_verdict(&cut), Err(ErrorCode::HandoffChainInvalid));
    let mut foreign = two_hops(wide(), wide());
    foreign.chain.packet_ids[1] = "pk_9".into();
    assert_eq!(envelope_verdict(&foreign), Err(ErrorCode::HandoffChainInvalid));
    // A depth that the packet states cannot be cut out of the chain.
    let mut deep = task();
    deep.provenance = Some(Provenance { origin_workflow: None, delegation_depth: Some(3) });
    assert_eq!(
        envelope_verdict(&DelegationEnvelope::first(signed(deep))),
        Err(ErrorCode::HandoffChainInvalid)
    );
}

/// W3, HAND-25, HAND-26, HAND-28, HAND-60.
#[test]
fn w3_authority_loops_and_actions_are_looked_at() {
    covers!(refuse, "HAND-25", "HAND-26", "HAND-28", "HAND-60");
    let narrow = Permissions::new(["read"]).max_tool_calls(1);
    assert_eq!(envelope_verdict(&two_hops(narrow.clone(), wide())), Err(ErrorCode::HandoffEscalation));
    assert_eq!(envelope_verdict(&two_hops(wide(), narrow)), Err(ErrorCode::HandoffEscalation));
    let mut omitted = two_hops(wide(), wide());
    omitted.chain.hops.clear();
    assert_eq!(envelope_verdict(&omitted), Err(ErrorCode::HandoffChainInvalid));
    let mut looped = two_hops(wide(), wide());
    looped.chain.agents[0] = bob().agent_id().clone();
    looped.chain.hops[0].agent_id = bob().agent_id().clone();
    assert_eq!(envelope_verdict(&looped), Err(ErrorCode::HandoffLoop));
    // An action that was not handed over is not done.
    let packet = signed(task().permissions(Permissions::default()));
    let accepted = verifier().verify(Handoff::packet(&packet), &Store::new(), now()).unwrap();
    let refused = Executor::begin(accepted, now()).authorize("drop_db", now()).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::HandoffActionDenied);
}

/// W4, HAND-28.
#[test]
fn w4_a_missing_limit_is_infinite() {
    covers!(refuse, "HAND-28");
    let none = || Permissions::new(["read", "search"]);
    assert_eq!(
        envelope_verdict(&two_hops(none().max_tool_calls(10), none())),
        Err(ErrorCode::HandoffEscalation)
    );
    let child = capability().derive(&bob(), grant("c1", &carol(), Permissions::new(["search"])));
    assert_eq!(child.unwrap_err().code(), ErrorCode::HandoffEscalation);
}

/// W5, HAND-28.
#[test]
fn w5_constraints_attenuate() {
    covers!(accept, "HAND-28");
    covers!(refuse, "HAND-28");
    let bound = Constraints {
        max_runtime_seconds: Some(5),
        data_boundary: Some("eu".into()),
        requires_human_review: HumanReview::Stated(true),
    };
    let parent = |constraints: Constraints| {
        let mut grant = grant("c0", &bob(), Permissions::new(["search"]));
        grant.constraints = Some(constraints);
        DelegationCapability::issue(&alice(), grant).unwrap()
    };
    let derived = |constraints: Option<Constraints>| {
        let mut grant = grant("c1", &carol(), Permissions::new(["search"]));
        grant.constraints = constraints;
        parent(bound.clone()).derive(&bob(), grant).map(drop).map_err(|error| error.code())
    };
    let with = |change: &dyn Fn(&mut Constraints)| {
        let mut constraints = bound.clone();
        change(&mut constraints);
        Some(constraints)
    };
    assert_eq!(derived(Some(bound.clone())), Ok(()));
    assert_eq!(derived(with(&|it| it.max_runtime_seconds = Some(4))), Ok(()));
    for wider in [
        None,
        with(&|it| it.max_runtime_seconds = Some(6)),
        with(&|it| it.max_runtime_seconds = None),
        with(&|it| it.max_runtime_seconds = Some(-1)),
        with(&|it| it.data_boundary = None),
        with(&|it| it.data_boundary = Some("us".into())),
        with(&|it| it.requires_human_review = HumanReview::Unstated),
    ] {
        assert_eq!(derived(wider), Err(ErrorCode::HandoffEscalation));
    }
    let mut early = grant("c1", &carol(), Permissions::new(["search"]));
    early.constraints = Some(bound.clone());
    early.issued_at = time("2026-01-14T11:59:00Z");
    assert!(parent(bound.clone()).derive(&bob(), early).is_err());
    assert_eq!(
        verdict_of(task().permissions(Permissions { max_tool_calls: Some(-1), ..wide() })),
        Err(ErrorCode::HandoffEscalation)
    );
}

/// W6, HAND-28: there is one question, and it looks at the limit.
#[test]
fn w6_narrowing_looks_at_the_limit() {
    covers!(refuse, "HAND-28");
    let of = |calls: u32| Permissions::new(["read", "search"]).max_tool_calls(calls);
    assert_eq!(envelope_verdict(&two_hops(of(1), of(999))), Err(ErrorCode::HandoffEscalation));
}

fn chain_verdict(chain: &[DelegationCapability]) -> Result<(), ErrorCode> {
    let roots = BTreeSet::from([alice().verifying_key()]);
    CapabilityVerifier::new(&roots).verify(chain, now()).map(drop).map_err(|error| error.code())
}

/// W7, HAND-44.
#[test]
fn w7_a_capability_is_compared_with_the_clock() {
    covers!(accept, "HAND-44");
    covers!(refuse, "HAND-44");
    let during = |from: &str, until: &str| {
        let mut grant = grant("c0", &bob(), Permissions::new(["search"]));
        (grant.issued_at, grant.expires_at) = (time(from), time(until));
        chain_verdict(&[DelegationCapability::issue(&alice(), grant).unwrap()])
    };
    assert_eq!(during("2026-01-15T12:00:30Z", "2026-01-15T12:00:30Z"), Ok(()));
    assert_eq!(during("2026-01-15T11:00:00Z", "2026-01-15T12:00:00Z"), Ok(()));
    for (from, until) in [
        ("2026-01-15T10:00:00Z", "2026-01-15T11:59:59.999999Z"),
        ("2026-01-15T12:00:30.000001Z", "2026-01-16T12:00:00Z"),
    ] {
        assert_eq!(during(from, until), Err(ErrorCode::HandoffCapabilityExpired), "{from}");
    }
}

/// W8, HAND-42.
#[test]
fn w8_signatures_are_checked_without_a_registry_too() {
    covers!(accept, "HAND-42");
    covers!(refuse, "HAND-42");
    assert_eq!(chain_verdict(&[capability()]), Ok(()));
    assert_eq!(chain_verdict(&[]), Err(ErrorCode::HandoffCapabilityInvalid));
    let forged = AgentIdentity::named(alice().agent_id().clone(), SigningKey::from_seed(&[0x42; 32]));
    let forged = DelegationCapability::issue(&forged, grant("c0", &bob(), Permissions::new(["rm"]))).unwrap();
    assert_eq!(chain_verdict(&[forged]), Err(ErrorCode::HandoffIdentityMismatch));
}

fn with_token(token: &DelegationCapability, from: &AgentIdentity, to: &AgentIdentity) -> SignedTaskPacket {
    let mut task = from_to(from, to);
    task.capability_token = Some(token.to_token());
    task.sign(from, Profile::P3).unwrap()
}

/// W9, HAND-42, HAND-45.
#[test]
fn w9_a_stolen_token_is_of_no_use() {
    covers!(accept, "HAND-29", "HAND-45");
    covers!(refuse, "HAND-42", "HAND-45");
    let honest = with_token(&capability(), &alice(), &bob());
    let checked = verifier().check(Handoff::packet(&honest), now()).unwrap();
    // Packet and capability together.
    assert_eq!(checked.authority().actions().collect::<Vec<_>>(), ["search"]);
    assert_eq!(checked.authority().max_tool_calls(), Some(3));
    let stolen = with_token(&capability(), &mallory(), &bob());
    assert_eq!(verdict(Handoff::packet(&stolen)), Err(ErrorCode::HandoffHolderMismatch));
    let minted =
        DelegationCapability::issue(&mallory(), grant("c9", &bob(), Permissions::new(["admin"]))).unwrap();
    let minted = with_token(&minted, &mallory(), &bob());
    assert_eq!(verdict(Handoff::packet(&minted)), Err(ErrorCode::HandoffCapabilityUntrusted));
}

/// W9: a leaf alone shows nothing, so that an ancestor that was revoked cannot be left out.
#[test]
fn w9_the_whole_chain_is_presented() {
    covers!(accept, "HAND-43");
    covers!(refuse, "HAND-44");
    let root =
        DelegationCapability::issue(&alice(), grant("c0", &carol(), Permissions::new(["search"]))).unwrap();
    let leaf = root.derive(&carol(), grant("c1", &bob(), Permissions::new(["search"]))).unwrap();
    let packet = with_token(&leaf, &carol(), &bob());
    let ancestors = [root];
    assert_eq!(verdict(Handoff::packet(&packet)), Err(ErrorCode::HandoffCapabilityInvalid));
    assert_eq!(verdict(Handoff::packet(&packet).ancestors(&ancestors)), Ok(()));
    let revoked: CapabilityRevocationRegistry = ["c0"].into_iter().collect();
    let refusal = verifier().revoked(revoked).check(Handoff::packet(&packet).ancestors(&ancestors), now());
    assert_eq!(refusal.unwrap_err().code(), ErrorCode::HandoffCapabilityRevoked);
}

/// W10, HAND-31: the store is the caller's, and outlives the verifier.
#[test]
fn w10_a_packet_is_accepted_once() {
    covers!(accept, "HAND-31");
    covers!(refuse, "HAND-31");
    let (packet, store) = (signed(task()), Store::new());
    let again =
        || verifier().verify(Handoff::packet(&packet), &store, now()).map(drop).map_err(|it| it.code());
    assert_eq!(again(), Ok(()));
    assert_eq!(again(), Err(ErrorCode::HandoffReplay));
}

/// W11, HAND-32.
#[test]
fn w11_a_refused_packet_spends_nothing() {
    covers!(accept, "HAND-32");
    covers!(refuse, "HAND-32");
    let (honest, store) = (signed(task()), Store::new());
    let forged = edited(&honest, |value| value["intent"] = json!("delete")).unwrap();
    assert!(verifier().verify(Handoff::packet(&forged), &store, now()).is_err());
    let deep = DelegationChain {
        packet_ids: vec![String::new(); 6],
        agents: vec![AgentId::from("a"); 6],
        hops: vec![],
    };
    let deep = DelegationEnvelope { packet: honest.clone(), chain: deep };
    assert!(verifier().verify(Handoff::envelope(&deep), &store, now()).is_err());
    assert_eq!(store.len(), 0);
    assert!(verifier().verify(Handoff::packet(&honest), &store, now()).is_ok());
}

/// W12, HAND-31.
#[test]
fn w12_two_senders_may_use_one_nonce() {
    covers!(accept, "HAND-31");
    let store = Store::new();
    for sender in [alice(), carol()] {
        let packet = from_to(&sender, &bob()).sign(&sender, Profile::P3).unwrap();
        assert!(verifier().verify(Handoff::packet(&packet), &store, now()).is_ok());
    }
}

/// W13, HAND-46.
#[test]
fn w13_a_derivation_verifies_or_is_not_made() {
    covers!(accept, "HAND-46");
    covers!(refuse, "HAND-46");
    let narrow = grant("c1", &carol(), Permissions::new(["search"]).max_tool_calls(1));
    let child = capability().derive(&bob(), narrow.clone()).unwrap();
    assert_eq!(chain_verdict(&[capability(), child]), Ok(()));
    let wide = grant("c1", &carol(), Permissions::new(["search", "admin"]).max_tool_calls(1));
    assert_eq!(capability().derive(&bob(), wide).unwrap_err().code(), ErrorCode::HandoffEscalation);
    assert_eq!(capability().derive(&mallory(), narrow).unwrap_err().code(), ErrorCode::HandoffHolderMismatch);
}

fn signature_verdict(change: impl FnOnce(&mut serde_json::Value)) -> Result<(), ErrorCode> {
    let packet = edited(&signed(task()), change)?;
    packet.verify_signature(ProfileChoice::Auto).map(drop).map_err(|error| error.code())
}

/// W14, HAND-11.
#[test]
fn w14_the_algorithm_is_looked_at() {
    covers!(refuse, "HAND-11");
    let refused = signature_verdict(|value| value["signature_algo"] = json!("none"));
    assert_eq!(refused, Err(ErrorCode::HandoffSignatureInvalid));
}

/// W15, HAND-6.
#[test]
fn w15_a_signature_has_one_spelling() {
    covers!(accept, "HAND-6", "HAND-11");
    covers!(refuse, "HAND-6", "HAND-11");
    let changed = |change: fn(&str) -> String| {
        signature_verdict(|value| value["signature"] = json!(change(value["signature"].as_str().unwrap())))
    };
    assert_eq!(changed(str::to_owned), Ok(()));
    for change in [
        |text: &str| format!("!!{text}"),
        |text: &str| format!("{text}\n"),
        |text: &str| text.trim_end_matches('=').to_owned(),
        with_spare_bits,
        |_: &str| String::new(),
    ] {
        assert_eq!(changed(change), Err(ErrorCode::HandoffSignatureInvalid));
    }
}

/// The same 64 bytes with the lowest of the four spare bits of the last letter set.
fn with_spare_bits(text: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut letters = text.as_bytes().to_vec();
    let last = letters.len() - 3;
    let value = ALPHABET.iter().position(|letter| *letter == letters[last]).unwrap();
    letters[last] = ALPHABET[value | 1];
    String::from_utf8(letters).unwrap()
}

/// W16, HAND-5.
#[test]
fn w16_a_small_order_key_signs_nothing() {
    covers!(refuse, "HAND-5");
    let identity = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END PUBLIC KEY-----\n";
    let signature = format!("AQ{}==", "A".repeat(84));
    let refused = signature_verdict(|value| {
        value["public_key"] = json!(identity);
        value["signature"] = json!(signature);
    });
    assert_eq!(refused, Err(ErrorCode::HandoffMalformed));
}

/// W17, HAND-21.
#[test]
fn w17_a_packet_for_somebody_else_is_refused() {
    covers!(refuse, "HAND-21");
    assert_eq!(verdict_of(from_to(&alice(), &carol())), Err(ErrorCode::HandoffWrongRecipient));
}

/// W18, HAND-1, HAND-2, HAND-3.
#[test]
fn w18_one_document_for_one_signature() {
    covers!(accept, "HAND-1");
    covers!(refuse, "HAND-1", "HAND-2", "HAND-3");
    let text = signed(task().context([("limit", ca2a_core::json::Node::NULL)])).to_json(Profile::P3);
    let read = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        SignedTaskPacket::from_json(text.replacen(from, to, 1).as_bytes())
            .map(drop)
            .map_err(|error| error.code())
    };
    assert_eq!(read("{", "{"), Ok(()));
    for (from, to) in [
        ("\"limit\": null", "\"limit\": Infinity"),
        ("\"limit\": null", "\"limit\": NaN"),
        ("\"limit\": null", "\"limit\": 1e999"),
        ("\"limit\": null", "\"limit\": null, \"limit\": 1"),
        ("\"limit\": null", "\"limit\": \"\\ud800\""),
        ("\"max_tool_calls\": 5", "\"max_tool_calls\": \"5\""),
        ("\"max_tool_calls\": 5", "\"max_tool_calls\": 5.0"),
        ("\"max_tool_calls\": 5", "\"max_tool_calls\": true"),
        ("\"max_tool_calls\": 5", "\"max_tool_calls\": 5, \"more\": 1"),
        ("\"2026-01-15T11:59:00+00:00\"", "1768478340"),
        ("\"2026-01-15T11:59:00+00:00\"", "\"2026-01-15T11:59:00.0000000+00:00\""),
        ("\"2026-01-15T11:59:00+00:00\"", "\"2026-01-15T11:59:00\""),
        ("\"task_type\": null", "\"task_type\": null, \"unknown\": 1"),
    ] {
        assert_eq!(read(from, to), Err(ErrorCode::HandoffMalformed), "{to}");
    }
}

fn to_be_reviewed() -> ca2a_handoff::TaskPacket {
    let constraints =
        Constraints { requires_human_review: HumanReview::Stated(true), ..Constraints::default() };
    task().context([("human_approval", "yes")]).constraints(constraints)
}

/// W19, HAND-30, HAND-65.
#[test]
fn w19_a_review_is_a_signature_by_somebody_else() {
    covers!(accept, "HAND-30", "HAND-65");
    covers!(refuse, "HAND-30", "HAND-65");
    let packet = signed(to_be_reviewed());
    let digest = packet.digest(ProfileChoice::Auto).unwrap();
    let (person, other) = (SigningKey::from_seed(&[9; 32]), SigningKey::from_seed(&[8; 32]));
    let at = now().seconds();
    let judge = |approval: Option<Approval>| {
        let approvals: Vec<_> = approval.into_iter().collect();
        let verifier = verifier().approver(person.verifying_key()).approver(alice().verifying_key());
        verifier
            .check(Handoff::packet(&packet).approvals(&approvals), now())
            .map(drop)
            .map_err(|it| it.code())
    };
    assert_eq!(judge(None), Err(ErrorCode::HandoffReviewRequired));
    let good = Approval::sign(digest, at, at + 60, &person);
    assert_eq!(judge(Some(good.clone())), Ok(()));
    let wire = ca2a_core::json::to_text(&good.to_node());
    assert_eq!(Approval::from_json(wire.as_bytes()), Ok(good));
    let elsewhere =
        signed(to_be_reviewed().permissions(Permissions::default())).digest(ProfileChoice::Auto).unwrap();
    for bad in [
        Approval::sign(digest, at, at + 60, &other),
        Approval::sign(digest, at, at + 60, alice().signing_key()),
        Approval::sign(elsewhere, at, at + 60, &person),
        Approval::sign(digest, at - 60, at - 1, &person),
        Approval::sign(digest, at + 31, at + 60, &person),
        Approval::from_json(wire.replace(&format!("{}", at + 60), &format!("{}", at + 61)).as_bytes())
            .unwrap(),
    ] {
        assert_eq!(judge(Some(bad)), Err(ErrorCode::HandoffApprovalInvalid));
    }
}

fn attested(identity: &AgentIdentity) -> ExecutionAttestation {
    let result = Object::from([("v", 1_i64)]).into();
    let execution = Execution {
        packet_id: "pk_1",
        status: ExecutionStatus::Ok,
        result: &result,
        reason: None,
        nonce: u128::MAX,
        timestamp_ms: now().seconds() * 1_000,
    };
    ExecutionAttestation::sign(&execution, identity).unwrap()
}

/// W20, HAND-52, HAND-53.
#[test]
fn w20_an_attestation_is_of_the_agent_that_is_expected() {
    covers!(accept, "HAND-52", "HAND-53");
    covers!(refuse, "HAND-52", "HAND-53");
    let verify = |attestation: &ExecutionAttestation, packet_id: &str| {
        let result: ca2a_core::json::Node<'_> = Object::from([("v", 1_i64)]).into();
        attestation.verify(&Expected {
            agent: alice().agent_id(),
            key: &alice().verifying_key(),
            packet_id: Some(packet_id),
            outcome_hash: outcome_hash(&result).unwrap(),
            reason_hash: None,
            now_ms: now().seconds() * 1_000,
            max_age_ms: 0,
        })
    };
    let attestation = attested(&alice());
    assert_eq!(verify(&attestation, "pk_1"), Ok(()));
    assert!(matches!(verify(&attestation, "pk_2"), Err(AttestationError::OtherPacket { .. })));
    let text = attestation.to_json();
    let renamed = text.replace(alice().agent_id().as_str(), "agent:somebody");
    let renamed = ExecutionAttestation::from_json(renamed.as_bytes()).unwrap();
    assert!(matches!(verify(&renamed, "pk_1"), Err(AttestationError::OtherAgent { .. })));
    // 2^128, and a signature with something in front.
    for wrong in [
        text.replace(&u128::MAX.to_string(), "340282366920938463463374607431768211456"),
        text.replace("\"signature\":\"", "\"signature\":\"!!!!"),
    ] {
        assert!(ExecutionAttestation::from_json(wrong.as_bytes()).is_err());
    }
}

/// W21, HAND-54.
#[test]
fn w21_our_identity_attests() {
    covers!(accept, "HAND-54");
    assert_eq!(attested(&bob()).signed_by(), bob().agent_id());
}

/// W22, HAND-31.
#[test]
fn w22_a_full_store_refuses_and_forgets_nothing() {
    covers!(refuse, "HAND-31");
    let store = Store::of(1);
    let first = signed(task());
    let verify = |packet: &SignedTaskPacket| {
        verifier().verify(Handoff::packet(packet), &store, now()).map(drop).map_err(|it| it.code())
    };
    assert_eq!(verify(&first), Ok(()));
    let mut second = task();
    second.nonce = "nonce-2".into();
    assert_eq!(verify(&signed(second)), Err(ErrorCode::Overloaded));
    assert_eq!(verify(&first), Err(ErrorCode::HandoffReplay));
}

/// W23, HAND-47.
#[test]
fn w23_a_token_is_spent_whatever_stands_around_it() {
    covers!(accept, "HAND-47");
    covers!(refuse, "HAND-47");
    let (roots, store) = (BTreeSet::from([alice().verifying_key()]), Store::new());
    let open = |nonce: &str, issued_at: &str, compat| {
        let envelope = CapabilityTokenEnvelope {
            payload: Object::new(),
            capability_token: capability().to_token(),
            nonce: nonce.into(),
            issued_at: time(issued_at),
        };
        let verifier = CapabilityVerifier::new(&roots);
        envelope.verify(&verifier, &[], 300, compat, &store, now()).map(drop).map_err(|error| error.code())
    };
    let at = "2026-01-15T12:00:00Z";
    assert_eq!(open("n0", "2026-01-15T11:54:59.999999Z", None), Err(ErrorCode::HandoffCapabilityExpired));
    assert_eq!(open("n0", "2026-01-15T12:00:00.000001Z", None), Err(ErrorCode::HandoffCapabilityExpired));
    assert_eq!(open("n1", at, None), Ok(()));
    assert_eq!(open("n2", at, None), Err(ErrorCode::HandoffReplay));
    assert_eq!(open("n2", at, Some(Compat::TrustHandoff04)), Ok(()));
}

/// W24, HAND-33: a verdict for every input.
#[test]
fn w24_malformed_input_is_refused_with_a_code() {
    covers!(refuse, "HAND-1");
    for input in [&b""[..], b"[]", b"nul", b"{}", b"{\"chain\": {}}", b"\xff", b"\xef\xbb\xbf{}"] {
        assert_eq!(SignedTaskPacket::from_json(input).unwrap_err().code(), ErrorCode::HandoffMalformed);
        assert_eq!(DelegationEnvelope::from_json(input).unwrap_err().code(), ErrorCode::HandoffMalformed);
    }
    let text = signed(task()).to_json(Profile::P3);
    let deep = format!("{}{}", "[".repeat(900), "]".repeat(900));
    let large = format!("\"{}\"", "x".repeat(SignedTaskPacket::MAX_BYTES));
    for value in [deep, large] {
        let text = text.replace("\"Example Corp\"", &value);
        assert_eq!(
            SignedTaskPacket::from_json(text.as_bytes()).unwrap_err().code(),
            ErrorCode::HandoffMalformed
        );
    }
    let key = signature_verdict(|value| value["public_key"] = json!("no key"));
    assert_eq!(key, Err(ErrorCode::HandoffMalformed));
    let mut broken = task();
    broken.capability_token = Some("dG9rZW4".into());
    assert_eq!(verdict_of(broken), Err(ErrorCode::HandoffCapabilityInvalid));
}

fn during(issued: &str, expires: &str) -> ca2a_handoff::TaskPacket {
    let mut task = task();
    (task.issued_at, task.expires_at) = (time(issued), time(expires));
    task
}

/// W25, HAND-23: nothing lets an expired packet pass.
#[test]
fn w25_expired_is_expired() {
    covers!(refuse, "HAND-23");
    let task = || during("2026-01-15T11:00:00Z", "2026-01-15T11:59:59.999999Z");
    assert_eq!(verdict_of(task()), Err(ErrorCode::HandoffExpired));
    let packet = signed(task());
    let compat = verifier().compat(Some(Compat::TrustHandoff04)).check(Handoff::packet(&packet), now());
    assert_eq!(compat.unwrap_err().code(), ErrorCode::HandoffExpired);
}

/// W26, HAND-24.
#[test]
fn w26_risk_bounds_life() {
    covers!(accept, "HAND-24");
    covers!(refuse, "HAND-24");
    let stated = |risk, ttl| {
        let mut task = task();
        (task.risk_level, task.ttl_seconds) = (Some(risk), Some(ttl));
        task.expires_at = task.issued_at.plus_seconds(ttl).unwrap();
        verdict_of(task)
    };
    assert_eq!(stated(RiskLevel::Write, 120), Ok(()));
    assert_eq!(stated(RiskLevel::Read, 900), Ok(()));
    for (risk, ttl) in [(RiskLevel::Write, 121), (RiskLevel::Read, 901)] {
        assert_eq!(stated(risk, ttl), Err(ErrorCode::HandoffTtlPolicy));
        assert!(task().expire_by_risk(risk, Some(ttl)).is_err());
    }
    assert!(task().expire_by_risk(RiskLevel::Read, Some(0)).is_err());
    let unknown = edited(&signed(task()), |value| value["risk_level"] = json!("nuclear"));
    assert_eq!(unknown.unwrap_err(), ErrorCode::HandoffTtlPolicy);
}

/// W27, HAND-33: a verdict is a value, made before anybody is told, and every refusal is one.
#[test]
fn w27_every_refusal_is_a_decision_with_a_code() {
    covers!(refuse, "HAND-33");
    let packet = signed(from_to(&alice(), &carol()));
    let refusal = verifier().check(Handoff::packet(&packet), now()).unwrap_err();
    let decision = PacketDecision::from(&refusal);
    assert_eq!(decision.decision.as_str(), "REJECT");
    let details = decision.details.unwrap();
    assert_eq!(details.get("code").and_then(|code| code.as_str()), Some("HANDOFF_WRONG_RECIPIENT"));
}

/// W28, HAND-20.
#[test]
fn w28_a_registry_keeps_its_word() {
    covers!(accept, "HAND-20");
    covers!(refuse, "HAND-20");
    let mut registry = AgentRegistry::default();
    let id = alice().agent_id().clone();
    registry.register(id.clone(), alice().verifying_key()).unwrap();
    registry.register(id.clone(), alice().verifying_key()).unwrap();
    assert!(registry.register(id.clone(), mallory().verifying_key()).is_err());
    // Another spelling of the same key is the same key; what is signed is the spelling, so that it is signed again.
    let packet = signed(task());
    assert!(verifier().registry(registry.clone()).check(Handoff::packet(&packet), now()).is_ok());
    registry.revoke(id);
    let refused = verifier().registry(registry.clone()).check(Handoff::packet(&packet), now());
    assert_eq!(refused.unwrap_err().code(), ErrorCode::HandoffAgentRevoked);
    let roots = BTreeSet::from([alice().verifying_key()]);
    let chain = CapabilityVerifier::new(&roots).registry(Some(&registry)).verify(&[capability()], now());
    assert_eq!(chain.unwrap_err().code(), ErrorCode::HandoffAgentRevoked);
}

/// W31, HAND-7, HAND-10, HAND-13: which profile matched is part of the verdict and of the packet's name.
#[test]
fn w31_a_profile_is_named() {
    covers!(accept, "HAND-7", "HAND-10");
    covers!(refuse, "HAND-7", "HAND-9");
    let names: BTreeSet<String> = Profile::AUTO
        .into_iter()
        .map(|profile| {
            let packet = task().sign(&alice(), profile).unwrap();
            let checked = verifier().check(Handoff::packet(&packet), now()).unwrap();
            assert_eq!(checked.profile().name(), profile.name());
            let other = if profile == Profile::P3 { Profile::P1(Pydantic::New) } else { Profile::P3 };
            let refused = packet.verify_signature(ProfileChoice::Exactly(other));
            assert_eq!(refused.unwrap_err().code(), ErrorCode::HandoffSignatureInvalid);
            checked.digest().to_hex()
        })
        .collect();
    assert_eq!(names.len(), 3);
    // P1 does not cover what 0.3.3 added.
    let mut newer = task();
    newer.ai_provenance = Some(Object::from([("source", "llm")]));
    let refused = newer.sign(&alice(), Profile::P1(Pydantic::New)).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::HandoffProfileUnsupported);
}

/// W32, HAND-23.
#[test]
fn w32_the_window_has_no_grace_and_an_end() {
    covers!(accept, "HAND-23");
    covers!(refuse, "HAND-23");
    for (issued, expires, code) in [
        ("2027-01-15T12:00:00Z", "2027-01-15T12:10:00Z", ErrorCode::HandoffNotYetValid),
        ("2026-01-15T12:00:30.000001Z", "2026-01-15T12:10:00Z", ErrorCode::HandoffNotYetValid),
        ("2026-01-15T12:00:10.000001Z", "2026-01-15T12:00:10Z", ErrorCode::HandoffWindowInvalid),
        ("2026-01-15T11:00:00Z", "2026-01-16T11:00:00.000001Z", ErrorCode::HandoffWindowInvalid),
    ] {
        assert_eq!(verdict_of(during(issued, expires)), Err(code), "{issued} {expires}");
    }
    for (issued, expires) in [
        ("2026-01-15T12:00:30Z", "2026-01-15T12:00:30Z"),
        ("2026-01-15T11:00:00Z", "2026-01-15T12:00:00Z"),
        ("2026-01-15T11:00:00Z", "2026-01-16T11:00:00Z"),
    ] {
        assert_eq!(verdict_of(during(issued, expires)), Ok(()), "{issued} {expires}");
    }
    let long = signed(during("2026-01-15T11:00:00Z", "2026-01-20T11:00:00Z"));
    let verifier = HandoffVerifier::new(bob().agent_id().clone()).max_lifetime_seconds(432_000);
    assert!(verifier.check(Handoff::packet(&long), now()).is_ok());
}

/// W34, HAND-90: what relaxes has a name, and a name that nobody knows is none.
#[test]
fn w34_strict_is_the_default() {
    covers!(accept, "HAND-90");
    covers!(refuse, "HAND-90");
    let forged = AgentIdentity::named(alice().agent_id().clone(), SigningKey::from_seed(&[0x42; 32]));
    let forged = task().sign(&forged, Profile::P3).unwrap();
    assert!(verifier().check(Handoff::packet(&forged), now()).is_err());
    let compat = "trusthandoff-0.4".parse::<Compat>().unwrap();
    let relaxed = verifier().compat(Some(compat)).check(Handoff::packet(&forged), now()).unwrap();
    assert_eq!(relaxed.compat().map(Compat::as_str), Some("trusthandoff-0.4"));
    for other in ["1", "true", "strict", "trusthandoff", ""] {
        assert!(other.parse::<Compat>().is_err());
    }
}
