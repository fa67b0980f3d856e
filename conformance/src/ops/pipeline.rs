//! The inbound pipeline, from a message to an answer.

use std::sync::Arc;

use ca2a_attest::EvidenceVerifier;
use ca2a_core::{ChallengeKey, ErrorCode, json, requirement::is_off};
use ca2a_policy::EffectiveScopes;
use ca2a_runtime::{
    peer::{Callee, Granted, PeerError, Presented},
    store::{MemoryRecordStore, MemoryReplayStore},
};
use ca2a_seal::ChannelSecret;
use serde_json::{Value, json};

use super::{
    block_on, chain,
    hardware::QuoteVerifier,
    metadata,
    node::{self, Call, Witness},
    typed, value,
};
use crate::{
    got::{Got, Refusal, Run, Stop},
    input::{Context, Input},
};

/// Hands a message to a callee. A callee that has all its keys is a node; one that lacks some is what the vectors have
/// and no node of ours can be, so the pipeline itself is asked.
pub(crate) fn handle(input: &Input, _: &Context) -> Run {
    let complete = ["enclave_private_hex", "challenge_secret_hex", "audience"];
    let is_node = complete.iter().all(|member| input.get(member).is_some()) && names_itself(input)?;
    let run = if is_node { by_node(input) } else { by_pipeline(input) };
    match run {
        // No callee of ours can be told to do without the proof, so what comes after it cannot be asked.
        Err(Stop::Refused(refusal)) if input.get("require_holder_proof") == Some(&json!(false)) => {
            Err(refusal.with_any_code_for(ErrorCode::HolderProofInvalid).into())
        }
        run => run,
    }
}

/// Whether the audience of the case is the callee's own channel key, as a node's always is.
fn names_itself(input: &Input) -> Result<bool, Stop> {
    let secret = ChannelSecret::from_bytes(input.array("enclave_private_hex")?);
    Ok(input.text("audience")? == secret.public().to_string())
}

fn by_node(input: &Input) -> Run {
    let message = input.document("message")?;
    if let Some(answer) = out_of_order(input, &message)? {
        return answer;
    }
    let witness = Arc::new(Witness::default());
    let node = node::build(input, input.uint("now")?)?.with_handler(Arc::clone(&witness) as _);
    for earlier in input.optional_texts("earlier")? {
        block_on(node.task(earlier.as_bytes()))?;
    }
    for _ in 0..input.optional_uint("sent_before")?.unwrap_or_default() {
        block_on(node.task(message.as_bytes()))?;
    }
    witness.take();
    let answer = block_on(node.task(message.as_bytes()))?;
    let body: Value =
        serde_json::from_slice(&answer.body).map_err(|error| Stop::Broken(error.to_string()))?;
    match witness.take() {
        Some(call) if answer.status == 200 => Ok(granted(body, &call)),
        _ => Err(refused(answer.status, &body)?.into()),
    }
}

/// What a callee answers that was told not to hold an order: it serves what is no call, or asks its policy first.
fn out_of_order(input: &Input, message: &str) -> Result<Option<Run>, Stop> {
    if is_off("RUN-2") && metadata::request(message)?.is_none() {
        return Ok(Some(Ok(Got::accepted(json!({})))));
    }
    let asked = if is_off("RUN-1") { metadata::request(message)? } else { None };
    let Some(request) = asked else { return Ok(None) };
    let permitted = node::policy(input)?.allowed().contains(&request.requested_capability);
    Ok((!permitted).then(|| Err(Refusal::new(ErrorCode::ScopeNotPermitted).into())))
}

fn granted(response: Value, call: &Call) -> Got {
    Got::accepted(json!({
        "response": response,
        "payload_hex": call.payload.as_deref().map(ca2a_core::encoding::hex),
        "revocation": call.revocation,
    }))
}

fn refused(status: u16, body: &Value) -> Result<Refusal, Stop> {
    let code =
        body.pointer("/error/code").and_then(Value::as_str).and_then(|code| code.parse::<ErrorCode>().ok());
    let code = code.ok_or_else(|| Stop::Broken(format!("an answer without a code: {body}")))?;
    if status != code.http_status() {
        return Err(Stop::Broken(format!("status {status} with code {code}")));
    }
    let record = body.get("record");
    let refusal = Refusal::new(code).with("recorded", record.is_some() || is_off("RUN-3"));
    Ok(match record {
        Some(record) => refusal.with("denial_record", record.clone()),
        None => refusal,
    })
}

fn by_pipeline(input: &Input) -> Run {
    let (roots, policy) = (chain::roots(input)?, node::policy(input)?);
    let (scopes, snapshot) = (EffectiveScopes::default(), chain::snapshot(input)?);
    let secret = input.optional_array("enclave_private_hex")?.map(ChannelSecret::from_bytes);
    let challenges = input.optional_array("challenge_secret_hex")?.map(ChallengeKey::new);
    let verifier = QuoteVerifier::of(input, "caller_verifier", input.uint("now")?)?;
    let verifier = verifier.as_ref().map(|verifier| verifier as &dyn EvidenceVerifier);
    let mut callee = Callee::new(&roots, &policy, &scopes)
        .max_depth(input.uint("max_depth")?)
        .revocations(snapshot.as_ref())
        .max_revocation_staleness(input.optional_uint("max_revocation_staleness")?)
        .require_caller(node::requirement(input)?, verifier);
    if let Some(key) = &challenges {
        callee = callee.challenges(key);
    }
    // A callee without an audience cannot be the one that a proof was made for, whatever it could open.
    match (input.optional_text("audience")?, &secret) {
        (Some(audience), None) => callee = callee.audience(typed(&audience)?),
        (Some(_), Some(secret)) => callee = callee.channel(secret),
        (None, _) => {}
    }
    let request = metadata::request(&input.document("message")?)?.ok_or(PeerError::NotCa2a)?;
    let (replay, records) = (MemoryReplayStore::default(), MemoryRecordStore::default());
    let now = input.uint("now")?;
    let opened = Presented::new(request)
        .verify_chain(&callee, now)?
        .prove_holder(&callee, now)?
        .consume(&replay, now)?
        .appraise(&callee, now)
        .and_then(|appraised| appraised.authorize(&callee))
        .and_then(|authorized| authorized.open(&callee));
    match opened {
        Ok(opened) => {
            let call = block_on(opened.record(&records, None))??;
            Ok(granted(response(&call), &Call::from(&*call)))
        }
        Err(refused) => {
            let denied = block_on(refused.commit(&records, None))??;
            let record = value(&denied.record.to_node());
            Err(Refusal::from(denied.error).with("denial_record", record).into())
        }
    }
}

fn response(call: &Granted) -> Value {
    let scope: Vec<_> = call.effective_scope.texts().collect();
    let record: Value = serde_json::from_str(&json::to_text(&call.record.to_node())).unwrap_or_default();
    json!({
        "accepted": true,
        "effective_scope": scope,
        "granted_capability": call.requested_capability.as_str(),
        "caller_attestation": call.caller.assurance.as_str(),
        "record": record,
    })
}
