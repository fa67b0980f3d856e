//! Bindings and channel offers.

use ca2a_attest::{
    Assurance, AttestError, ChannelOffer, Handshake, OfferPolicy, Platform, Role, VerifiedOffer,
    appraise_caller, binding, verify_offer,
};
use ca2a_core::{
    ChallengeKey, Sha256,
    encoding::hex,
    json::{NumberPolicy, Reader},
    requirement::is_off,
};
use serde_json::json;

use super::value;
use crate::{
    got::{Got, Run, Stop},
    input::{Context, Input},
};

/// The field that a platform's evidence signs for a key, a nonce and a role.
pub(crate) fn binding(input: &Input, _: &Context) -> Run {
    let platform: Platform = input.text("platform")?.parse()?;
    let role: Role = input.text("role")?.parse()?;
    let (key, nonce) = (input.text("public_key")?, input.text("nonce")?);
    if is_off("ATT-5") {
        // Neither platform nor role, and no lengths between the parts.
        let value = Sha256::of_parts(&[key.as_bytes(), nonce.as_bytes()]).to_hex();
        return Ok(Got::accepted(json!({ "value_hex": value })));
    }
    let digest = binding::digest(platform, role, &key, &nonce)?;
    let field = binding::signed_field(platform, role, &key, &nonce)?;
    // A case that tells the bytes under the digest says with them that they were hashed.
    let matches = input.get("preimage_hex").map(|_| input.bytes("preimage_hex")).transpose()?;
    let matches = matches.map(|bytes| Sha256::of(&bytes) == digest);
    Ok(Got::accepted(json!({ "value_hex": hex(&field), "preimage_digest_matches": matches })))
}

/// Reads an offer and writes it again.
pub(crate) fn parse(input: &Input, _: &Context) -> Run {
    let offer = offer(input)?;
    let written = value(&offer.to_node());
    Ok(Got::accepted(json!({ "reserialized": written, "role": offer.report.role.as_str() })))
}

/// Reads the challenge of a handshake's answer.
pub(crate) fn parse_challenge(input: &Input, _: &Context) -> Run {
    let text = input.document("handshake")?;
    let node = Reader::new(NumberPolicy::Lexical).read(text.as_bytes()).map_err(AttestError::from)?;
    let challenge = Handshake::challenge_of(&node)?;
    Ok(Got::accepted(json!({ "challenge": challenge.map(|challenge| challenge.to_string()) })))
}

/// Verifies an offer for a nonce and a role.
pub(crate) fn verify(input: &Input, _: &Context) -> Run {
    let role: Role = input.text("role")?.parse()?;
    let mut policy = OfferPolicy::software();
    if input.flag("require_hardware") {
        policy = policy.require_hardware();
    }
    Ok(accepted(&verify_offer(&offer(input)?, &input.text("expected_nonce")?, role, policy)?))
}

/// Appraises a caller's offer under the challenges of the callee.
pub(crate) fn appraise(input: &Input, _: &Context) -> Run {
    let offer = offer(input)?;
    let key = ChallengeKey::new(input.array("challenge_secret_hex")?);
    let live = offer.live_challenge(&key, input.uint("now")?)?;
    Ok(accepted(&appraise_caller(&offer, &live, OfferPolicy::software())?))
}

fn offer(input: &Input) -> Result<ChannelOffer, Stop> {
    let text = input.document("offer")?;
    let node = Reader::new(NumberPolicy::Lexical).read(text.as_bytes()).map_err(AttestError::from)?;
    Ok(ChannelOffer::from_node(&node)?)
}

fn accepted(offer: &VerifiedOffer) -> Got {
    let assurance: Assurance = offer.assurance();
    Got::accepted(json!({
        "public_key": offer.channel_key().to_string(),
        "assurance": assurance.as_str(),
        "measurement": offer.measurement(),
    }))
}
