//! Holder proofs.

use ca2a_core::{Capability, ChallengeKey, RecordId, Sha256, encoding::hex};
use ca2a_delegation::{Credential, HolderProof, HolderStatement};
use serde_json::json;

use super::typed;
use crate::{
    got::{Got, Run},
    input::{Context, Input},
};

/// Reads a proof.
pub(crate) fn parse(input: &Input, _: &Context) -> Run {
    let proof = HolderProof::from_json(input.document("holder_proof")?.as_bytes())?;
    Ok(Got::accepted(json!({
        "challenge": proof.challenge().as_str(),
        "signature": proof.signature().to_hex(),
    })))
}

/// Verifies a proof for a leaf, under the secret of the callee and over the request that it came with.
pub(crate) fn verify(input: &Input, _: &Context) -> Run {
    let proof = HolderProof::from_json(input.document("proof")?.as_bytes())?;
    let leaf = Credential::from_json(input.document("leaf")?.as_bytes())?;
    let key = ChallengeKey::new(input.array("challenge_secret_hex")?);
    let live = proof.live_challenge(&key, input.uint("now")?)?;

    let request = input.object("verify_against")?;
    let capability: Capability = typed(&request.text("requested_capability")?)?;
    let record_id: RecordId = typed(&request.text("record_id")?)?;
    let payload = request.get("sealed_payload").map(|_| request.bytes("sealed_payload")).transpose()?;
    let caller = request.optional_text("caller_channel_key")?;
    let parent = request.optional_text("parent_record_hash")?;
    let statement = HolderStatement {
        audience: typed(&request.text("audience")?)?,
        requested_capability: &capability,
        record_id: &record_id,
        payload_sha256: payload.as_deref().map(Sha256::of),
        caller_channel_key: caller.as_deref().map(typed).transpose()?,
        parent_record_hash: parent.as_deref(),
    };
    proof.verify_signature(&leaf, &statement)?;
    input.agrees("signed_body_hex", &hex(&statement.body(&leaf, live.challenge())))?;
    Ok(Got::accepted(json!({})))
}
