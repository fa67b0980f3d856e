//! ATT-430: an appraisal as an EAT Attestation Result.

use ca2a_attest::appraisal::{AppraisalPolicy, Request, ear::PROFILE};
use ca2a_core::{
    ChannelKey, SigningKey,
    cose::{Encoding, MapRef, PublicKey, Reader, Sign1, Signer, Value},
};

use crate::evidence::{NOW, genuine, knowing};

const SUBMODULES: i64 = 266;

#[test]
fn the_json_has_the_claims_of_the_draft() {
    let Some(genuine) = genuine() else { return };
    let key = ChannelKey([9; 32]);
    let request = Request::binding(
        NOW,
        ca2a_attest::Platform::SevSnp,
        ca2a_attest::Role::Callee,
        &key,
        "a nonce of enough bytes",
    );
    let appraisal = knowing(&genuine.measurement).appraise(&genuine.evidence, &request.unwrap());
    let node = appraisal.to_ear_node();
    let ear = node.as_object().unwrap();
    assert_eq!(ear.text("eat_profile").unwrap(), PROFILE);
    assert_eq!(ear.uint("iat").unwrap(), NOW);
    assert_eq!(ear.uint("exp").unwrap(), appraisal.not_after());
    assert_eq!(ear.text("eat_nonce").unwrap(), "a nonce of enough bytes");
    assert_eq!(ear.object("ear_verifier_id").unwrap().text("developer").unwrap(), "ca2a");
    let submodule = ear.object("submods").unwrap().object("sev-snp").unwrap();
    // The field was not signed for this key and nonce: status and vector say so together.
    assert_eq!(submodule.text("ear_status").unwrap(), appraisal.verdict().as_str());
    let vector = submodule.object("ear_trustworthiness_vector").unwrap();
    assert_eq!(vector.uint("executables").unwrap(), 3);
    let policies = submodule.array("ear_appraisal_policy_ids").unwrap();
    assert_eq!(policies[0].as_str(), Some("genoa"));
    assert!(policies[1].as_str().unwrap().starts_with("sha256:"));
    let claims = submodule.object("ear_verifier_claims").unwrap();
    assert_eq!(claims.text("bound_key").unwrap(), key.to_string());
    assert_eq!(claims.text("appraisal").unwrap(), format!("sha256:{}", appraisal.digest().to_hex()));
    let measured = submodule.object("ear_attester_claims").unwrap().object("measurement").unwrap();
    assert_eq!(measured.text("measurement").unwrap(), genuine.measurement);
}

#[test]
fn the_token_verifies_and_says_the_same() {
    let Some(genuine) = genuine() else { return };
    for policy in [AppraisalPolicy::default(), knowing(&genuine.measurement), knowing(&"0".repeat(96))] {
        let appraisal = policy.appraise(&genuine.evidence, &Request::unbound(NOW));
        let key = SigningKey::from_seed(&[3; 32]);
        let token = appraisal.to_ear_cwt(&Signer::ed25519(&key)).unwrap();
        let message = Sign1::read_cwt(&token).unwrap().verify(&PublicKey::from(key.verifying_key())).unwrap();
        let payload = message.message().payload().unwrap();
        assert_eq!(payload, appraisal.to_ear_cbor().unwrap());
        let claims = Reader::new(Encoding::Deterministic).value(payload).unwrap();
        let claims = MapRef::of(&claims, 0).unwrap();
        assert_eq!(claims.text(265).unwrap(), Some(PROFILE));
        assert_eq!(claims.uint(6).unwrap(), Some(NOW));
        let verifier = claims.map(1004).unwrap().unwrap();
        assert_eq!(verifier.text(0).unwrap(), Some("ca2a"));
        let Some(Value::Map(submodules)) = claims.get(SUBMODULES) else { panic!("no submodules") };
        let [(name, submodule)] = &submodules[..] else { panic!("one submodule") };
        assert_eq!(name.as_text(), Some("sev-snp"));
        let submodule = MapRef::of(submodule, SUBMODULES).unwrap();
        assert_eq!(submodule.uint(1000).unwrap(), Some(appraisal.verdict().number().into()));
        let vector = submodule.map(1001).unwrap().unwrap();
        for (component, value) in appraisal.vector().iter() {
            let found = vector.int(component.label().into()).unwrap();
            assert_eq!(found, (value != 0).then_some(i64::from(value)), "{}", component.as_str());
        }
    }
}
