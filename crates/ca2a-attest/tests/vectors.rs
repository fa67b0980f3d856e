//! BIND and OFFER of the shared vectors, which the Python package wrote. Covers ATT-1 to ATT-11.
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

use ca2a_attest::{
    AttestError, ChannelOffer, Handshake, OfferPolicy, Platform, Role, VerifiedOffer, appraise_caller,
    binding, verify_offer,
};
use ca2a_core::{
    ChallengeKey,
    encoding::hex,
    json::{self, Node, Object},
};
use common::{Outcome, bytes, bytes32, run_group};

impl From<Result<Object<'static>, AttestError>> for Outcome {
    fn from(result: Result<Object<'static>, AttestError>) -> Self {
        match result {
            Ok(output) => Self::Ok(output),
            Err(error) => Self::Refused(error.code()),
        }
    }
}

#[test]
fn bindings() {
    let ran = run_group("BIND", |op, input| match op {
        "binding.derive" => derive(input).into(),
        other => panic!("unknown op {other}"),
    });
    assert!(ran.is_none_or(|ran| ran >= 8), "{ran:?}");
}

fn derive(input: &Object<'_>) -> Result<Object<'static>, AttestError> {
    let text = |member: &str| input.text(member).unwrap();
    let platform: Platform = text("platform").parse()?;
    let role: Role = text("role").parse()?;
    let field = binding::signed_field(platform, role, text("public_key"), text("nonce"))?;
    let digest = binding::digest(platform, role, text("public_key"), text("nonce"))?;
    assert_eq!(field[..32], digest.0);
    let mut output = Object::from([("value_hex", Node::from(hex(&field)))]);
    if let Some(preimage) = input.optional("preimage_hex") {
        let matches = ca2a_core::Sha256::of(&bytes(preimage.as_str().unwrap())) == digest;
        output.insert("preimage_digest_matches", matches);
    }
    Ok(output)
}

#[test]
fn offers() {
    let ran = run_group("OFFER", |op, input| {
        if input.contains("verifier") && input.optional("verifier").is_some() {
            println!("SKIPPED: a case with a hardware verifier");
            return Outcome::Skipped;
        }
        let source = input.get("offer_json").or_else(|| input.get("handshake_json")).unwrap();
        let Ok(node) = json::read(source.as_str().unwrap().as_bytes()) else { return Outcome::Unreadable };
        match op {
            "offer.parse" => parse(&node).into(),
            "offer.parse_challenge" => parse_challenge(&node).into(),
            "offer.verify" => verify(input, &node).into(),
            "offer.appraise_caller" => appraise(input, &node).into(),
            other => panic!("unknown op {other}"),
        }
    });
    assert!(ran.is_none_or(|ran| ran >= 25), "{ran:?}");
}

fn parse(node: &Node<'_>) -> Result<Object<'static>, AttestError> {
    let offer = ChannelOffer::from_node(node)?;
    let reserialized = offer.to_node();
    assert_eq!(ChannelOffer::from_node(&reserialized)?, offer);
    let handshake = Handshake { offer: offer.clone(), challenge: Handshake::challenge_of(node)? };
    assert_eq!(Handshake::from_node(&handshake.to_node())?, handshake);
    Ok(Object::from([("reserialized", reserialized), ("role", Node::from(offer.report.role.as_str()))]))
}

fn parse_challenge(node: &Node<'_>) -> Result<Object<'static>, AttestError> {
    let challenge = Handshake::challenge_of(node)?;
    Ok(Object::from([("challenge", challenge.map(|challenge| challenge.to_string()))]))
}

fn appraised(offer: &VerifiedOffer) -> Object<'static> {
    Object::from([
        ("public_key", offer.channel_key().to_string()),
        ("assurance", offer.assurance().to_string()),
        ("measurement", offer.measurement().to_string()),
    ])
}

fn verify(input: &Object<'_>, node: &Node<'_>) -> Result<Object<'static>, AttestError> {
    let offer = ChannelOffer::from_node(node)?;
    let hardware = input.get("require_hardware").and_then(Node::as_bool).unwrap();
    let policy = OfferPolicy::software();
    let policy = if hardware { policy.require_hardware() } else { policy };
    let role = input.text("role").unwrap().parse()?;
    verify_offer(&offer, input.text("expected_nonce").unwrap(), role, policy).map(|offer| appraised(&offer))
}

fn appraise(input: &Object<'_>, node: &Node<'_>) -> Result<Object<'static>, AttestError> {
    let offer = ChannelOffer::from_node(node)?;
    let key = ChallengeKey::new(bytes32(input.text("challenge_secret_hex").unwrap()));
    let challenge = offer.live_challenge(&key, input.uint("now").unwrap())?;
    appraise_caller(&offer, &challenge, OfferPolicy::software()).map(|offer| appraised(&offer))
}
