//! Who holds a leaf proves it for one request, to one callee, in answer to one challenge.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

mod common;

use ca2a_core::{
    Capability, Challenge, ChallengeKey, ChannelKey, ErrorCode, EvaluationTime, RecordId, Sha256,
    json::{self, to_text},
};
use ca2a_covers::covers;
use ca2a_delegation::{ChainVerifier, HolderProof, HolderStatement, TrustedRoots, VerifiedChain};
use common::{NOW, document, honest, key};

struct Scene {
    chain: VerifiedChain,
    challenges: ChallengeKey,
    capability: Capability,
    record: RecordId,
}

impl Scene {
    fn new() -> Self {
        let roots = TrustedRoots::from_iter([key(0).verifying_key()]);
        let chain = ChainVerifier::new(&roots).verify_json(&document(&honest(2)), EvaluationTime::Live(NOW));
        Self {
            chain: chain.unwrap(),
            challenges: ChallengeKey::new([1; 32]),
            capability: Capability::new("cap:00").unwrap(),
            record: RecordId::new("r\"1\"\n").unwrap(),
        }
    }

    fn challenge(&self, random: u8) -> Challenge {
        self.challenges.issue(NOW, 60, [random; 16])
    }

    fn statement(&self) -> HolderStatement<'_> {
        HolderStatement {
            audience: ChannelKey([2; 32]),
            requested_capability: &self.capability,
            record_id: &self.record,
            payload_sha256: Some(Sha256([3; 32])),
            caller_channel_key: None,
            parent_record_hash: None,
        }
    }

    fn verify(
        &self,
        proof: &HolderProof,
        statement: &HolderStatement<'_>,
    ) -> Result<ca2a_core::ReplayClaim, ErrorCode> {
        let live = proof.live_challenge(&self.challenges, NOW).map_err(|error| error.code())?;
        proof.verify(&self.chain, &live, statement).map(|holder| holder.claim()).map_err(|error| error.code())
    }
}

#[test]
fn the_holder_proves_it() {
    covers!(accept, "HOLD-1", "HOLD-3", "HOLD-4", "HOLD-5");
    let scene = Scene::new();
    let proof = scene.statement().prove(scene.chain.leaf(), scene.challenge(0), &key(2)).unwrap();
    let wire = to_text(&proof.to_node());
    let claim = scene.verify(&HolderProof::from_json(wire.as_bytes()).unwrap(), &scene.statement()).unwrap();
    assert_eq!(claim.holder, key(2).verifying_key());
    assert_eq!(claim.expires_at, NOW + 60);
}

#[test]
fn the_signed_body_is_canonical() {
    covers!(accept, "HOLD-2");
    let scene = Scene::new();
    let body = scene.statement().body(scene.chain.leaf(), &scene.challenge(0));
    let node = json::read(&body).unwrap();
    assert_eq!(ca2a_core::canonical::to_vec(&node).unwrap(), body);
    assert_eq!(node.as_object().unwrap().text("domain"), Ok("ca2a-holder-proof-v1"));
}

#[test]
fn nobody_else_can() {
    covers!(refuse, "HOLD-5");
    let scene = Scene::new();
    let stolen = scene.statement().prove(scene.chain.leaf(), scene.challenge(0), &key(5)).unwrap_err();
    assert_eq!(stolen.code(), ErrorCode::HolderProofInvalid);
    // The leaf's issuer signs the right body with the wrong key.
    let body = scene.statement().body(scene.chain.leaf(), &scene.challenge(0));
    let challenge = scene.challenge(0);
    let forged = format!(r#"{{"challenge":"{challenge}","signature":"{}"}}"#, key(1).sign(&body).to_hex());
    let forged = HolderProof::from_json(forged.as_bytes()).unwrap();
    assert_eq!(scene.verify(&forged, &scene.statement()), Err(ErrorCode::HolderProofInvalid));
}

#[test]
fn a_proof_serves_its_own_request_only() {
    covers!(refuse, "HOLD-3");
    let scene = Scene::new();
    let proof = scene.statement().prove(scene.chain.leaf(), scene.challenge(0), &key(2)).unwrap();
    let (capability, record) = (Capability::new("cap:01").unwrap(), RecordId::new("r2").unwrap());
    let asked = scene.statement();
    let others = [
        HolderStatement { audience: ChannelKey([9; 32]), ..asked },
        HolderStatement { requested_capability: &capability, ..asked },
        HolderStatement { record_id: &record, ..asked },
        HolderStatement { payload_sha256: None, ..asked },
        HolderStatement { payload_sha256: Some(Sha256([4; 32])), ..asked },
        HolderStatement { caller_channel_key: Some(ChannelKey([2; 32])), ..asked },
        HolderStatement { parent_record_hash: Some(""), ..asked },
    ];
    assert!(scene.verify(&proof, &asked).is_ok());
    for other in others {
        assert_eq!(scene.verify(&proof, &other), Err(ErrorCode::HolderProofInvalid), "{other:?}");
    }
}

#[test]
fn a_proof_answers_one_live_challenge() {
    covers!(accept, "HOLD-4");
    covers!(refuse, "HOLD-4", "HOLD-5");
    let scene = Scene::new();
    let proof = scene.statement().prove(scene.chain.leaf(), scene.challenge(0), &key(2)).unwrap();
    let code = |secret: [u8; 32], now| {
        proof.live_challenge(&ChallengeKey::new(secret), now).map(|_| ()).map_err(|error| error.code())
    };
    assert_eq!(code([1; 32], NOW + 59), Ok(()));
    assert_eq!(code([1; 32], NOW + 60), Err(ErrorCode::HolderProofInvalid));
    assert_eq!(code([2; 32], NOW), Err(ErrorCode::HolderProofInvalid));
    // A live challenge that the proof does not answer.
    let other = scene.challenges.verify(&scene.challenge(1), NOW).unwrap();
    let error = proof.verify(&scene.chain, &other, &scene.statement()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::HolderProofInvalid);
}

#[test]
fn a_claim_names_the_challenge_and_the_request() {
    covers!(accept, "HOLD-6");
    covers!(refuse, "HOLD-6");
    let scene = Scene::new();
    let record = RecordId::new("r2").unwrap();
    let second = HolderStatement { record_id: &record, ..scene.statement() };
    let claim = |statement: &HolderStatement<'_>, random| {
        let proof = statement.prove(scene.chain.leaf(), scene.challenge(random), &key(2)).unwrap();
        scene.verify(&proof, statement).unwrap().digest
    };
    let first = claim(&scene.statement(), 0);
    assert_eq!(first, claim(&scene.statement(), 0), "a replay is the same claim");
    assert_ne!(first, claim(&second, 0), "one challenge serves several requests");
    assert_ne!(first, claim(&scene.statement(), 1), "the same request may be made again");
}

#[test]
fn the_form_of_a_proof() {
    covers!(accept, "HOLD-1");
    covers!(refuse, "HOLD-1");
    let signature = "0".repeat(128);
    let read =
        |text: String| HolderProof::from_json(text.as_bytes()).map(|_| ()).map_err(|error| error.code());
    assert_eq!(read(format!(r#"{{"challenge":"c","signature":"{signature}"}}"#)), Ok(()));
    for text in [
        format!(r#"{{"challenge":"","signature":"{signature}"}}"#),
        format!(r#"{{"challenge":"c","signature":"{}"}}"#, "AB".repeat(64)),
        format!(r#"{{"challenge":"c","signature":"{signature}","note":1}}"#),
        format!(r#"{{"signature":"{signature}"}}"#),
        "[]".to_owned(),
    ] {
        assert_eq!(read(text.clone()), Err(ErrorCode::HolderProofInvalid), "{text}");
    }
}

#[test]
fn another_body_proves_nothing() {
    covers!(refuse, "HOLD-2");
    let scene = Scene::new();
    let challenge = scene.challenge(0);
    let body = String::from_utf8(scene.statement().body(scene.chain.leaf(), &challenge)).unwrap();
    for other in [
        body.replace("ca2a-holder-proof-v1", "ca2a-holder-proof-v2"),
        body.replace("\"credential_id\":\"c-1\"", "\"credential_id\":\"c-0\""),
        body.replacen(':', ": ", 1),
    ] {
        assert_ne!(other, body);
        let signature = key(2).sign(other.as_bytes()).to_hex();
        let proof = format!(r#"{{"challenge":"{challenge}","signature":"{signature}"}}"#);
        let proof = HolderProof::from_json(proof.as_bytes()).unwrap();
        assert_eq!(scene.verify(&proof, &scene.statement()), Err(ErrorCode::HolderProofInvalid), "{other}");
    }
}
