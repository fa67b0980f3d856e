//! What must hold for every input: round trips, and that no change gets through.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

use std::time::Duration;

use ca2a_core::{
    Capability, Challenge, ChannelKey, CredentialId, ErrorCode, RecordId, Sha256, Signature, SigningKey,
    VerifyingKey,
    json::{self, Node, Object},
};
use ca2a_seal::{
    ChannelSecret, Possession, SealError, Transcript,
    response::{self, RequestSession, SessionRandomness},
    v1,
};
use proptest::prelude::*;

fn secret() -> impl Strategy<Value = ChannelSecret> {
    any::<[u8; 32]>().prop_map(ChannelSecret::from_bytes)
}

fn flip(bytes: &mut [u8], bit: prop::sample::Index) {
    let bit = bit.index(bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
}

proptest! {
    /// SEAL-4, SEAL-6: what is sealed to a key opens with it under the same associated data, and a blob of which any
    /// bit is flipped does not.
    #[test]
    fn blobs(
        receiver in secret(),
        plaintext in prop::collection::vec(any::<u8>(), 0..600),
        aad in prop::collection::vec(any::<u8>(), 0..40),
        ephemeral: [u8; 32],
        nonce: [u8; 12],
        bit: prop::sample::Index,
    ) {
        let randomness = v1::SealRandomness { ephemeral, nonce };
        let mut blob = v1::seal(&receiver.public(), &plaintext, &aad, randomness).unwrap();
        prop_assert_eq!(blob.len(), plaintext.len() + v1::OVERHEAD);
        prop_assert_eq!(v1::open(&receiver, &blob, &aad).unwrap(), plaintext);
        flip(&mut blob, bit);
        let refused = v1::open(&receiver, &blob, &aad).unwrap_err();
        prop_assert_eq!(refused.code(), ErrorCode::SealedChannelError);
    }

    /// SEAL-6: neither another key nor other associated data opens a blob.
    #[test]
    fn blobs_are_for_one_key_and_one_use(
        receiver in secret(),
        other in secret(),
        aad in prop::collection::vec(any::<u8>(), 1..40),
        bit: prop::sample::Index,
    ) {
        prop_assume!(receiver.public() != other.public());
        let randomness = v1::SealRandomness { ephemeral: [1; 32], nonce: [2; 12] };
        let blob = v1::seal(&receiver.public(), b"secret task", &aad, randomness).unwrap();
        prop_assert_eq!(v1::open(&other, &blob, &aad), Err(SealError::BlobNotOpened));
        let mut changed = aad.clone();
        flip(&mut changed, bit);
        prop_assert_eq!(v1::open(&receiver, &blob, &changed), Err(SealError::BlobNotOpened));
        prop_assert_eq!(v1::open(&receiver, &blob, b""), Err(SealError::BlobNotOpened));
    }

    /// SEAL-5: no bytes at all make the opener do anything but refuse.
    #[test]
    fn noise_does_not_open(receiver in secret(), noise in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(v1::open(&receiver, &noise, b"").is_err());
        let mut versioned = vec![1];
        versioned.extend(noise);
        prop_assert!(v1::open(&receiver, &versioned, b"").is_err());
    }
}

/// The fields of a transcript, owned.
#[derive(Debug, Clone, PartialEq)]
struct Fields {
    challenge: Challenge,
    credential_id: CredentialId,
    subject: VerifyingKey,
    capability: Capability,
    record_id: RecordId,
    payload: Option<Sha256>,
    parent: Option<String>,
    signature: Option<Signature>,
}

impl Fields {
    fn transcript(&self, callee: ChannelKey, caller: ChannelKey) -> Transcript<'_> {
        Transcript {
            challenge: &self.challenge,
            callee_channel_key: callee,
            caller_channel_key: caller,
            credential_id: &self.credential_id,
            subject: self.subject,
            requested_capability: &self.capability,
            record_id: &self.record_id,
            payload_sha256: self.payload,
            parent_record_hash: self.parent.as_deref(),
            holder_proof_signature: self.signature,
        }
    }
}

fn fields() -> impl Strategy<Value = Fields> {
    let names = ("\\PC{0,20}", "\\PC{1,20}", "\\PC{1,20}", "\\PC{1,20}", prop::option::of("\\PC{0,20}"));
    let bytes = (any::<[u8; 32]>(), prop::option::of(any::<[u8; 32]>()), prop::option::of(any::<[u8; 32]>()));
    (names, bytes).prop_map(|(names, (seed, payload, signature))| Fields {
        challenge: Challenge::new(names.0),
        credential_id: CredentialId::new(names.1).unwrap(),
        subject: SigningKey::from_seed(&seed).verifying_key(),
        capability: Capability::new(names.2).unwrap(),
        record_id: RecordId::new(names.3).unwrap(),
        payload: payload.map(Sha256),
        parent: names.4,
        signature: signature.map(|half| Signature([half, half].concat().try_into().unwrap())),
    })
}

/// `fields` with the field of number `which` taken from `other`.
fn mixed(fields: &Fields, other: &Fields, which: usize) -> Fields {
    let (mut mixed, other) = (fields.clone(), other.clone());
    match which {
        0 => mixed.challenge = other.challenge,
        1 => mixed.credential_id = other.credential_id,
        2 => mixed.subject = other.subject,
        3 => mixed.capability = other.capability,
        4 => mixed.record_id = other.record_id,
        5 => mixed.payload = other.payload,
        6 => mixed.parent = other.parent,
        _ => mixed.signature = other.signature,
    }
    mixed
}

proptest! {
    /// SEAL-12, SEAL-13: a proof holds for its own request, and for none of which any field differs.
    #[test]
    fn possession(caller in secret(), callee in secret(), fields in fields(), other in fields(), which in 0..8_usize) {
        let transcript = fields.transcript(callee.public(), caller.public());
        let proof = Possession::prove(&transcript, &caller).unwrap();
        prop_assert_eq!(proof.verify(&transcript, &callee).unwrap().key(), caller.public());

        let changed = mixed(&fields, &other, which);
        prop_assume!(changed != fields);
        let changed = changed.transcript(callee.public(), caller.public());
        prop_assert_eq!(proof.verify(&changed, &callee), Err(SealError::PossessionMac));
    }

    /// SEAL-12, SEAL-13: nor does it hold for other parties, nor can any other key make it.
    #[test]
    fn possession_is_of_its_keys(caller in secret(), callee in secret(), other in secret(), fields in fields()) {
        prop_assume!(other.public() != caller.public() && other.public() != callee.public());
        let transcript = fields.transcript(callee.public(), caller.public());
        let proof = Possession::prove(&transcript, &caller).unwrap();

        let stolen = fields.transcript(callee.public(), other.public());
        prop_assert_eq!(proof.verify(&stolen, &callee), Err(SealError::PossessionMac));
        prop_assert!(Possession::prove(&transcript, &other).is_err());
        let relayed = proof.verify(&transcript, &other).unwrap_err();
        prop_assert_eq!(relayed.code(), ErrorCode::AttestationFailed);
        let elsewhere = fields.transcript(other.public(), caller.public());
        prop_assert_eq!(proof.verify(&elsewhere, &other), Err(SealError::PossessionMac));
    }
}

fn canonical(node: &Node<'_>) -> Vec<u8> {
    ca2a_core::canonical::to_vec(node).unwrap()
}

fn body(status: u16, text: String, number: i32) -> Node<'static> {
    let outcome: (&str, Node<'static>) = match status {
        200 => ("accepted", true.into()),
        _ => ("error", Object::from([("code", "PEER_DENIAL")]).into()),
    };
    Object::from([outcome, ("note", text.into()), ("n", i64::from(number).into())]).into()
}

proptest! {
    /// SEAL-15 to SEAL-19: an answer comes back as it was given, and one of which any byte is changed does not.
    #[test]
    fn answers(
        callee in secret(),
        recipient: [u8; 32],
        session: [u8; 32],
        status in prop_oneof![Just(200_u16), 400_u16..600],
        note in "\\PC{0,40}",
        number: i32,
        at: prop::sample::Index,
        byte: u8,
    ) {
        let message: Node<'_> = Object::from([("kind", Node::from("message")), ("n", Node::from(i64::from(number)))]).into();
        let open = || {
            let randomness = SessionRandomness { recipient, session };
            RequestSession::new(&callee.public(), &message, randomness).unwrap()
        };
        let envelope = open().envelope().to_vec();
        let accepted = response::accept_request(&callee, &envelope).unwrap();
        prop_assert_eq!(&accepted.request, &message);
        let body = body(status, note, number);
        let mut answer = accepted.responder.answer(status, &body).unwrap();

        let taken = open().verify(status, &answer, Duration::from_secs(1)).unwrap();
        prop_assert_eq!((taken.status(), canonical(taken.body())), (status, canonical(&body)));

        let at = at.index(answer.len());
        prop_assume!(answer[at] != byte);
        answer[at] = byte;
        // A byte may become another spelling of the same answer, which is the same answer.
        let same = json::read(&answer).is_ok_and(|node| {
            node.as_object().and_then(|object| object.get("body")).is_some_and(|got| canonical(got) == canonical(&body))
        });
        match open().verify(status, &answer, Duration::from_secs(1)) {
            Ok(taken) => prop_assert!(same && canonical(taken.body()) == canonical(&body)),
            Err(refused) => prop_assert_eq!(refused.code(), ErrorCode::ResponseAuthenticationFailed),
        }
    }

    /// SEAL-15, SEAL-19: an answer is the answer to one envelope of one session.
    #[test]
    fn answers_are_to_one_request(callee in secret(), sessions: [[u8; 32]; 2], recipients: [[u8; 32]; 2]) {
        prop_assume!(sessions[0] != sessions[1]);
        let message: Node<'_> = Object::new().into();
        let open = |one: usize| {
            let randomness = SessionRandomness { recipient: recipients[one], session: sessions[one] };
            RequestSession::new(&callee.public(), &message, randomness).unwrap()
        };
        let accepted = response::accept_request(&callee, open(0).envelope()).map(|accepted| accepted.responder);
        let answer = accepted.unwrap().answer(200, &body(200, String::new(), 0)).unwrap();
        let refused = open(1).verify(200, &answer, Duration::ZERO);
        prop_assert_eq!(refused.unwrap_err(), SealError::AnswerRequest);
    }

    /// SEAL-14: no bytes at all make either side do anything but refuse.
    #[test]
    fn noise_is_refused(callee in secret(), noise in prop::collection::vec(any::<u8>(), 0..200), status: u16) {
        prop_assert!(response::accept_request(&callee, &noise).is_err());
        let randomness = SessionRandomness { recipient: [1; 32], session: [2; 32] };
        let session = RequestSession::new(&callee.public(), &Object::new().into(), randomness).unwrap();
        prop_assert!(session.verify(status, &noise, Duration::ZERO).is_err());
    }
}
