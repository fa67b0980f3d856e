//! A verdict for every input, with a code and under a named profile.

use super::{signatures::signature_verdict, *};

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
