//! Packets by themselves: signatures, verdicts, and what is done under them.

use ca2a_core::{
    Sha256,
    encoding::hex,
    json::{Node, Object},
};
use ca2a_handoff::{
    Check, CheckOutcome, CheckResult, Executor, Handoff, HandoffError, ProfileChoice, SignedTaskPacket,
};
use ca2a_runtime::store::MemoryReplayStore;

use super::{
    answer::{Answer, Answers, Judged},
    case::{Case, World},
    expect, rules,
};

/// A packet's signature, and the verdict on it.
pub(super) fn judge(case: &Case, world: &World) -> Judged {
    run(|| {
        let document = case.node("packet")?;
        let mut expected = expect::answers(case.node("verdict")?);
        let weakness = case.weakness();
        if matches!(weakness, Some(14 | 15 | 16 | 24)) {
            expected.refuse_all();
        }
        let grace = if world.is_strict() { 0 } else { 30 };
        let refused = world.is_strict()
            && (matches!(weakness, Some(1 | 17 | 19 | 26 | 32))
                || rules::refused_by_clock(document, world.now));
        let over = weakness == Some(25) && rules::is_over(document, world.now, grace);
        if refused || over || rules::has_broken_token(document) {
            expected.refuse("process_handoff");
        }
        let mut got = Answers::default();
        match SignedTaskPacket::from_node(document) {
            Err(error) => {
                got.set("verify_packet", Answer::No(error.code().to_string()));
                got.set("process_handoff", Answer::No(error.code().to_string()));
            }
            Ok(packet) => {
                let profile = case.profile(&packet);
                covered(case, &packet, profile, &mut expected, &mut got);
                got.set("verify_packet", coded(packet.verify_signature(profile)));
                let verdict = world.verifier(case, &packet)?.check(Handoff::packet(&packet), world.now);
                got.set("process_handoff", Answer::of(verdict.map_err(|refusal| refusal.code())));
            }
        }
        Ok(Judged::Compared { expected, got })
    })
}

/// The bytes that were signed, where the case says which.
fn covered(
    case: &Case,
    packet: &SignedTaskPacket,
    profile: ProfileChoice,
    expected: &mut Answers,
    got: &mut Answers,
) {
    let ProfileChoice::Exactly(profile) = profile else { return };
    let Ok(input) = packet.signing_input(profile) else { return };
    for (name, ours) in
        [("signing_input_hex", hex(&input)), ("signing_input_sha256", Sha256::of(&input).to_hex())]
    {
        if !case.text(name).is_empty() {
            expected.set(name, Answer::Value(case.text(name).to_owned()));
            got.set(name, Answer::Value(ours));
        }
    }
}

/// Members that no constructor takes.
pub(super) fn construct(case: &Case, world: &World) -> Judged {
    let Some(fields) = case.get("fields").and_then(Node::as_object) else {
        return Judged::Skipped("the case does not say what is constructed");
    };
    run(|| {
        let mut document = plain(world)?;
        for (name, value) in fields.iter() {
            document.insert(name.to_owned(), value.clone());
        }
        let got = Answers::new([("construct", coded(SignedTaskPacket::from_node(&document.into())))]);
        Ok(Judged::Compared { expected: expect::answers(case.node("verdict")?), got })
    })
}

/// A packet document of no particular content, unsigned.
fn plain(world: &World) -> Result<Object<'static>, String> {
    let (alice, bob) = (world.identity("alice")?, world.identity("bob")?);
    let time = |seconds: i64| {
        let time = ca2a_handoff::Timestamp::utc(world.now.plus_seconds(seconds));
        time.map(|time| Node::from(time.to_string())).ok_or("no such time")
    };
    Ok(Object::from([
        ("packet_id", Node::from("pk_1")),
        ("task_id", "task_1".into()),
        ("from_agent", alice.agent_id().to_string().into()),
        ("to_agent", bob.agent_id().to_string().into()),
        ("issued_at", time(-60)?),
        ("expires_at", time(540)?),
        ("nonce", "nonce-1".into()),
        ("intent", "Research company background".into()),
        ("permissions", Object::new().into()),
        ("signature_algo", "Ed25519".into()),
        ("signature", "".into()),
        ("public_key", alice.public_key_pem().to_owned().into()),
    ]))
}

/// A sender that a registry knows, or not, or under another key.
pub(super) fn binding(case: &Case, world: &World) -> Judged {
    run(|| {
        let document = case.node("packet")?;
        let mut expected = expect::answers(case.node("verdict")?);
        let revoked = case.texts("revoked");
        let sender = document.as_object().and_then(|it| it.get("from_agent")).and_then(Node::as_str);
        if case.weakness() == Some(28) {
            let known = super::envelope::key_is_registered(case, world, document);
            for name in ["verify_packet", "validate_packet"] {
                expected.set(name, Answer::is(known && !revoked.iter().any(|id| Some(*id) == sender)));
            }
        }
        let packet = SignedTaskPacket::from_node(document).map_err(|error| error.to_string())?;
        let mut verifier = world.verifier(case, &packet)?;
        if let Some(registry) = world.registry(case.node("registry")?, &revoked) {
            verifier = verifier.registry(registry);
        }
        let (failed, trail) = match verifier.check(Handoff::packet(&packet), world.now) {
            Ok(checked) => (None, checked.trail().to_vec()),
            Err(refusal) => (refusal.trail().last().map(|last| last.check), refusal.trail().to_vec()),
        };
        let signed = |result: &CheckResult| {
            result.check == Check::Signature && matches!(result.outcome, CheckOutcome::Passed(_))
        };
        let invalid = [Check::Sender, Check::Window, Check::Ttl, Check::Review];
        let got = Answers::new([
            ("verify_packet", Answer::is(trail.iter().any(signed))),
            ("validate_packet", Answer::is(failed.is_none_or(|check| !invalid.contains(&check)))),
        ]);
        Ok(Judged::Compared { expected, got })
    })
}

/// The intent of a packet, done under its capability.
pub(super) fn execute(case: &Case, world: &World) -> Judged {
    run(|| {
        let document = case.node("packet")?;
        let mut expected = expect::answers(case.node("verdict")?);
        expected.remove("audit");
        if case.weakness() == Some(9) || (world.is_strict() && rules::refused_by_clock(document, world.now)) {
            expected.refuse("result");
        }
        let mut got = Answers::default();
        got.set("result", Answer::of(intent(case, world, document)));
        Ok(Judged::Compared { expected, got })
    })
}

fn intent(case: &Case, world: &World, document: &Node<'_>) -> Result<(), String> {
    let packet = SignedTaskPacket::from_node(document).map_err(|error| error.code().to_string())?;
    let mut verifier = world.verifier(case, &packet)?;
    if let Some(registry) = world.registry(case.node("registry")?, &case.texts("revoked")) {
        verifier = verifier.registry(registry);
    }
    let store = MemoryReplayStore::default();
    let accepted = verifier.verify(Handoff::packet(&packet), &store, world.now);
    let accepted = accepted.map_err(|refusal| refusal.code().to_string())?;
    if accepted.capability().is_none() {
        return Err(String::from("the packet carries no capability"));
    }
    let mut executor = Executor::begin(accepted, world.now);
    executor.authorize(&packet.task().intent, world.now).map_err(|refused| refused.code().to_string())
}

fn coded<T>(result: Result<T, HandoffError>) -> Answer {
    Answer::of(result.map_err(|error| error.code()))
}

pub(super) fn run(judge: impl FnOnce() -> Result<Judged, String>) -> Judged {
    judge().unwrap_or_else(Judged::Unusable)
}
