//! The callee's side.

use alloc::vec::Vec;
use core::fmt;

use ca2a_core::{
    ChannelKey, Sha256,
    canonical::{self, ObjectWriter},
    encoding::from_hex,
    json::{self, Node, ShapeError},
    requirement::{enforce, holds},
};

use super::{
    PROFILE,
    statement::{self, ENVELOPE},
};
use crate::{ChannelSecret, SealError, mac::MacKey};

/// A request that came in an envelope addressed to us, and the one chance to answer it.
#[derive(Debug)]
pub struct AcceptedRequest<'a> {
    /// The A2A message, untrusted. Its spans point into the bytes that [`accept_request`] was given.
    pub request: Node<'a>,
    /// Answers it.
    pub responder: Responder,
}

/// Reads an envelope and derives the key of its answer, before anything is done about the request (SEAL-14 to
/// SEAL-16).
///
/// # Errors
/// Bytes that are not strict JSON within 1 MiB and depth 64, another shape or profile, an envelope addressed to
/// another key, or a recipient key of low order. All are `RESPONSE_AUTHENTICATION_FAILED`.
pub fn accept_request<'a>(
    callee: &ChannelSecret,
    envelope: &'a [u8],
) -> Result<AcceptedRequest<'a>, SealError> {
    let mut node = json::read(envelope)?;
    let object = node.as_object().ok_or(SealError::EnvelopeNotAnObject)?;
    enforce("SEAL-15", object.closed(ENVELOPE, &[]))?;
    if !holds("SEAL-15", object.text("profile")? == PROFILE) {
        return Err(SealError::ResponseProfile);
    }
    let named = channel_key(object.required("peer")?, "peer")?;
    if !holds("SEAL-16", named == callee.public()) {
        return Err(SealError::EnvelopePeer { named, held: callee.public() });
    }
    let recipient = channel_key(object.required("recipient")?, "recipient")?;
    let session = object.required("session")?;
    if session.as_str().is_none_or(|text| from_hex::<32>(text).is_err()) {
        Err(ShapeError::expected("session", "64 lower-case hex characters", session))?;
    }
    object.object("request")?;

    let request_sha256 = Sha256::of(&canonical::to_vec(&node)?);
    let key = statement::key(callee, &recipient, request_sha256)?;
    let request = node.as_object_mut().and_then(|object| object.remove("request"));
    let request = request.ok_or_else(|| ShapeError::missing("request"))?;
    Ok(AcceptedRequest { request, responder: Responder { key, request_sha256, recipient } })
}

fn channel_key(node: &Node<'_>, member: &str) -> Result<ChannelKey, ShapeError> {
    let key = node.as_str().and_then(|text| text.parse().ok());
    key.ok_or_else(|| ShapeError::expected(member, "64 lower-case hex characters", node))
}

/// The right to answer one request. Moved into [`Responder::answer`], so that it answers once.
pub struct Responder {
    key: MacKey,
    request_sha256: Sha256,
    recipient: ChannelKey,
}

impl fmt::Debug for Responder {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Responder(request {})", self.request_sha256.to_hex())
    }
}

impl Responder {
    /// SHA-256 over the canonical envelope.
    #[must_use]
    pub fn request_sha256(&self) -> Sha256 {
        self.request_sha256
    }

    /// The caller's one-use key.
    #[must_use]
    pub fn recipient(&self) -> ChannelKey {
        self.recipient
    }

    /// The authenticated answer, as the canonical bytes to send with HTTP status `status` (SEAL-17, SEAL-18).
    ///
    /// # Errors
    /// A status other than 200 and 400 to 599, a body that says something else than its status, or a whole that a
    /// strict reader would refuse: a number that is no safe integer, more than 1 MiB, deeper than 64.
    pub fn answer(self, status: u16, body: &Node<'_>) -> Result<Vec<u8>, SealError> {
        let kind = statement::kind(status)?;
        statement::check_outcome(status, body)?;
        let request_sha256 = self.request_sha256.to_hex();
        let start = || Ok::<_, SealError>(ObjectWriter::new().node("body", body)?.text("kind", kind));
        let finish = |object: ObjectWriter| {
            object
                .text("profile", PROFILE)
                .text("request_sha256", &request_sha256)
                .uint("status", status.into())
                .finish()
        };
        let mac = self.key.tag(&finish(start()?));
        let answer = finish(start()?.text("mac", &mac));
        // A body built in memory may be what no reader takes; better here than at the caller, who could only
        // conclude that the outcome is unknown.
        json::read(&answer)?;
        Ok(answer)
    }
}
