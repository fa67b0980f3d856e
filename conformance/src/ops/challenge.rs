//! Challenge tokens.

use ca2a_core::{Challenge, ChallengeKey, ErrorCode};
use serde_json::json;

use super::config;
use crate::{
    got::{Got, Refusal, Run},
    input::{Context, Input},
};

/// Verifies a token under a secret at a time.
pub(crate) fn verify(input: &Input, _: &Context) -> Run {
    let key = ChallengeKey::new(input.array("secret_hex")?);
    let challenge = Challenge::new(input.text("challenge")?);
    // A challenge that stands by itself is evidence of attestation; inside a holder proof it is part of that.
    let live = key.verify(&challenge, input.uint("now")?);
    live.map_err(|_| Refusal::new(ErrorCode::AttestationFailed))?;
    Ok(Got::accepted(json!({})))
}

/// Mints a token.
pub(crate) fn issue(input: &Input, _: &Context) -> Run {
    let key = ChallengeKey::new(input.array("secret_hex")?);
    let ttl = config::challenge_ttl(input.uint("ttl_seconds")?)?;
    let challenge = key.issue(input.uint("now")?, ttl, input.array("random_hex")?);
    let (signed, mac) = challenge.as_str().rsplit_once('.').unwrap_or_default();
    Ok(Got::accepted(json!({ "challenge": challenge.as_str(), "mac_input": signed, "mac": mac })))
}
