//! Adapters of both generations.

use ca2a_core::json::{Node, Object};
use ca2a_handoff::{
    ExecutionAttestation, Profile, Pydantic, SignedTaskPacket,
    adapter::{
        AutoGenHandoff, CrewAiHandoff, Draw, Framework, FrameworkEvent, FrameworkOutcome, HandoffOptions,
        LangGraphHandoff, NodeAdapter, NodeFailure, NodeOutput, SeenAttestations,
    },
};
use ca2a_runtime::store::MemoryReplayStore;

use super::{
    answer::{Answer, Answers, Judged},
    attestation::document,
    case::{Case, World, unhex},
    expect,
    packet::run,
};

/// A node of a framework, wrapped.
pub(super) fn wrap_node(case: &Case, world: &World) -> Judged {
    run(|| {
        let verdict = case.node("verdict")?.as_object().ok_or("no verdict")?;
        let expected = expect::answers(case.node("verdict")?);
        let signer = world.identity(case.text("signer"))?;
        let framework = match case.text("framework") {
            "crewai" => Framework::CrewAi,
            "autogen" => Framework::AutoGen,
            _ => Framework::LangGraph,
        };
        let state = case.node("state")?.as_object().ok_or("no state")?;
        let theirs = verdict.get("wrap_node").and_then(Node::as_object).and_then(|it| it.get("returns"));
        let theirs = theirs.and_then(Node::as_object).and_then(|it| it.get("attestation"));
        let theirs = theirs.map(document).transpose()?.map(|node| ExecutionAttestation::from_node(&node));
        let theirs = theirs.transpose().map_err(|error| error.to_string())?;
        let nonce = theirs.as_ref().map_or(7, ExecutionAttestation::nonce);
        let now_ms = world.now.seconds().saturating_mul(1_000);
        let output = NodeAdapter::new(framework, signer).attest(
            state,
            returned(case.node("node_returns")?),
            now_ms,
            nonce,
        );
        let mut expected = expected;
        expected.remove("verify_serialised_twice_with_seen_nonces");
        let mut got = Answers::default();
        match output {
            Err(error) => got.set("wrap_node", Answer::No(error.to_string())),
            Ok(output) => {
                expected.set("attestation", Answer::Value(theirs.map(|it| it.to_json()).unwrap_or_default()));
                got.set("attestation", Answer::Value(output.attestation.to_json()));
                got.set("wrap_node", Answer::Yes);
                let twice = verdict.get("verify_serialised_twice_with_seen_nonces").and_then(Node::as_array);
                for (at, theirs) in twice.unwrap_or_default().iter().enumerate() {
                    expected.set(&format!("use {at}"), expect::answer(theirs));
                }
                verify(world, &output, signer, now_ms, &mut got)?;
            }
        }
        Ok(Judged::Compared { expected, got })
    })
}

/// The package has no way to give a reason, so that it believes no attested failure; asked the same, neither do we.
fn verify(
    world: &World,
    output: &NodeOutput,
    signer: &ca2a_handoff::AgentIdentity,
    now_ms: u64,
    got: &mut Answers,
) -> Result<(), String> {
    let once = |seen: &mut SeenAttestations| {
        Answer::of(output.verify(signer.agent_id(), &signer.verifying_key(), None, now_ms, seen))
    };
    got.set("verify_node_output", once(&mut SeenAttestations::default()));
    let mut seen = SeenAttestations::default();
    for at in 0..2 {
        got.set(&format!("use {at}"), once(&mut seen));
    }
    let other = world.identity("mallory")?;
    let key = other.verifying_key();
    let other = output.verify(signer.agent_id(), &key, None, now_ms, &mut SeenAttestations::default());
    got.set("verify_with_other_key", Answer::of(other));
    Ok(())
}

/// `raises RuntimeError('boom')`, or what was returned.
fn returned(node: &Node<'static>) -> Result<Object<'static>, NodeFailure> {
    if let Some(object) = node.as_object() {
        return Ok(object.clone());
    }
    let text = node.as_str().unwrap_or_default().trim_start_matches("raises ");
    let (kind, rest) = text.split_once("('").unwrap_or((text, ""));
    Err(NodeFailure { error: rest.trim_end_matches("')").to_owned(), error_type: kind.to_owned() })
}

/// An event of the first generation, all the way to its decision.
pub(super) fn process(case: &Case, world: &World) -> Judged {
    run(|| {
        let verdict = case.node("verdict")?;
        let mut expected = expect::answers(verdict);
        let theirs = SignedTaskPacket::from_node(case.node("packet")?).map_err(|error| error.to_string())?;
        expected.set("signature", Answer::Value(theirs.signature().to_owned()));
        let outcome = outcome(case, world, &theirs)?;
        let depth = outcome.envelope.chain.depth();
        let got = Answers::new([
            ("decision", expect::answer(&outcome.decision.to_node())),
            ("chain_depth", Answer::Value(depth.to_string())),
            ("signature", Answer::Value(outcome.packet.signature().to_owned())),
        ]);
        Ok(Judged::Compared { expected, got })
    })
}

fn outcome(case: &Case, world: &World, theirs: &SignedTaskPacket) -> Result<FrameworkOutcome, String> {
    let arguments = case.node("arguments")?.as_object().ok_or("no arguments")?;
    let text = |name: &str| arguments.get(name).and_then(Node::as_str).unwrap_or_default().to_owned();
    let object = |name: &str| arguments.get(name).and_then(Node::as_object).cloned().unwrap_or_default();
    let options = HandoffOptions::default();
    let event = Event { case, world, theirs };
    match case.text("framework") {
        "crewai" => event.process(&CrewAiHandoff {
            to_agent_id: text("to_agent_id"),
            intent: text("intent"),
            context: object("context"),
            options,
        }),
        "autogen" => event.process(&AutoGenHandoff {
            target_agent_id: text("target_agent_id"),
            handoff_intent: text("handoff_intent"),
            context: object("context"),
            options,
        }),
        _ => event.process(&LangGraphHandoff {
            target_agent_id: text("target_agent_id"),
            state_intent: text("state_intent"),
            state_context: object("state_context"),
            capability_token: None,
            options,
        }),
    }
}

struct Event<'a> {
    case: &'a Case,
    world: &'a World,
    theirs: &'a SignedTaskPacket,
}

impl Event<'_> {
    fn process(&self, event: &impl FrameworkEvent) -> Result<FrameworkOutcome, String> {
        let Self { case, world, theirs } = self;
        let task = theirs.task();
        let random = [("pk_", &task.packet_id), ("task_", &task.task_id), ("nonce_", &task.nonce)].map(
            |(prefix, name)| {
                name.strip_prefix(prefix).and_then(unhex).and_then(|bytes| bytes.try_into().ok())
            },
        );
        let [Some(packet), Some(name), Some(nonce)] = random else { return Err(String::from("other names")) };
        let draw =
            Draw { now: world.now, random: [packet, name, nonce], profile: Profile::P1(Pydantic::New) };
        let verifier = world.verifier(case, theirs)?;
        let sender = world.identity(case.text("signer"))?;
        let outcome =
            event.process_framework_handoff(sender, &draw, &verifier, &MemoryReplayStore::default());
        outcome.map_err(|error| error.to_string())
    }
}
