//! What both sides compute: the session's key, and the rules for a status.

use ca2a_core::{ChannelKey, Sha256, json::Node};

use crate::{ChannelSecret, SealError, kdf, key::LowOrder, mac::MacKey};

const KEY_INFO: &[u8] = b"ca2a/response-mac/v1/key";
const STATEMENT_LABEL: &str = "ca2a/response-mac/v1/statement";

/// The members of an envelope, all required, nothing else (SEAL-15).
pub(super) const ENVELOPE: &[&str] = &["profile", "peer", "recipient", "session", "request"];
/// The members of an answer, all required, nothing else (SEAL-17).
pub(super) const ANSWER: &[&str] = &["profile", "request_sha256", "status", "kind", "body", "mac"];

/// The key under which the one answer to `request` is authenticated.
pub(super) fn key(own: &ChannelSecret, other: &ChannelKey, request: Sha256) -> Result<MacKey, SealError> {
    let shared = own.agree(other).map_err(|LowOrder| SealError::ResponseKey)?;
    Ok(MacKey::new(kdf::derive(Some(&request.0), &[shared.as_bytes()], KEY_INFO), STATEMENT_LABEL))
}

/// What an answer of `status` is evidence of (SEAL-18).
pub(super) fn kind(status: u16) -> Result<&'static str, SealError> {
    match status {
        200 => Ok("provenance"),
        400..=599 => Ok("denial"),
        found => Err(SealError::AnswerStatus { found }),
    }
}

/// Whether `body` is an outcome of its status: a success says so, a denial names its error (SEAL-20).
pub(super) fn check_outcome(status: u16, body: &Node<'_>) -> Result<(), SealError> {
    let object = body.as_object().ok_or(SealError::AnswerStatement { rule: "`body` must be an object" })?;
    let member = |name: &str| object.get(name);
    if status == 200 {
        let accepted = member("accepted").and_then(Node::as_bool) == Some(true);
        accepted.then_some(()).ok_or(SealError::AnswerStatement { rule: "status 200 needs `accepted`: true" })
    } else {
        let error = member("error").and_then(Node::as_object).is_some();
        error.then_some(()).ok_or(SealError::AnswerStatement { rule: "a denial needs an `error` object" })
    }
}
