//! Sealed payloads.

use ca2a_core::{Capability, Challenge, ChannelKey, RecordId, encoding::hex};
use ca2a_delegation::{Chain, Credential};
use ca2a_seal::{
    ChannelSecret, SealError, SealVersion,
    hpke::{self, Context as Binding},
    v1::{self, SealRandomness},
};
use serde_json::json;

use super::typed;
use crate::{
    got::{Got, Refusal, Run, Stop},
    input::{Context, Input},
};

/// Opens a blob; where the case tells the sender's randomness, seals it again.
pub(crate) fn open(input: &Input, _: &Context) -> Run {
    let secret = ChannelSecret::from_bytes(input.array("recipient_private_hex")?);
    input.agrees("recipient_public_hex", &secret.public().to_string())?;
    let aad = input.bytes("aad_hex")?;
    let plaintext = v1::open(&secret, &input.bytes("blob_hex")?, &aad)?;
    if let Some(ephemeral) = input.optional_array("ephemeral_private_hex")? {
        let randomness = SealRandomness { ephemeral, nonce: input.array("nonce_hex")? };
        let sealed = v1::seal(&secret.public(), &plaintext, &aad, randomness)?;
        input.agrees("blob_hex", &hex(&sealed))?;
    }
    Ok(Got::accepted(json!({ "plaintext_hex": hex(&plaintext) })))
}

/// Makes a channel towards a key.
pub(crate) fn channel(input: &Input, _: &Context) -> Run {
    let key = input.text("peer_public_key")?.parse::<ChannelKey>().map_err(SealError::from)?;
    let randomness = SealRandomness { ephemeral: [7; 32], nonce: [0; 12] };
    let sealed = v1::seal(&key, b"", b"", randomness)?;
    if sealed.len() == v1::OVERHEAD { Ok(Got::accepted(json!({}))) } else { Err(Stop::Broken(hex(&sealed))) }
}

/// Opens a blob of version 2 in the request of the case; where the case tells the sender's keying material, seals it again.
pub(crate) fn open_request(input: &Input, _: &Context) -> Run {
    let secret = ChannelSecret::from_bytes(input.array("recipient_private_hex")?);
    let chain = Chain::from_json(input.document("chain")?.as_bytes())?;
    let challenge = Challenge::new(input.text("challenge")?);
    let capability: Capability = typed(&input.text("requested_capability")?)?;
    let record_id: RecordId = typed(&input.text("record_id")?)?;
    let (measurement, parent) = (input.text("measurement")?, input.optional_text("parent_record_hash")?);
    let binding = Binding {
        measurement: &measurement,
        challenge: &challenge,
        chain_sha256: hpke::chain_sha256(chain.credentials()?.iter().map(Credential::digest)),
        requested_capability: &capability,
        record_id: &record_id,
        parent_record_hash: parent.as_deref(),
    };
    let blob = input.bytes("blob_hex")?;
    let plaintext = hpke::open(&secret, &binding, &blob)?;
    if let Some(ikm) = input.optional_array("ikm_hex")? {
        let sealed = hpke::seal(&secret.public(), &binding, &plaintext, hpke::SealRandomness { ikm })?;
        input.agrees("blob_hex", &hex(&sealed))?;
    }
    let aad = binding.to_bytes(&secret.public());
    Ok(Got::accepted(json!({ "plaintext_hex": hex(&plaintext), "aad_hex": hex(&aad) })))
}

/// Reads of which version a blob is, where none below a minimum is taken.
pub(crate) fn version(input: &Input, _: &Context) -> Run {
    let minimum = SealVersion::from_number(input.uint("minimum")?);
    let minimum = minimum.ok_or_else(|| Refusal::by_type("a version of sealed payloads"))?;
    let version = SealVersion::of(&input.bytes("blob_hex")?, minimum)?;
    Ok(Got::accepted(json!({ "version": version.number() })))
}
