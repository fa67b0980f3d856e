//! Attestations of what was done.

use std::borrow::Cow;

use ca2a_core::{
    encoding::hex,
    json::{self, Node, Number, NumberPolicy, Object, Value},
};
use ca2a_handoff::{
    AttestationError, ExecutionAttestation, ExecutionStatus,
    attestation::{Execution, Expected, outcome_hash, reason_hash},
};

use super::{
    answer::{Answer, Answers, Judged},
    case::{Case, World},
    expect,
    packet::run,
};

pub(super) fn judge(case: &Case, world: &World) -> Judged {
    run(|| {
        let mut expected = Answers::new([("verify", expect::answer(case.node("verdict")?))]);
        if case.weakness() == Some(20) {
            expected.refuse("verify");
        }
        let attestation = ExecutionAttestation::from_node(&document(case.node("attestation")?)?);
        let mut got = Answers::default();
        if let Ok(attestation) = &attestation {
            expected.set("signing_input_hex", Answer::Value(case.text("signing_input_hex").to_owned()));
            got.set("signing_input_hex", Answer::Value(hex(&attestation.signing_input())));
        }
        got.set(
            "verify",
            match attestation {
                Ok(attestation) => verify(case, world, &attestation)?,
                Err(error) => Answer::No(error.to_string()),
            },
        );
        Ok(Judged::Compared { expected, got })
    })
}

fn verify(case: &Case, world: &World, attestation: &ExecutionAttestation) -> Result<Answer, String> {
    let with = case.node("verify_with")?.as_object().ok_or("`verify_with` is an object")?;
    let signer = world.identity(with.get("public_key_of").and_then(Node::as_str).unwrap_or_default())?;
    let int = |name: &str| with.get(name).and_then(Node::as_uint).ok_or(format!("no `{name}`"));
    let hashes = || -> Result<_, AttestationError> {
        let outcome = outcome_hash(with.get("result").unwrap_or(&Node::NULL))?;
        Ok((outcome, with.optional("reason").map(reason_hash).transpose()?))
    };
    let (outcome_hash, reason_hash) = hashes().map_err(|error| error.to_string())?;
    let expected = Expected {
        agent: signer.agent_id(),
        key: &signer.verifying_key(),
        packet_id: None,
        outcome_hash,
        reason_hash,
        now_ms: int("now_ms")?,
        max_age_ms: int("max_age_seconds")?.saturating_mul(1_000),
    };
    Ok(Answer::of(attestation.verify(&expected)))
}

/// The wire form of an attestation: the case has its nonce as text, since few readers hold such numbers.
pub(super) fn document(node: &Node<'static>) -> Result<Node<'static>, String> {
    let mut object = node.as_object().ok_or("an attestation is an object")?.clone();
    let nonce = object.remove("nonce_decimal");
    if let Some(digits) = nonce.as_ref().and_then(Node::as_str) {
        object.insert("nonce", Node::from(Value::Number(Number::Text(Cow::Owned(digits.to_owned())))));
    }
    Ok(object.into())
}

/// What cannot be attested; and our own identity, which can attest.
pub(super) fn construct(case: &Case, world: &World) -> Judged {
    if case.weakness() == Some(21) {
        return run(|| {
            let result = Object::from([("v", 1_i64)]).into();
            let expected = Answers::new([("sign and verify", Answer::Yes)]);
            Ok(Judged::Compared {
                expected,
                got: Answers::new([("sign and verify", attest(world, &result)?)]),
            })
        });
    }
    let text = case.text("payload_repr");
    let Ok(payload) = json::Reader::new(NumberPolicy::Lexical).read(text.as_bytes()) else {
        return Judged::Skipped("the payload is written as Python and not as JSON");
    };
    run(|| {
        let expected = Answers::new([("construct", expect::answer(case.node("verdict")?))]);
        Ok(Judged::Compared { expected, got: Answers::new([("construct", attest(world, &payload)?)]) })
    })
}

fn attest(world: &World, result: &Node<'_>) -> Result<Answer, String> {
    let alice = world.identity("alice")?;
    let now_ms = world.now.seconds().saturating_mul(1_000);
    let execution = Execution {
        packet_id: "pk_1",
        status: ExecutionStatus::Ok,
        result,
        reason: None,
        nonce: 1,
        timestamp_ms: now_ms,
    };
    let verified = ExecutionAttestation::sign(&execution, alice).and_then(|attestation| {
        attestation.verify(&Expected {
            agent: alice.agent_id(),
            key: &alice.verifying_key(),
            packet_id: Some("pk_1"),
            outcome_hash: outcome_hash(result)?,
            reason_hash: None,
            now_ms,
            max_age_ms: 0,
        })
    });
    Ok(Answer::of(verified))
}
