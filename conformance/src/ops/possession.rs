//! Caller possession.

use ca2a_core::{
    Capability, Challenge, CredentialId, RecordId, Sha256, Signature, VerifyingKey,
    encoding::hex,
    json,
    requirement::{enforce, holds},
};
use ca2a_seal::{ChannelSecret, Possession, SealError, Transcript};
use serde_json::json;

use super::typed;
use crate::{
    got::{Got, Refusal, Run, Stop},
    input::{Context, Input},
};

/// Reads a possession.
pub(crate) fn parse(input: &Input, _: &Context) -> Run {
    let possession = read(&input.document("possession")?)?;
    Ok(Got::accepted(json!({ "version": possession.version(), "mac": possession.mac() })))
}

/// Verifies a possession for a transcript; where it holds, makes it as the caller would.
pub(crate) fn verify(input: &Input, _: &Context) -> Run {
    let callee = ChannelSecret::from_bytes(input.array("callee_private_hex")?);
    let fields = input.object("transcript")?;
    let challenge = Challenge::new(fields.text("challenge")?);
    let credential_id: CredentialId = typed(&fields.text("credential_id")?)?;
    let capability: Capability = typed(&fields.text("requested_capability")?)?;
    let record_id: RecordId = typed(&fields.text("record_id")?)?;
    let parent = fields.optional_text("parent_record_hash")?;
    let subject = VerifyingKey::from_hex(&fields.text("subject")?).map_err(|_| Refusal::by_type("a key"))?;
    let signature = fields.optional_text("holder_proof_signature")?;
    let signature = signature.as_deref().map(Signature::from_hex).transpose();
    let transcript = Transcript {
        challenge: &challenge,
        callee_channel_key: typed(&fields.text("callee_channel_key")?)?,
        caller_channel_key: typed(&fields.text("caller_channel_key")?)?,
        credential_id: &credential_id,
        subject,
        requested_capability: &capability,
        record_id: &record_id,
        payload_sha256: fields.optional_array("payload_sha256")?.map(Sha256),
        parent_record_hash: parent.as_deref(),
        holder_proof_signature: signature.map_err(|_| Refusal::by_type("a signature"))?,
    };
    let bytes = hex(&transcript.to_bytes());
    input.agrees("transcript_canonical_hex", &bytes)?;

    let Some(presented) = input.optional_document("possession") else {
        enforce("SEAL-9", Err(SealError::PossessionMissing))?;
        return Ok(Got::accepted(json!({})));
    };
    let possession = read(&presented)?;
    possession.verify(&transcript, &callee)?;
    let made =
        Possession::prove(&transcript, &ChannelSecret::from_bytes(input.array("caller_private_hex")?))?;
    if !holds("SEAL-11, SEAL-12, SEAL-13", made == possession) {
        return Err(Stop::Broken("another possession verifies than the caller makes".to_owned()));
    }
    Ok(Got::accepted(json!({
        "version": possession.version(),
        "mac": possession.mac(),
        "transcript_canonical_hex": bytes,
    })))
}

fn read(text: &str) -> Result<Possession, Stop> {
    let node = json::read(text.as_bytes()).map_err(|error| Refusal::by_type(error.kind().rule()))?;
    Ok(Possession::from_node(&node)?)
}
