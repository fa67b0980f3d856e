//! SEAL, POSS and RESP of the shared vectors, which the Python package wrote. Covers SEAL-1 to SEAL-21.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    unreachable_pub,
    missing_docs,
    reason = "tests"
)]

mod common;

use std::time::Duration;

use ca2a_core::{
    Capability, Challenge, ChannelKey, CredentialId, RecordId, Sha256, Signature, VerifyingKey,
    encoding::hex,
    json::{self, Node, Object},
};
use ca2a_seal::{
    ChannelSecret, Possession, SealError, Transcript,
    response::{self, RequestSession, SessionRandomness},
    v1,
};
use common::{Outcome, bytes, bytes32, run_group};

impl From<Result<Object<'static>, SealError>> for Outcome {
    fn from(result: Result<Object<'static>, SealError>) -> Self {
        match result {
            Ok(output) => Self::Ok(output),
            Err(error) => Self::Refused(error.code()),
        }
    }
}

fn secret(input: &Object<'_>, member: &str) -> ChannelSecret {
    ChannelSecret::from_bytes(bytes32(input.text(member).unwrap()))
}

#[test]
fn sealed_payloads() {
    let ran = run_group("SEAL", |op, input| match op {
        "sealed.open" => open(input).into(),
        "sealed.new" => peer_key(input).into(),
        other => panic!("unknown op {other}"),
    });
    assert!(ran.is_none_or(|ran| ran >= 18), "{ran:?}");
}

fn open(input: &Object<'_>) -> Result<Object<'static>, SealError> {
    let secret = secret(input, "recipient_private_hex");
    assert_eq!(secret.public().to_string(), input.text("recipient_public_hex").unwrap());
    let (blob, aad) = (bytes(input.text("blob_hex").unwrap()), bytes(input.text("aad_hex").unwrap()));
    let plaintext = v1::open(&secret, &blob, &aad)?;
    // Where the case says what was random, sealing again gives the same bytes.
    if input.contains("ephemeral_private_hex") {
        let randomness = v1::SealRandomness {
            ephemeral: bytes32(input.text("ephemeral_private_hex").unwrap()),
            nonce: bytes(input.text("nonce_hex").unwrap()).try_into().unwrap(),
        };
        assert_eq!(v1::seal(&secret.public(), &plaintext, &aad, randomness)?, blob);
    }
    Ok(Object::from([("plaintext_hex", hex(&plaintext))]))
}

fn peer_key(input: &Object<'_>) -> Result<Object<'static>, SealError> {
    let key: ChannelKey = input.text("peer_public_key").unwrap().parse()?;
    v1::seal(&key, b"x", b"", v1::SealRandomness { ephemeral: [1; 32], nonce: [2; 12] })?;
    Ok(Object::new())
}

#[test]
fn possession() {
    let ran = run_group("POSS", |op, input| match op {
        "possession.parse" => match json::read(input.text("possession_json").unwrap().as_bytes()) {
            Ok(node) => parse(&node).into(),
            Err(_) => Outcome::Unreadable,
        },
        "possession.verify" => verify_possession(input),
        other => panic!("unknown op {other}"),
    });
    assert!(ran.is_none_or(|ran| ran >= 16), "{ran:?}");
}

fn parse(node: &Node<'_>) -> Result<Object<'static>, SealError> {
    let possession = Possession::from_node(node)?;
    assert_eq!(Possession::from_node(&possession.to_node())?, possession);
    Ok(Object::from([("version", possession.version().to_string()), ("mac", possession.mac().to_string())]))
}

fn verify_possession(input: &Object<'_>) -> Outcome {
    let callee = secret(input, "callee_private_hex");
    let caller = secret(input, "caller_private_hex");
    let fields = input.object("transcript").unwrap();
    let text = |member: &str| fields.text(member).unwrap();
    let optional = |member: &str| fields.optional(member).map(|node| node.as_str().unwrap());
    let (challenge, credential_id) =
        (Challenge::new(text("challenge")), CredentialId::new(text("credential_id")).unwrap());
    let capability = Capability::new(text("requested_capability")).unwrap();
    let record_id = RecordId::new(text("record_id")).unwrap();
    let transcript = Transcript {
        challenge: &challenge,
        callee_channel_key: text("callee_channel_key").parse().unwrap(),
        caller_channel_key: text("caller_channel_key").parse().unwrap(),
        credential_id: &credential_id,
        subject: VerifyingKey::from_hex(text("subject")).unwrap(),
        requested_capability: &capability,
        record_id: &record_id,
        payload_sha256: optional("payload_sha256").map(|text| Sha256::from_hex(text).unwrap()),
        parent_record_hash: optional("parent_record_hash"),
        holder_proof_signature: optional("holder_proof_signature")
            .map(|text| Signature::from_hex(text).unwrap()),
    };
    assert_eq!(hex(&transcript.to_bytes()), input.text("transcript_canonical_hex").unwrap());

    let Some(proof) = input.optional("possession") else {
        return Outcome::Refused(SealError::PossessionMissing.code());
    };
    let mut proof = proof.as_object().unwrap().clone();
    // Text that JSON can carry and Unicode cannot stands beside its member, still as JSON.
    if let Some(mac) = proof.remove("mac_json") {
        let Ok(mac) = json::read(mac.as_str().unwrap().as_bytes()) else { return Outcome::Unreadable };
        proof.insert("mac", mac.into_owned());
    }
    let verified = Possession::from_node(&proof.into()).and_then(|possession| {
        let proven = possession.verify(&transcript, &callee)?;
        assert_eq!(Possession::prove(&transcript, &caller)?, possession);
        Ok(Object::from([
            ("mac", possession.mac().to_string()),
            ("mac_hex", possession.mac().to_string()),
            ("caller_channel_key", proven.key().to_string()),
        ]))
    });
    verified.into()
}

#[test]
fn authenticated_answers() {
    let ran = run_group("RESP", |op, input| match op {
        "response.accept_request" => {
            let callee = secret(input, "callee_private_hex");
            let envelope = input.text("envelope_json").unwrap();
            accept(&callee, envelope.as_bytes()).into()
        }
        "response.verify" => verify_answer(input).into(),
        other => panic!("unknown op {other}"),
    });
    assert!(ran.is_none_or(|ran| ran >= 24), "{ran:?}");
}

fn accept(callee: &ChannelSecret, envelope: &[u8]) -> Result<Object<'static>, SealError> {
    let accepted = response::accept_request(callee, envelope)?;
    assert_eq!(
        json::read(accepted.request.span.of(envelope)).unwrap(),
        accepted.request,
        "the spans point into the envelope"
    );
    Ok(Object::from([("request_sha256", accepted.responder.request_sha256().to_hex())]))
}

/// What the callee of every case in the file answers to `envelope`.
fn callee_answers(envelope: &[u8], status: u16, body: &Node<'_>) -> Vec<u8> {
    let callee = "46186cb3a8cbef77a3611ade2f47b23fb0201e970cacc56ad5fa12565f138515";
    let callee = ChannelSecret::from_bytes(bytes32(callee));
    response::accept_request(&callee, envelope).unwrap().responder.answer(status, body).unwrap()
}

fn canonical(node: &Node<'_>) -> Vec<u8> {
    ca2a_core::canonical::to_vec(node).unwrap()
}

fn verify_answer(input: &Object<'_>) -> Result<Object<'static>, SealError> {
    let envelope = bytes(input.text("request_canonical_hex").unwrap());
    let node = json::read(&envelope).unwrap();
    let fields = node.as_object().unwrap();
    let randomness = SessionRandomness {
        recipient: bytes32(input.text("recipient_private_hex").unwrap()),
        session: bytes32(fields.text("session").unwrap()),
    };
    let callee: ChannelKey = input.text("callee_public_hex").unwrap().parse().unwrap();
    let session = RequestSession::new(&callee, fields.required("request").unwrap(), randomness)?;
    assert_eq!(session.envelope(), envelope, "the session makes the same envelope");

    let status = input.uint("http_status").unwrap().try_into().unwrap();
    let elapsed = Duration::from_secs(input.optional_uint("elapsed_seconds").unwrap().unwrap_or(0));
    let bytes = bytes(input.text("response_bytes_hex").unwrap());
    let answer = session.verify(status, &bytes, elapsed)?;
    assert_eq!(callee_answers(&envelope, status, answer.body()), canonical(&json::read(&bytes).unwrap()));
    Ok(Object::from([
        ("status", Node::from(u32::from(answer.status()))),
        ("body", answer.body().clone().into_owned()),
        ("authentication", answer.authentication("none")),
    ]))
}

/// SEAL-12, SEAL-13: the worked example of the profile, made by the Python package.
#[test]
fn the_proof_of_the_worked_example() {
    let caller = "418c1e17e4d1001e2366c77c6c216feb8c5e899af6fc4f58cfb62e38c7dee77f";
    let caller = ChannelSecret::from_bytes(bytes32(caller));
    let challenge = Challenge::new(
        "v1.1800000060.44d09be658b3d53d3034c8f3be787f66.7cc49af42451a92a55ed2c011b7e01deba5e70652cd1c7a60745561cf3e082b6",
    );
    let payload = "fa2c8cc4f28176bbeed4b736df569a34c79cd3723e9ec42f9674b4d46ac6b8b8";
    let subject = "ebe29997f191e60408392887471b6d503dc3e117b541b37c0adc13ad69f989a8";
    let callee = "e8fd15a9e9dd23e991e48bca159f9e6231875921687f85080f74a45550e6591c";
    let transcript = Transcript {
        challenge: &challenge,
        callee_channel_key: callee.parse().unwrap(),
        caller_channel_key: caller.public(),
        credential_id: &CredentialId::new("c-1").unwrap(),
        subject: VerifyingKey::from_hex(subject).unwrap(),
        requested_capability: &Capability::new("read").unwrap(),
        record_id: &RecordId::new("rec-0").unwrap(),
        payload_sha256: Some(Sha256::from_hex(payload).unwrap()),
        parent_record_hash: None,
        holder_proof_signature: Some(Signature([0xab; 64])),
    };
    let proof = Possession::prove(&transcript, &caller).unwrap();
    assert_eq!(proof.mac(), "676a4de38572ce05bb562177853b7606674da3629e47690831096e2553b248f3");
}
