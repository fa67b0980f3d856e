//! Envelopes: how they are read, and what the middleware says.

use ca2a_core::json::{self, Node, Object};
use ca2a_handoff::{DelegationEnvelope, Handoff, HandoffVerifier, ProfileChoice};
use ca2a_runtime::store::MemoryReplayStore;

use super::{
    answer::{Answer, Answers, Judged},
    case::{Case, World},
    expect,
    packet::run,
    rules,
};
use ca2a_core::encoding::hex;

/// Whether strict refuses the envelope by rule, whatever the package says.
fn refused_by_rule(world: &World, wire: &str) -> bool {
    let Ok(document) = Reader::read(wire) else { return true };
    let members =
        |object: &Object<'static>| Some((object.get("chain")?.clone(), object.get("packet")?.clone()));
    let Some((chain, packet)) = document.as_object().and_then(members) else { return true };
    let Some(chain) = chain.as_object() else { return true };
    let strict = rules::refused_by_clock(&packet, world.now)
        || rules::chain_is_broken(chain)
        || rules::chain_is_foreign(chain, &packet);
    rules::has_broken_token(&packet) || (world.is_strict() && strict)
}

struct Reader;

impl Reader {
    fn read(wire: &str) -> Result<Node<'static>, json::ReadError> {
        json::Reader::new(json::NumberPolicy::Lexical).read(wire.as_bytes()).map(Node::into_owned)
    }
}

/// The verdict on one envelope with what is given.
fn handle(
    case: &Case,
    world: &World,
    wire: &str,
    store: &MemoryReplayStore,
    with: impl FnOnce(HandoffVerifier) -> HandoffVerifier,
) -> Result<Answer, String> {
    let envelope = match DelegationEnvelope::from_json(wire.as_bytes()) {
        Ok(envelope) => envelope,
        Err(error) => return Ok(Answer::No(error.code().to_string())),
    };
    let verifier = with(world.verifier(case, &envelope.packet)?);
    let verdict = verifier.verify(Handoff::envelope(&envelope), store, world.now);
    Ok(Answer::of(verdict.map_err(|refusal| refusal.code())))
}

fn max_depth(case: &Case) -> usize {
    case.int("max_depth")
        .and_then(|depth| usize::try_from(depth).ok())
        .unwrap_or(ca2a_handoff::DEFAULT_MAX_DEPTH)
}

pub(super) fn judge(case: &Case, world: &World) -> Judged {
    const MIDDLEWARE: &str = "middleware_handle_after_wire_roundtrip";
    const SIGNATURE: &str = "verify_packet_after_wire_roundtrip";
    run(|| {
        let wire = case.text("wire");
        let mut expected = expect::answers(case.node("verdict")?);
        if refused_by_rule(world, wire) || (world.is_strict() && matches!(case.weakness(), Some(2 | 3))) {
            expected.refuse(MIDDLEWARE);
        }
        let document = Reader::read(wire).map_err(|error| error.to_string())?;
        let chain = document.as_object().and_then(|object| object.get("chain")).and_then(Node::as_object);
        if world.is_strict() && chain.is_some_and(rules::chain_is_broken) {
            expected.refuse("validate_delegation_chain");
        }
        let depth = max_depth(case);
        let store = MemoryReplayStore::default();
        let mut got =
            Answers::new([(MIDDLEWARE, handle(case, world, wire, &store, |it| it.max_depth(depth))?)]);
        let envelope = DelegationEnvelope::from_json(wire.as_bytes()).map_err(|error| error.to_string())?;
        let profile = case.profile(&envelope.packet);
        got.set(SIGNATURE, Answer::is(envelope.packet.verify_signature(profile).is_ok()));
        super::chain::answers(&envelope.chain, world, &mut got);
        got.set(
            "detects_loop_on_to_agent",
            Answer::is(envelope.chain.detects_loop(&envelope.packet.task().to_agent)),
        );
        if let ProfileChoice::Exactly(profile) = profile {
            let name = "signing_input_after_wire_hex";
            expected.set(name, Answer::Value(case.text(name).to_owned()));
            let input = envelope.packet.signing_input(profile).map_err(|error| error.to_string())?;
            got.set(name, Answer::Value(hex(&input)));
            expected.set("wire", Answer::Value(wire.to_owned()));
            got.set("wire", Answer::Value(envelope.to_json(profile)));
        }
        Ok(Judged::Compared { expected, got })
    })
}

/// Spellings of one document that the package takes or not.
pub(super) fn wire(case: &Case, world: &World) -> Judged {
    run(|| {
        let wire = case.text("wire");
        let mut expected = expect::answers(case.node("verdict")?);
        if case.weakness() == Some(18) {
            expected.refuse_all();
        }
        if refused_by_rule(world, wire) {
            expected.refuse("middleware_handle");
        }
        let parsed = DelegationEnvelope::from_json(wire.as_bytes());
        let store = MemoryReplayStore::default();
        let got = Answers::new([
            ("parse", Answer::of(parsed.map_err(|error| error.code()))),
            ("middleware_handle", handle(case, world, wire, &store, |it| it)?),
        ]);
        Ok(Judged::Compared { expected, got })
    })
}

/// One envelope, presented several times.
pub(super) fn verify(case: &Case, world: &World) -> Judged {
    run(|| {
        let wire = case.text("wire");
        let (mut expected, mut got) = (Answers::default(), Answers::default());
        // Without a registry the package makes a new store for each call.
        let forgets = !world.is_strict() && case.weakness() == Some(10);
        let mut store = MemoryReplayStore::default();
        for (call, theirs) in case.list("verdict").iter().enumerate() {
            let name = format!("call {call}");
            expected.set(&name, expect::answer(theirs));
            match case.weakness() {
                Some(10) if world.is_strict() => expected.set(&name, Answer::is(call == 0)),
                Some(28) => {
                    expected.set(&name, Answer::is(call == 0 && sender_is_registered(case, world, wire)))
                }
                _ => {}
            }
            if refused_by_rule(world, wire) {
                expected.refuse(&name);
            }
            if forgets {
                store = MemoryReplayStore::default();
            }
            let registry = world.registry(case.node("registry")?, &case.texts("revoked"));
            let with = |verifier: HandoffVerifier| match registry {
                Some(registry) => verifier.registry(registry),
                None => verifier,
            };
            got.set(&name, handle(case, world, wire, &store, with)?);
        }
        Ok(Judged::Compared { expected, got })
    })
}

fn sender_is_registered(case: &Case, world: &World, wire: &str) -> bool {
    let Ok(document) = Reader::read(wire) else { return false };
    let packet = document.as_object().and_then(|object| object.get("packet"));
    packet.is_some_and(|packet| key_is_registered(case, world, packet))
}

/// Whether the sender is listed, not revoked, and holds the key that it says, however that is spelled.
pub(super) fn key_is_registered(case: &Case, world: &World, packet: &Node<'_>) -> bool {
    let member = |name: &str| packet.as_object().and_then(|object| object.get(name)).and_then(Node::as_str);
    let Some((sender, key)) = member("from_agent").zip(member("public_key")) else { return false };
    let digits = |pem: &str| pem.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
    let holds = |identity: &ca2a_handoff::AgentIdentity| {
        identity.agent_id().as_str() == sender && digits(identity.public_key_pem()) == digits(key)
    };
    case.texts("registry").contains(&sender)
        && !case.texts("revoked").contains(&sender)
        && world.identities.values().any(holds)
}

/// Several envelopes, one after another, through one middleware.
pub(super) fn sequence(case: &Case, world: &World) -> Judged {
    run(|| {
        let (mut expected, mut got) = (Answers::default(), Answers::default());
        let store = MemoryReplayStore::default();
        for (at, step) in case.list("steps").iter().enumerate() {
            let step = step.as_object().ok_or("a step is an object")?;
            let wire = step.get("wire").and_then(Node::as_str).ok_or("a step has a `wire`")?;
            let name = format!("step {at}");
            expected.set(&name, step.get("verdict").map_or_else(Answer::refused, expect::answer));
            if matches!(case.weakness(), Some(11 | 12)) && at == 1 {
                expected.set(&name, Answer::Yes);
            }
            if refused_by_rule(world, wire) {
                expected.refuse(&name);
            }
            let depth = max_depth(case);
            got.set(&name, handle(case, world, wire, &store, |it| it.max_depth(depth))?);
        }
        Ok(Judged::Compared { expected, got })
    })
}
