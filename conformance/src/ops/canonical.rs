//! Canonical bytes (RFC 8785).

use ca2a_core::{ErrorCode, canonical, digest::Sha256, encoding::hex, json, requirement::is_off};
use serde_json::json;

use crate::{
    got::{Got, Refusal, Run, Stop},
    input::{Context, Input},
};

/// The canonical bytes of `value_json`.
pub(crate) fn canonicalize(input: &Input, _: &Context) -> Run {
    let bytes = bytes(input)?;
    Ok(Got::accepted(json!({ "canonical_hex": hex(&bytes), "sha256": Sha256::of(&bytes).to_hex() })))
}

/// The same, as the vectors of TRACE name it.
pub(crate) fn jcs(input: &Input, _: &Context) -> Run {
    Ok(Got::accepted(json!({ "hex": hex(&bytes(input)?) })))
}

fn bytes(input: &Input) -> Result<Vec<u8>, Stop> {
    // A bare value belongs to no document, so its refusal has no code but that of a request.
    let refused = |_| Refusal::new(ErrorCode::BadRequest);
    let text = input.document("value")?;
    let node = json::read(text.as_bytes()).map_err(|_| Refusal::new(ErrorCode::BadRequest).by_reader())?;
    let canonical = canonical::to_vec(&node).map_err(refused)?;
    // Who does not sort writes the members as they came, and who does not write anew repeats what was read.
    Ok(match () {
        () if is_off("CORE-9") => json::to_text(&node).into_bytes(),
        () if is_off("CORE-11") => text.clone().into_bytes(),
        () => canonical,
    })
}
