//! Depth, provenance, verdicts, and what a recipient may do under packet and capability together.
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

use ca2a_core::{ErrorCode, json::Object};
use ca2a_covers::covers;
use ca2a_handoff::{
    AgentId, CapabilityVerifier, DelegationCapability, DelegationChain, DelegationEnvelope, DelegationHop,
    ExecutionStatus, Executor, Handoff, PacketDecision, Permissions, Profile, Provenance,
};
use world::*;

/// A chain of `agents` that ends with alice, and her packet.
fn deep(agents: u8) -> DelegationEnvelope {
    let before = (0..agents - 1).map(|at| agent(0x60 + at));
    let agents: Vec<AgentId> = before.chain([alice()]).map(|identity| identity.agent_id().clone()).collect();
    let wide = Permissions::new(["read", "search"]).max_tool_calls(5);
    let packet_ids: Vec<String> =
        (1..agents.len()).map(|at| format!("pk_before_{at}")).chain(["pk_1".to_owned()]).collect();
    let hop = |agent_id: &AgentId| DelegationHop {
        agent_id: agent_id.clone(),
        delegated_permissions: wide.clone(),
    };
    let hops = if agents.len() > 1 { agents.iter().map(hop).collect() } else { Vec::new() };
    DelegationEnvelope { packet: signed(task()), chain: DelegationChain { packet_ids, agents, hops } }
}

/// HAND-27: five are as deep as it goes, in the chain and by the packet's own word.
#[test]
fn a_chain_is_at_most_five_deep() {
    covers!(accept, "HAND-25", "HAND-26", "HAND-27");
    covers!(refuse, "HAND-27");
    for agents in [1, 2, 5] {
        assert_eq!(envelope_verdict(&deep(agents)), Ok(()), "{agents}");
    }
    assert_eq!(envelope_verdict(&deep(6)), Err(ErrorCode::HandoffDepthExceeded));
    let allowing = verifier().max_depth(6);
    assert!(allowing.check(Handoff::envelope(&deep(6)), now()).is_ok());
    let stating = |depth| {
        let mut task = task();
        task.provenance = Some(Provenance { origin_workflow: None, delegation_depth: Some(depth) });
        verdict_of(task)
    };
    assert_eq!(stating(5), Ok(()));
    assert_eq!(stating(6), Err(ErrorCode::HandoffDepthExceeded));
    let mut second = task();
    second.provenance = Some(Provenance { origin_workflow: None, delegation_depth: Some(1) });
    let mut envelope = deep(2);
    envelope.packet = signed(second);
    assert!(envelope_verdict(&envelope).is_err(), "the second in the chain, and says that it is the first");
}

/// HAND-30: what a model made says which.
#[test]
fn provenance_names_its_source() {
    covers!(accept, "HAND-30");
    covers!(refuse, "HAND-30");
    let from = |member: &str| {
        let mut task = task();
        task.ai_provenance = Some(Object::from([(member.to_owned(), "llm")]));
        verdict_of(task)
    };
    assert_eq!(from("source"), Ok(()));
    assert_eq!(from("model"), Err(ErrorCode::HandoffAiProvenance));
}

/// HAND-33: two words, with a code where it is the second.
#[test]
fn a_decision_has_two_words() {
    covers!(accept, "HAND-33");
    covers!(refuse, "HAND-33");
    let packet = signed(task());
    let accepted = verifier().verify(Handoff::packet(&packet), &Store::new(), now()).unwrap();
    let decision = PacketDecision::from(&accepted);
    assert_eq!((decision.decision.as_str(), decision.details.is_none()), ("ACCEPT", true));
    assert_eq!(decision.reason.as_deref(), Some("Packet verified and valid"));
    let elsewhere = signed(from_to(&alice(), &carol()));
    let refusal = verifier().check(Handoff::packet(&elsewhere), now());
    let decision = PacketDecision::from(&refusal.unwrap_err());
    let code =
        decision.details.as_ref().and_then(|details| details.get("code")).and_then(|code| code.as_str());
    assert_eq!((decision.decision.as_str(), code), ("REJECT", Some("HANDOFF_WRONG_RECIPIENT")));
    let long = Object::from([("n".repeat(300), "x".repeat(300))]);
    let bounded = decision.with_details(&long).details.unwrap();
    let (name, text) = bounded.iter().next().unwrap();
    assert!(name.chars().count() <= 131 && text.as_str().unwrap().chars().count() <= 259, "{bounded:?}");
}

/// HAND-43: the issuer of a grant is the subject of the one above it, under its id.
#[test]
fn a_grant_continues_the_one_above() {
    covers!(accept, "HAND-42", "HAND-43");
    covers!(refuse, "HAND-42", "HAND-43");
    let roots = BTreeSet::from([alice().verifying_key()]);
    let verdict = |chain: &[DelegationCapability]| {
        CapabilityVerifier::new(&roots).verify(chain, now()).map(drop).map_err(|error| error.code())
    };
    let search = || Permissions::new(["search"]).max_tool_calls(3);
    let root = |id: &str, to: &ca2a_handoff::AgentIdentity| {
        DelegationCapability::issue(&alice(), grant(id, to, search())).unwrap()
    };
    let child = root("c0", &bob()).derive(&bob(), grant("c1", &carol(), search())).unwrap();
    assert_eq!(verdict(&[root("c0", &bob()), child.clone()]), Ok(()));
    // To somebody else, under another id, and in the wrong place.
    assert_eq!(verdict(&[root("c0", &carol()), child.clone()]), Err(ErrorCode::HandoffCapabilityInvalid));
    assert_eq!(verdict(&[root("c9", &bob()), child.clone()]), Err(ErrorCode::HandoffCapabilityInvalid));
    assert_eq!(verdict(&[child]), Err(ErrorCode::HandoffCapabilityInvalid));
    let strangers = DelegationCapability::issue(&mallory(), grant("c0", &bob(), search())).unwrap();
    assert_eq!(verdict(&[strangers]), Err(ErrorCode::HandoffCapabilityUntrusted));
}

/// HAND-48: what packet and capability both allow is done, and nothing that only one of them allows.
#[test]
fn packet_and_capability_authorize_together() {
    covers!(accept, "HAND-29", "HAND-48");
    covers!(refuse, "HAND-29", "HAND-48");
    let wide = Permissions::new(["search", "delete"]).max_tool_calls(2);
    let grant = DelegationCapability::issue(&alice(), grant("c0", &bob(), wide)).unwrap();
    let mut task = task();
    task.capability_token = Some(grant.to_token());
    let packet = task.clone().sign(&alice(), Profile::P3).unwrap();
    let accepted = verifier().verify(Handoff::packet(&packet), &Store::new(), now()).unwrap();
    let mut executor = Executor::begin(accepted, now());
    // `read` is the packet's alone, `delete` the capability's.
    for alone in ["read", "delete"] {
        let refused = executor.authorize(alone, now()).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::HandoffActionDenied, "{alone}");
    }
    for _ in 0..2 {
        executor.authorize("search", now()).unwrap();
    }
    let refused = executor.authorize("search", now()).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::HandoffBudgetExhausted, "two calls, not the packet's five");
    task.capability_token = Some(format!("{}A", grant.to_token()));
    assert_eq!(verdict_of(task), Err(ErrorCode::HandoffCapabilityInvalid));
}

/// HAND-62: what ended in time is attested as it ended, what ended late as `TIMEOUT`.
#[test]
fn a_late_end_is_a_timeout() {
    covers!(accept, "HAND-62");
    covers!(refuse, "HAND-62");
    let packet = signed(task());
    let attested = |late: i64| {
        let accepted = verifier().verify(Handoff::packet(&packet), &Store::new(), now()).unwrap();
        let executor = Executor::begin(accepted, now());
        let end = executor.deadline().plus_seconds(late);
        let result = Object::from([("v", 1_i64)]).into();
        executor.finish(end).attest(ExecutionStatus::Ok, &result, None, 1, &bob()).unwrap().status()
    };
    assert_eq!(attested(0), ExecutionStatus::Ok);
    assert_eq!(attested(1), ExecutionStatus::Timeout);
}
