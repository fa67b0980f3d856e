//! What a handoff is made of, each by itself: capabilities, token envelopes, attestations.

use ca2a_core::{
    Sha256, VerifyingKey,
    encoding::hex,
    json::{Node, NumberPolicy, Reader},
    requirement::is_off,
};
use ca2a_handoff::{
    AgentId, AttestationError, CapabilityTokenEnvelope, CapabilityVerifier, ExecutionAttestation,
    HandoffError, VerifiedCapability,
    attestation::{Expected, outcome_hash, reason_hash},
};
use ca2a_runtime::store::MemoryReplayStore;
use serde_json::json;

use super::handoff::{grants, keys, now, registry, revoked};
use crate::{
    got::{Got, Refusal, Run, Stop},
    input::{Context, Input},
};

/// Judges a chain of capability tokens.
pub(crate) fn capability(input: &Input, _: &Context) -> Run {
    let chain = grants(input, "tokens")?;
    let verified = with_verifier(input, |verifier| Ok(verifier.verify(&chain, now(input)?)?))?;
    Ok(granted(&verified))
}

/// Opens a token envelope, once it is known what came before.
pub(crate) fn token(input: &Input, _: &Context) -> Run {
    let store = MemoryReplayStore::default();
    let (ancestors, now) = (grants(input, "ancestors")?, now(input)?);
    let age = CapabilityTokenEnvelope::MAX_AGE_SECONDS;
    let open = |text: &str| {
        let envelope = CapabilityTokenEnvelope::from_json(text.as_bytes())?;
        with_verifier(input, |verifier| Ok(envelope.verify(verifier, &ancestors, age, None, &store, now)?))
    };
    for earlier in input.optional_texts("earlier")? {
        open(&earlier)?;
    }
    Ok(granted(&open(&input.document("token_envelope")?)?))
}

fn with_verifier<T>(
    input: &Input,
    judge: impl FnOnce(&CapabilityVerifier<'_>) -> Result<T, Stop>,
) -> Result<T, Stop> {
    let roots = keys(input, "trusted_root_issuers")?.into_iter().collect();
    let (registry, revoked) = (registry(input)?, revoked(input)?);
    judge(&CapabilityVerifier::new(&roots).registry(registry.as_ref()).revoked(Some(&revoked)))
}

fn granted(verified: &VerifiedCapability) -> Got {
    Got::accepted(json!({
        "capability_id": verified.leaf().capability_id(),
        "issuer_key": verified.issuer_key().to_hex(),
        "actions": verified.authority().actions().collect::<Vec<_>>(),
        "max_tool_calls": verified.authority().max_tool_calls(),
    }))
}

/// Compares an attestation with what its verifier holds.
pub(crate) fn attestation(input: &Input, _: &Context) -> Run {
    let attestation = ExecutionAttestation::from_json(input.document("attestation")?.as_bytes())?;
    let packet_id = input.optional_text("packet_id")?;
    let key = VerifyingKey::from_hex(&input.text("public_key")?).map_err(|_| Refusal::by_type("a key"))?;
    let verdict = attestation.verify(&Expected {
        agent: &AgentId::new(input.text("agent")?),
        key: &key,
        packet_id: packet_id.as_deref(),
        outcome_hash: hashed(&input.document("result")?, outcome_hash)?,
        reason_hash: input.optional_document("reason").map(|text| hashed(&text, reason_hash)).transpose()?,
        now_ms: input.uint("now")?.saturating_mul(1_000),
        max_age_ms: input.uint("max_age_seconds")?.saturating_mul(1_000),
    });
    verdict.map_err(HandoffError::from)?;
    let mut signed = attestation.signing_input();
    // What only defines bytes is made otherwise.
    if is_off("HAND-50") {
        signed.push(b'\n');
    }
    Ok(Got::accepted(json!({ "signing_input_hex": hex(&signed) })))
}

fn hashed(text: &str, hash: impl Fn(&Node<'_>) -> Result<Sha256, AttestationError>) -> Result<Sha256, Stop> {
    let node = Reader::new(NumberPolicy::Lexical).read(text.as_bytes());
    let node = node.map_err(|error| Refusal::by_type(error.kind().rule()))?;
    Ok(hash(&node).map_err(HandoffError::from)?)
}
