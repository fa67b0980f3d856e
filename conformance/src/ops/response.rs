//! Authenticated answers.

use std::time::Duration;

use ca2a_core::json;
use ca2a_seal::{
    ChannelSecret,
    response::{self, RequestSession, SessionRandomness},
};
use serde_json::{Value, json};

use super::{typed, value};
use crate::{
    got::{Got, Refusal, Run},
    input::{Context, Input},
};

/// Verifies an answer as the caller does, in a session that it opens for the request of the case.
pub(crate) fn verify(input: &Input, _: &Context) -> Run {
    let canonical = input.bytes("request_canonical_hex")?;
    let envelope = json::read(&canonical).map_err(|error| Refusal::by_type(error.kind().rule()))?;
    let envelope = Input::new(super::object(&envelope)?);
    let randomness = SessionRandomness {
        recipient: input.array("recipient_private_hex")?,
        session: envelope.array("session")?,
    };
    let request = envelope.document("request")?;
    let request = json::read(request.as_bytes()).map_err(|error| Refusal::by_type(error.kind().rule()))?;
    let session = RequestSession::new(&typed(&input.text("callee_public_hex")?)?, &request, randomness)?;
    input.agrees("request_canonical_hex", &ca2a_core::encoding::hex(session.envelope()))?;

    let elapsed = input.get("elapsed_seconds").and_then(Value::as_f64).unwrap_or_default();
    let elapsed = Duration::try_from_secs_f64(elapsed).map_err(|_| Refusal::by_type("a duration"))?;
    let status = u16::try_from(input.uint("http_status")?).map_err(|_| Refusal::by_type("an HTTP status"))?;
    let bytes = input.bytes("response_bytes_hex")?;
    let answer = session.verify(status, &bytes, elapsed)?;
    Ok(Got::accepted(json!({
        "status": answer.status(),
        "body": value(answer.body()),
        // The cases stand outside any handshake, so nothing was learned about the callee's runtime.
        "authentication": value(&answer.authentication("none")),
    })))
}

/// Accepts an envelope as the callee does.
pub(crate) fn accept_request(input: &Input, _: &Context) -> Run {
    let callee = ChannelSecret::from_bytes(input.array("callee_private_hex")?);
    let envelope = input.document("envelope")?;
    let accepted = response::accept_request(&callee, envelope.as_bytes())?;
    Ok(Got::accepted(json!({ "request_sha256": accepted.responder.request_sha256().to_hex() })))
}
