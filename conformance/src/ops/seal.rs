//! Sealed payloads.

use ca2a_core::{ChannelKey, encoding::hex};
use ca2a_seal::{
    ChannelSecret, SealError,
    v1::{self, SealRandomness},
};
use serde_json::json;

use crate::{
    got::{Got, Run, Stop},
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
