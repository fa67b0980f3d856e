//! Frameworks: their events become packets, and what their nodes return is attested.
#![cfg(feature = "adapters")]
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

use ca2a_core::{
    ErrorCode,
    json::{Node, Object},
};
use ca2a_covers::covers;
use ca2a_handoff::{
    ExecutionStatus, Handoff, Profile, ProfileChoice,
    adapter::{
        AutoGenHandoff, CrewAiHandoff, Draw, Framework, FrameworkEvent, HandoffOptions, LangGraphHandoff,
        NodeAdapter, NodeError, NodeFailure, SeenAttestations, failure_reason,
    },
};
use world::*;

fn draw() -> Draw {
    Draw { now: now(), random: [[1; 16], [2; 16], [3; 16]], profile: Profile::P3 }
}

/// HAND-80: an event under its framework's names becomes a packet, and is read off it again.
#[test]
fn an_event_becomes_a_packet_and_is_read_off_it() {
    covers!(accept, "HAND-80");
    covers!(refuse, "HAND-80");
    fn there_and_back<E: FrameworkEvent + serde::Serialize + serde::de::DeserializeOwned>(text: &str) {
        let event: E = serde_json::from_str(text).unwrap();
        let packet = event.create_packet(&alice(), &draw()).unwrap();
        assert_eq!(packet.task().to_agent, *bob().agent_id());
        assert_eq!(packet.task().intent, "look it up");
        assert!(packet.verify_signature(ProfileChoice::Auto).is_ok());
        let again = E::of_task(packet.task());
        assert_eq!(serde_json::to_value(&again).unwrap(), serde_json::to_value(&event).unwrap());
    }
    let bob = bob().agent_id().to_string();
    let langgraph =
        format!(r#"{{"target_agent_id":"{bob}","state_intent":"look it up","state_context":{{"a":1}}}}"#);
    there_and_back::<LangGraphHandoff>(&langgraph);
    let names = |event: &serde_json::Value| {
        let mut names: Vec<String> = event.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    // The others have the same parts under names of their own, and do not take these.
    assert!(serde_json::from_str::<CrewAiHandoff>(&langgraph).is_err());
    assert!(serde_json::from_str::<AutoGenHandoff>(&langgraph).is_err());
    let task = from_to(&alice(), &ca2a_handoff::AgentIdentity::from_seed(&[2; 32]));
    let crewai = serde_json::to_value(CrewAiHandoff::of_task(&task)).unwrap();
    let autogen = serde_json::to_value(AutoGenHandoff::of_task(&task)).unwrap();
    assert_ne!(names(&crewai), names(&autogen));
    let mut event: CrewAiHandoff = serde_json::from_value(crewai).unwrap();
    let packet = event.create_packet(&alice(), &draw()).unwrap();
    assert_eq!(packet.task().permissions, task.permissions);
    event.options = HandoffOptions { max_tool_calls: Some(1), ..event.options };
    assert_ne!(event.create_packet(&alice(), &draw()).unwrap().task().permissions, task.permissions);
    let event: AutoGenHandoff = serde_json::from_value(autogen).unwrap();
    assert_eq!(event.create_packet(&alice(), &draw()).unwrap().task().intent, task.intent);
}

/// HAND-82: after ACCEPT the recipient stands at the end of the chain; after a refusal the chain is as it was.
#[test]
fn the_outcome_says_who_holds_the_task() {
    covers!(accept, "HAND-82");
    covers!(refuse, "HAND-82");
    let event = |to: &ca2a_handoff::AgentIdentity| LangGraphHandoff::of_task(&from_to(&alice(), to));
    let store = Store::new();
    let outcome = event(&bob()).process_framework_handoff(&alice(), &draw(), &verifier(), &store).unwrap();
    assert_eq!(outcome.decision.decision.as_str(), "ACCEPT");
    let agents: Vec<_> = outcome.envelope.chain.agents.iter().collect();
    assert_eq!(agents, [alice().agent_id(), bob().agent_id()]);
    let hops: Vec<_> = outcome.envelope.chain.hops.iter().map(|hop| &hop.agent_id).collect();
    assert_eq!(hops, agents, "every agent has its hop");
    assert_eq!(outcome.envelope.packet, outcome.packet);

    let outcome = event(&carol()).process_framework_handoff(&alice(), &draw(), &verifier(), &store).unwrap();
    assert_eq!(outcome.decision.decision.as_str(), "REJECT");
    let details = outcome.decision.details.unwrap();
    assert_eq!(details.text("code").unwrap(), ErrorCode::HandoffWrongRecipient.as_str());
    assert_eq!(outcome.envelope.chain.agents, [alice().agent_id().clone()]);
    assert!(verifier().check(Handoff::packet(&outcome.packet), now()).is_err());
}

/// HAND-83, HAND-84: nothing runs that cannot be attested; an output is believed once, a failure by who asks for one.
#[test]
fn an_output_is_attested_and_believed_once() {
    covers!(accept, "HAND-83", "HAND-84");
    covers!(refuse, "HAND-83", "HAND-84");
    let identity = bob();
    let adapter = NodeAdapter::new(Framework::LangGraph, &identity);
    let state = Object::from([("packet_id", "pk_1")]);
    for unnamed in [Object::new(), Object::from([("packet_id", "")]), Object::from([("packet", "pk_1")])] {
        assert!(matches!(adapter.packet_id(&unnamed), Err(NodeError::MissingPacketId { .. })));
        assert!(adapter.attest(&unnamed, Ok(Object::new()), 0, 1).is_err());
    }
    let at = now().seconds() * 1_000;
    let result = Object::from([("answer", 42_i64)]);
    let output = adapter.attest(&state, Ok(result), at, 1).unwrap();
    assert_eq!((output.attestation.packet_id(), output.attestation.status()), ("pk_1", ExecutionStatus::Ok));
    let float = ca2a_core::json::Value::Number(ca2a_core::json::Number::Float(0.5));
    let unattestable = Object::from([("answer", Node::from(float))]);
    assert!(adapter.attest(&state, Ok(unattestable), at, 2).is_err());

    let (id, key) = (bob().agent_id().clone(), bob().verifying_key());
    let mut seen = SeenAttestations::default();
    let mut changed = output.clone();
    changed.result.insert("answer", 43_i64);
    assert!(changed.verify(&id, &key, None, at, &mut seen).is_err());
    assert!(output.verify(alice().agent_id(), &key, None, at, &mut seen).is_err());
    assert_eq!(
        output.verify(&id, &key, None, at, &mut seen),
        Ok(()),
        "what was not believed was not remembered"
    );
    assert_eq!(output.verify(&id, &key, None, at, &mut seen), Err(NodeError::Replay));

    let failure = NodeFailure { error: "no such page".into(), error_type: "KeyError".into() };
    let failed = adapter.attest(&state, Err(failure), at, 3).unwrap();
    assert_eq!(failed.attestation.status(), ExecutionStatus::Error);
    assert!(failed.attestation.reason_hash().is_some());
    assert!(failed.verify(&id, &key, None, at, &mut seen).is_err(), "a failure is not taken for a result");
    assert_eq!(failed.verify(&id, &key, Some(&failure_reason()), at, &mut seen), Ok(()));
}
