//! What exactly is signed: packets, capabilities and attestations, written here a second time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    clippy::cast_possible_truncation,
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/world.rs"]
mod world;

use ca2a_core::{
    ErrorCode, Sha256, Signature,
    encoding::from_base64url,
    json::{self, Node, Object},
};
use ca2a_covers::covers;
use ca2a_handoff::{
    DelegationCapability, DelegationEnvelope, ExecutionAttestation, ExecutionStatus, Handoff, Permissions,
    Profile, ProfileChoice, Pydantic, SignedTaskPacket,
    attestation::{Execution, Expected, outcome_hash},
};
use serde_json::{Value, json};
use world::*;

/// `value` sorted at every depth, in ASCII, with `between` and `after` as separators.
fn printed(value: &Value, between: &str, after: &str) -> String {
    let ascii = |text: &str| {
        let quoted = Value::from(text).to_string();
        quoted.chars().fold(String::new(), |mut out, character| {
            if character.is_ascii() {
                out.push(character);
            } else {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            out
        })
    };
    match value {
        Value::Object(object) => {
            let mut members: Vec<_> = object.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            let member = |(name, member): (&String, &Value)| {
                format!("{}{after}{}", ascii(name), printed(member, between, after))
            };
            format!("{{{}}}", members.into_iter().map(member).collect::<Vec<_>>().join(between))
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(|item| printed(item, between, after)).collect();
            format!("[{}]", items.join(between))
        }
        Value::String(text) => ascii(text),
        other => other.to_string(),
    }
}

fn without(mut value: Value, member: &str) -> Value {
    value.as_object_mut().unwrap().remove(member);
    value
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn packet() -> SignedTaskPacket {
    let inner = Object::from([("z", Node::from(1_i64)), ("a", "\u{1f600}".into())]);
    signed(task().context([("é", Node::from(inner)), ("b", Node::NULL)]))
}

/// HAND-8, HAND-4: 21 members, sorted by code point, compact, ASCII; the same values printed otherwise are not signed.
#[test]
fn the_newest_profile_signs_sorted_compact_ascii() {
    covers!(accept, "HAND-4", "HAND-8");
    covers!(refuse, "HAND-4", "HAND-8");
    let packet = packet();
    let input = String::from_utf8(packet.signing_input(Profile::P3).unwrap()).unwrap();
    let value = read(&input);
    assert_eq!(value.as_object().unwrap().len(), 21);
    assert!(value.get("signature").is_none());
    assert_eq!(input, printed(&value, ",", ":"));
    assert!(input.is_ascii() && input.contains("\\u00e9") && input.contains("\\ud83d\\ude00"), "{input}");
    assert!(packet.verify_signature(ProfileChoice::Exactly(Profile::P3)).is_ok());

    // A good signature by the right key, over another text of the same values.
    for other in [printed(&value, ", ", ": "), input.replace("\\u00e9", "é")] {
        assert_ne!(other, input);
        let signature = alice().signing_key().sign(other.as_bytes());
        let standard = ca2a_core::encoding::base64url(&signature.0).replace('-', "+").replace('_', "/");
        let respelled = edited(&packet, |value| value["signature"] = json!(format!("{standard}=="))).unwrap();
        let refused = respelled.verify_signature(ProfileChoice::Auto).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::HandoffSignatureInvalid);
    }
}

/// HAND-9, HAND-10: the older profiles sign as declared, 18 members and 21; what the first does not cover it does not sign.
#[test]
fn the_older_profiles_sign_as_declared() {
    covers!(accept, "HAND-9", "HAND-10");
    covers!(refuse, "HAND-9", "HAND-10");
    let new = Pydantic::New;
    for (profile, members) in [(Profile::P1(new), 18), (Profile::P2(new), 21)] {
        let packet = task().context([("b", "é"), ("a", "x")]).sign(&alice(), profile).unwrap();
        let input = String::from_utf8(packet.signing_input(profile).unwrap()).unwrap();
        let value = read(&input);
        assert_eq!(value.as_object().unwrap().len(), members);
        assert!(input.starts_with("{\"packet_id\":\"pk_1\",\"task_id\":\"task_1\""), "{input}");
        assert!(
            input.contains("\"context\":{\"a\":\"x\",\"b\":\"é\"}"),
            "sorted by whoever signs here: {input}"
        );
        let matched = packet.verify_signature(ProfileChoice::Auto).unwrap();
        assert_eq!(matched.profile.name(), profile.name(), "the first that verifies is named");
        assert!(packet.verify_signature(ProfileChoice::Exactly(Profile::P3)).is_err());
        let forged = edited(&packet, |value| value["intent"] = json!("delete")).unwrap();
        let refused = forged.verify_signature(ProfileChoice::Auto).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::HandoffSignatureInvalid, "and none where none does");
    }
    // A life or a risk under P1 would be anybody's.
    let mut risky = task();
    risky.ai_provenance = Some(Object::from([("source", "llm")]));
    let refused = risky.sign(&alice(), Profile::P1(new)).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::HandoffProfileUnsupported);
    let old = task().sign(&alice(), Profile::P1(new)).unwrap();
    let added = edited(&old, |value| value["ai_provenance"] = json!({ "source": "llm" })).unwrap();
    assert!(added.verify_signature(ProfileChoice::Auto).is_err(), "nor can it be added afterwards");
}

/// HAND-13: the name of a packet covers its profile, its bytes, its signature and its key.
#[test]
fn the_name_of_a_packet() {
    covers!(accept, "HAND-13");
    covers!(refuse, "HAND-13");
    let packet = packet();
    let input = packet.signing_input(Profile::P3).unwrap();
    let signature = alice().signing_key().sign(&input);
    let name = |profile: &str, key: &ca2a_handoff::AgentIdentity| {
        let length = (input.len() as u64).to_be_bytes();
        let key = key.verifying_key();
        let profile = profile.as_bytes();
        let parts: [&[u8]; 7] =
            [b"ca2a-handoff-packet-v1\0", profile, b"\0", &length, &input, &signature.0, key.as_bytes()];
        Sha256::of(&parts.concat()).to_hex()
    };
    let found = packet.digest(ProfileChoice::Auto).unwrap().to_hex();
    assert_eq!(found, name("P3", &alice()));
    assert_ne!(found, name("P2", &alice()));
    assert_ne!(found, name("P3", &bob()));
    let twin = task().sign(&alice(), Profile::P3).unwrap();
    assert_ne!(twin.digest(ProfileChoice::Auto).unwrap().to_hex(), found);
    let forged = edited(&packet, |value| value["intent"] = json!("delete")).unwrap();
    assert!(forged.digest(ProfileChoice::Auto).is_err(), "what nobody signed has no name");
}

/// HAND-14: what is sent is read and sent again byte for byte; what was printed otherwise on the way is not what was sent.
#[test]
fn an_envelope_travels_as_it_was_sent() {
    covers!(accept, "HAND-14");
    covers!(refuse, "HAND-14");
    for profile in [Profile::P1(Pydantic::New), Profile::P2(Pydantic::Old), Profile::P3] {
        let packet = task().context([("n", "é")]).sign(&alice(), profile).unwrap();
        let wire = DelegationEnvelope::first(packet).to_json(profile);
        let received = DelegationEnvelope::from_json(wire.as_bytes()).unwrap();
        assert_eq!(received.to_json(profile), wire);
        assert!(received.packet.verify_signature(ProfileChoice::Exactly(profile)).is_ok());
        let reprinted = printed(&read(&wire), ",  ", ": ");
        let received = DelegationEnvelope::from_json(reprinted.as_bytes()).unwrap();
        assert_ne!(received.to_json(profile), reprinted);
        // A value that was changed on the way shows in the signature.
        let edited = DelegationEnvelope::from_json(wire.replacen("search", "delete", 1).as_bytes()).unwrap();
        assert!(edited.packet.verify_signature(ProfileChoice::Auto).is_err());
    }
}

/// HAND-40, HAND-41: a capability is signed with blanks and Python's times, and travels compact.
#[test]
fn a_capability_is_signed_with_blanks_and_travels_compact() {
    covers!(accept, "HAND-40", "HAND-41");
    covers!(refuse, "HAND-40", "HAND-41");
    let token = capability().to_token();
    let text = String::from_utf8(from_base64url(&token).unwrap()).unwrap();
    let value = read(&text);
    assert_eq!(text, printed(&value, ",", ":"));
    assert_eq!(DelegationCapability::from_token(&token), Ok(capability()));

    let standard = value["signature"].as_str().unwrap().trim_end_matches('=');
    let signature = from_base64url(&standard.replace('+', "-").replace('/', "_")).unwrap();
    let signature = Signature(signature.try_into().unwrap());
    let mut bare = without(value.clone(), "signature");
    for name in ["issued_at", "expires_at"] {
        let time = bare[name].as_str().unwrap().replace('T', " ").replace('Z', "+00:00");
        bare[name] = json!(time);
    }
    let key = alice().verifying_key();
    assert!(key.verify(printed(&bare, ", ", ": ").as_bytes(), &signature).is_ok());
    assert!(key.verify(printed(&bare, ",", ":").as_bytes(), &signature).is_err());

    // Another grant under the same signature, and other spellings of the token.
    let wider = text.replacen("\"max_tool_calls\":3", "\"max_tool_calls\":4", 1);
    assert_ne!(wider, text);
    let wider = DelegationCapability::from_token(&ca2a_core::encoding::base64url(wider.as_bytes())).unwrap();
    let roots = std::collections::BTreeSet::from([key]);
    let refused = ca2a_handoff::CapabilityVerifier::new(&roots).verify(&[wider], now()).unwrap_err();
    assert_eq!(refused.code(), ErrorCode::HandoffCapabilityInvalid);
    for other in [format!("{token}="), format!(" {token}"), token[1..].to_owned(), text, String::new()] {
        let refused = DelegationCapability::from_token(&other).unwrap_err();
        assert_eq!(refused.code(), ErrorCode::HandoffCapabilityInvalid, "{other}");
    }
}

fn execution<'e>(result: &'e Node<'e>, reason: Option<&'e Node<'e>>) -> Execution<'e> {
    let timestamp_ms = now().seconds() * 1_000;
    Execution { packet_id: "pk_1", status: ExecutionStatus::Ok, result, reason, nonce: 7, timestamp_ms }
}

/// HAND-50: the domain, and each part behind its length.
#[test]
fn an_attestation_is_signed_in_frames() {
    covers!(accept, "HAND-50");
    covers!(refuse, "HAND-50");
    let result = Object::from([("v", 1_i64)]).into();
    let attestation = ExecutionAttestation::sign(&execution(&result, None), &alice()).unwrap();
    let mut expected = b"TRUSTHANDOFF_EXEC_ATTEST_V3\x00\x01".to_vec();
    let fingerprint = Sha256::of(alice().verifying_key().as_bytes());
    for part in [
        &b"pk_1"[..],
        &Sha256::of(b"{\"v\":1}").0,
        ExecutionStatus::Ok.as_str().as_bytes(),
        &7_u128.to_be_bytes(),
        &(now().seconds() * 1_000).to_be_bytes(),
        &fingerprint.0,
    ] {
        expected.extend((part.len() as u32).to_be_bytes());
        expected.extend(part);
    }
    assert_eq!(attestation.signing_input(), expected);
    let value = read(&attestation.to_json());
    let signature = from_base64url(value["signature"].as_str().unwrap()).unwrap();
    let signature = Signature(signature.try_into().unwrap());
    let key = alice().verifying_key();
    assert!(key.verify(&expected, &signature).is_ok());
    assert!(key.verify(&expected[29..], &signature).is_err(), "without its domain");
}

/// HAND-51: objects alone, without fractions, reserved names or more than 262,144 bytes.
#[test]
fn a_result_is_a_bounded_object() {
    covers!(accept, "HAND-51");
    covers!(refuse, "HAND-51");
    let reader = json::Reader::new(json::NumberPolicy::Lexical);
    let hash = |text: &str| outcome_hash(&reader.read(text.as_bytes()).unwrap());
    assert_eq!(hash("{\"b\": 1, \"a\": [true]}"), Ok(Sha256::of(b"{\"a\":[true],\"b\":1}")));
    assert!(hash("{\"a\": {\"packet_id\": 1}}").is_ok(), "below the top it is a name like any other");
    let fitting = format!("{{\"a\":\"{}\"}}", "x".repeat(262_144 - 8));
    assert!(hash(&fitting).is_ok());
    for refused in [
        "[]",
        "1",
        "{\"a\": 1.0}",
        "{\"a\": [1e3]}",
        "{\"packet_id\": 1}",
        "{\"attestation\": 1}",
        "{\"__control__\": 1}",
        &fitting.replacen('x', "xx", 1),
    ] {
        assert!(hash(refused).is_err(), "{:.30}", refused);
    }
}

/// HAND-52, HAND-53, HAND-54: whom, what and when a verifier expects; the nonce is the caller's to remember.
#[test]
fn an_attestation_is_held_against_what_is_expected() {
    covers!(accept, "HAND-52", "HAND-53", "HAND-54");
    covers!(refuse, "HAND-52", "HAND-53", "HAND-54");
    let (result, reason) = (Object::from([("v", 1_i64)]).into(), Object::from([("why", "so")]).into());
    let attestation = ExecutionAttestation::sign(&execution(&result, Some(&reason)), &alice()).unwrap();
    let at = now().seconds() * 1_000;
    let (id, key) = (alice().agent_id().clone(), alice().verifying_key());
    let good = Expected {
        agent: &id,
        key: &key,
        packet_id: Some("pk_1"),
        outcome_hash: outcome_hash(&result).unwrap(),
        reason_hash: Some(ca2a_handoff::attestation::reason_hash(&reason).unwrap()),
        now_ms: at,
        max_age_ms: 300_000,
    };
    for _ in 0..2 {
        assert_eq!(attestation.verify(&good), Ok(()), "a second time too: nobody here remembers");
    }
    assert_eq!(attestation.nonce(), 7);
    for now_ms in [at + 300_000, at - 30_000] {
        assert_eq!(attestation.verify(&Expected { now_ms, ..good }), Ok(()));
    }
    let (bob_id, bob_key) = (bob().agent_id().clone(), bob().verifying_key());
    for other in [
        Expected { agent: &bob_id, ..good },
        Expected { key: &bob_key, ..good },
        Expected { packet_id: Some("pk_2"), ..good },
        Expected { outcome_hash: Sha256::of(b"other"), ..good },
        Expected { reason_hash: None, ..good },
        Expected { now_ms: at + 300_001, ..good },
        Expected { now_ms: at - 30_001, ..good },
    ] {
        assert!(attestation.verify(&other).is_err(), "{other:?}");
    }
    // Whoever signs in another's name has another fingerprint, and no way to sign for the right one.
    let named = ca2a_handoff::AgentIdentity::named(id.clone(), bob().signing_key().clone());
    let forged = ExecutionAttestation::sign(&execution(&result, Some(&reason)), &named).unwrap();
    assert_eq!(forged.signed_by(), &id);
    assert!(forged.verify(&good).is_err());
    let text = attestation.to_json();
    for (from, to) in [
        ("\"nonce\":7", "\"nonce\":-7"),
        ("\"nonce\":7", "\"nonce\":7.0"),
        ("\"nonce\":7", "\"nonce\":340282366920938463463374607431768211456"),
    ] {
        let from = if text.contains(from) { from.to_owned() } else { from.replace(":", ": ") };
        assert!(text.contains(&from), "{from} in {text}");
        assert!(ExecutionAttestation::from_json(text.replacen(&from, to, 1).as_bytes()).is_err(), "{to}");
    }
    let padded = text.replacen("\"signature\":\"", "\"signature\":\"=", 1);
    assert!(padded == text || ExecutionAttestation::from_json(padded.as_bytes()).is_err());
}

/// HAND-2: a number keeps its text; one that has no value in both languages is refused.
#[test]
fn a_number_keeps_its_text() {
    covers!(accept, "HAND-2");
    covers!(refuse, "HAND-2");
    let text = signed(task().context([("n", 1_i64)])).to_json(Profile::P3);
    let read = |number: &str| {
        let text = text.replacen("\"n\": 1", &format!("\"n\": {number}"), 1);
        SignedTaskPacket::from_json(text.as_bytes()).map_err(|error| error.code())
    };
    for kept in ["18446744073709551617", &"9".repeat(4_300), "-5"] {
        let input = read(kept).unwrap().signing_input(Profile::P3).unwrap();
        assert!(String::from_utf8(input).unwrap().contains(&format!("\"n\":{kept}}}")), "{kept:.20}");
    }
    for refused in ["1e999", "-1e999", "NaN", "Infinity", &"9".repeat(4_301)] {
        assert_eq!(read(refused).unwrap_err(), ErrorCode::HandoffMalformed, "{refused:.20}");
    }
}

/// HAND-22: a packet holds under its sender's key alone.
#[test]
fn a_changed_packet_does_not_hold() {
    covers!(accept, "HAND-22");
    covers!(refuse, "HAND-22");
    let honest = signed(task());
    assert_eq!(verdict(Handoff::packet(&honest)), Ok(()));
    for (member, value) in [
        ("intent", json!("delete")),
        ("nonce", json!("nonce-2")),
        ("permissions", json!({ "allowed_actions": ["delete"], "max_tool_calls": 5 })),
        ("context", json!({})),
    ] {
        let forged = edited(&honest, |packet| packet[member] = value).unwrap();
        assert_eq!(verdict(Handoff::packet(&forged)), Err(ErrorCode::HandoffSignatureInvalid), "{member}");
    }
    let other = signed(task().permissions(Permissions::default()));
    let swapped = edited(&honest, |packet| packet["signature"] = json!(other.signature())).unwrap();
    assert_eq!(verdict(Handoff::packet(&swapped)), Err(ErrorCode::HandoffSignatureInvalid));
}
