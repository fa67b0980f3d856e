//! Byte for byte what the Python package signs and sends.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    unreachable_pub,
    reason = "tests"
)]

mod support;

use std::collections::BTreeMap;

use ca2a_core::{Sha256, json};
use ca2a_handoff::{
    AgentIdentity, DelegationCapability, DelegationEnvelope, ExecutionAttestation, Profile, ProfileChoice,
    Pydantic, RiskLevel, SignedTaskPacket, Timestamp, attestation::outcome_hash,
};
use support::{Case, Vectors, seed, unhex, vectors};

fn identities(vectors: &Vectors) -> BTreeMap<String, AgentIdentity> {
    let identity = |(name, it): (&String, &support::Identity)| {
        (name.clone(), AgentIdentity::from_seed(&seed(&it.seed_hex)))
    };
    vectors.identities.iter().map(identity).collect()
}

fn profile(case: &Case) -> Profile {
    match (case.text("profile"), case.text("id").ends_with("@pydantic-2.7")) {
        ("P1", false) => Profile::P1(Pydantic::New),
        ("P1", true) => Profile::P1(Pydantic::Old),
        ("P2", _) => Profile::P2(Pydantic::Old),
        _ => Profile::P3,
    }
}

fn is_signed(case: &Case, input: &[u8]) -> bool {
    if case.has("signing_input_hex") {
        unhex(case.text("signing_input_hex")) == input
    } else {
        case.text("signing_input_sha256") == Sha256::of(input).to_hex()
    }
}

/// Whether the package did anything else with the case than raise.
fn raises(case: &Case) -> bool {
    json::to_text(case.node(&["verdict"])).contains("\"raises\"")
}

/// HAND-5: ids, keys and fingerprints.
#[test]
fn identities_are_derived_as_the_package_derives_them() {
    let Some(vectors) = vectors() else { return };
    for theirs in vectors.identities.values() {
        let ours = AgentIdentity::from_seed(&seed(&theirs.seed_hex));
        assert_eq!(ours.agent_id().as_str(), theirs.agent_id);
        assert_eq!(ours.public_key_pem(), theirs.public_key_pem);
        assert_eq!(ours.private_key_pem().unwrap().as_str(), theirs.private_key_pem);
        assert_eq!(ours.verifying_key().to_hex(), theirs.raw_public_key_hex);
        assert_eq!(Sha256::of(ours.verifying_key().as_bytes()).to_hex(), theirs.attestation_fingerprint);
        let read = AgentIdentity::from_private_key_pem(&theirs.private_key_pem).unwrap();
        assert_eq!(read.agent_id(), ours.agent_id());
    }
}

/// HAND-7, HAND-8, HAND-9: the bytes that a signature covers, and the signature over them.
#[test]
fn packets_are_signed_byte_for_byte() {
    let Some(vectors) = vectors() else { return };
    let identities = identities(&vectors);
    let (mut inputs, mut signed) = (0, 0);
    for case in vectors.of_kind("packet") {
        let id = case.text("id");
        let packet = match SignedTaskPacket::from_node(case.node(&["packet"])) {
            Ok(packet) => packet,
            Err(error) => {
                assert!(raises(&case), "{id}: {error}");
                continue;
            }
        };
        let profile = profile(&case);
        let input = packet.signing_input(profile).unwrap();
        assert!(is_signed(&case, &input), "{id}: {}", String::from_utf8_lossy(&input));
        inputs += 1;
        if id.contains("packet") && case.0.get("weakness").is_none() {
            let identity = &identities[case.text("signer")];
            let again = packet.task().clone().sign(identity, profile).unwrap();
            // Whoever signs under P1 or P2 here sorts first.
            let reordered = again.task() != packet.task();
            assert!(profile.keeps_order() || !reordered);
            assert_eq!(again.signature() == packet.signature(), !reordered, "{id}");
            // With automatic choice the profile is found.
            let matched = packet.verify_signature(ProfileChoice::Auto).unwrap();
            assert_eq!(matched.profile.name(), profile.name(), "{id}");
            signed += 1;
        }
    }
    assert!(inputs > 60 && signed > 15, "{inputs} {signed}");
}

/// HAND-24: what a constructor of 0.3.3 fills in.
#[test]
fn lives_are_filled_in_as_the_package_fills_them_in() {
    let Some(vectors) = vectors() else { return };
    let filled: Vec<Case> =
        vectors.of_kind("packet").into_iter().filter(|case| case.has("constructor_fields")).collect();
    for case in filled.iter().filter(|case| !raises(case)) {
        let packet = SignedTaskPacket::from_node(case.node(&["packet"])).unwrap();
        let fields = case.node(&["constructor_fields"]).as_object().unwrap();
        let risk = fields
            .optional("risk_level")
            .map_or(RiskLevel::Read, |risk| risk.as_str().unwrap().parse().unwrap());
        let ttl = fields.optional("ttl_seconds").and_then(|ttl| ttl.as_int());
        let ours = packet.task().clone().expire_by_risk(risk, ttl);
        // W26: a life beyond the ceiling is not made.
        if case.has("weakness") {
            assert!(ours.is_err());
        } else {
            assert_eq!(ours.as_ref(), Ok(packet.task()), "{}", case.text("id"));
        }
    }
}

/// HAND-14: what travels is what the package sends.
#[test]
fn envelopes_travel_byte_for_byte() {
    let Some(vectors) = vectors() else { return };
    for case in vectors.of_kind("envelope") {
        let wire = case.text("wire");
        let envelope = DelegationEnvelope::from_json(wire.as_bytes()).unwrap();
        assert_eq!(envelope.to_json(profile(&case)), wire, "{}", case.text("id"));
        let rebuilt = envelope.packet.signing_input(profile(&case)).unwrap();
        assert_eq!(rebuilt, unhex(case.text("signing_input_after_wire_hex")), "{}", case.text("id"));
    }
}

/// HAND-40, HAND-41: capabilities and their tokens.
#[test]
fn capabilities_are_signed_byte_for_byte() {
    let Some(vectors) = vectors() else { return };
    for case in vectors.of_kind("capability") {
        let id = case.text("id");
        let capability = DelegationCapability::from_node(case.node(&["capability"])).unwrap();
        assert_eq!(capability.to_token(), case.text("token"), "{id}");
        assert_eq!(DelegationCapability::from_token(case.text("token")).as_ref(), Ok(&capability), "{id}");
    }
}

/// HAND-50, HAND-51, HAND-53: attestations.
#[test]
fn attestations_are_signed_byte_for_byte() {
    let Some(vectors) = vectors() else { return };
    for case in vectors.of_kind("attestation") {
        let id = case.text("id");
        let text = case.text("attestation_json");
        let attestation = ExecutionAttestation::from_json(text.as_bytes()).unwrap();
        assert_eq!(attestation.to_json(), text, "{id}");
        assert_eq!(attestation.signing_input(), unhex(case.text("signing_input_hex")), "{id}");
        let outcome = Sha256::of(&unhex(case.text("outcome_canonical_hex")));
        assert_eq!(outcome_hash(case.node(&["result"])), Ok(outcome), "{id}");
    }
}

#[test]
fn a_time_of_the_wire_is_a_time_of_the_signature() {
    let time = Timestamp::parse("2026-01-15T12:00:00+00:00").unwrap();
    assert_eq!(time.to_string(), "2026-01-15T12:00:00Z");
}
