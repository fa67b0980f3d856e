//! The caller's side.

use alloc::{
    string::{String, ToString as _},
    vec::Vec,
};
use core::{fmt, time::Duration};

use ca2a_core::{
    ChannelKey, Sha256,
    canonical::{self, ObjectWriter},
    encoding::hex,
    json::{self, Node, Object},
    requirement::{enforce, holds},
};
use zeroize::ZeroizeOnDrop;

use super::{
    PROFILE,
    statement::{self, ANSWER},
};
use crate::{ChannelSecret, SealError, mac::MacKey};

/// Seconds that an answer has unless told otherwise.
pub const DEFAULT_SESSION_SECONDS: u16 = 30;
/// Seconds that an answer may have at most.
pub const MAX_SESSION_SECONDS: u16 = 300;

/// What one session needs of randomness, moved into [`RequestSession::new`] and wiped there.
#[derive(ZeroizeOnDrop)]
pub struct SessionRandomness {
    /// The private half of the one-use X25519 key.
    pub recipient: [u8; 32],
    /// The session's name.
    #[zeroize(skip)]
    pub session: [u8; 32],
}

impl fmt::Debug for SessionRandomness {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SessionRandomness(..)")
    }
}

/// One request that waits for its one answer. It can neither be copied nor stored, and [`RequestSession::verify`]
/// takes it away whatever comes (SEAL-21).
pub struct RequestSession {
    envelope: Vec<u8>,
    request_sha256: Sha256,
    key: MacKey,
    seconds: u16,
}

impl fmt::Debug for RequestSession {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "RequestSession(request {})", self.request_sha256.to_hex())
    }
}

impl RequestSession {
    /// Wraps `request`, an A2A message, for `callee`, whose key the caller has appraised.
    ///
    /// # Errors
    /// A callee key of low order, or a request that a strict reader would refuse: no object, a number that is no safe
    /// integer, more than 1 MiB with its envelope, deeper than 63.
    pub fn new(
        callee: &ChannelKey,
        request: &Node<'_>,
        randomness: SessionRandomness,
    ) -> Result<Self, SealError> {
        request.expect_object("request")?;
        let recipient = ChannelSecret::from_bytes(randomness.recipient);
        let envelope = ObjectWriter::new()
            .text("peer", &callee.to_string())
            .text("profile", PROFILE)
            .text("recipient", &recipient.public().to_string())
            .node("request", request)?
            .text("session", &hex(&randomness.session))
            .finish();
        json::read(&envelope)?;
        let request_sha256 = Sha256::of(&envelope);
        let key = statement::key(&recipient, callee, request_sha256)?;
        Ok(Self { envelope, request_sha256, key, seconds: DEFAULT_SESSION_SECONDS })
    }

    /// The same session with another deadline, in seconds from the moment the request was sent.
    ///
    /// # Errors
    /// Zero, or more than [`MAX_SESSION_SECONDS`].
    pub fn deadline(mut self, seconds: u16) -> Result<Self, SealError> {
        if seconds == 0 || seconds > MAX_SESSION_SECONDS {
            return Err(SealError::SessionSeconds { found: seconds });
        }
        self.seconds = seconds;
        Ok(self)
    }

    /// The envelope: canonical bytes to send.
    #[must_use]
    pub fn envelope(&self) -> &[u8] {
        &self.envelope
    }

    /// SHA-256 over the envelope.
    #[must_use]
    pub fn request_sha256(&self) -> Sha256 {
        self.request_sha256
    }

    /// Takes the session, and `answer`, which came with HTTP status `http_status` and `elapsed` after the request was sent on the
    /// caller's monotonic clock, for the callee's word (SEAL-14, SEAL-17 to SEAL-21).
    ///
    /// A session verifies once. This compiles:
    ///
    /// ```
    /// # use ca2a_seal::response::RequestSession;
    /// # use core::time::Duration;
    /// fn verify(session: RequestSession, first: &[u8], again: &[u8]) {
    ///     let verified = session.verify(200, first, Duration::ZERO);
    /// }
    /// ```
    ///
    /// and this does not:
    ///
    /// ```compile_fail,E0382
    /// # use ca2a_seal::response::RequestSession;
    /// # use core::time::Duration;
    /// fn verify(session: RequestSession, first: &[u8], again: &[u8]) {
    ///     let verified = session.verify(200, first, Duration::ZERO);
    ///     let verified = session.verify(200, again, Duration::ZERO);
    /// }
    /// ```
    ///
    /// # Errors
    /// Whatever keeps it from being that; the outcome of the task is unknown then. All are
    /// `RESPONSE_AUTHENTICATION_FAILED`.
    pub fn verify(
        self,
        http_status: u16,
        answer: &[u8],
        elapsed: Duration,
    ) -> Result<AuthenticatedAnswer<'_>, SealError> {
        if !holds("SEAL-21", elapsed < Duration::from_secs(self.seconds.into())) {
            return Err(SealError::SessionExpired { seconds: self.seconds });
        }
        let mut node = json::read(answer)?;
        let object = node.expect_object("answer")?;
        enforce("SEAL-17", object.closed(ANSWER, &[]))?;
        if !holds("SEAL-17", object.text("profile")? == PROFILE) {
            return Err(SealError::ResponseProfile);
        }
        if !holds("SEAL-19", object.text("request_sha256")? == self.request_sha256.to_hex()) {
            return Err(SealError::AnswerRequest);
        }
        if !holds("SEAL-19", object.uint("status")? == u64::from(http_status)) {
            return Err(SealError::AnswerHttpStatus { http: http_status });
        }
        let kind = statement::kind(http_status)?;
        let statement = canonical::to_vec_without(object, "mac")?;
        if !holds("SEAL-19", self.key.matches(&statement, object.text("mac")?)) {
            return Err(SealError::AnswerMac);
        }
        if !holds("SEAL-18", object.text("kind")? == kind) {
            return Err(SealError::AnswerStatement { rule: "`kind` must follow from `status`" });
        }
        enforce("SEAL-20", statement::check_outcome(http_status, object.required("body")?))?;
        let body = node.as_object_mut().and_then(|object| object.remove("body")).unwrap_or(Node::NULL);
        Ok(AuthenticatedAnswer { status: http_status, body, request_sha256: self.request_sha256 })
    }
}

/// What the callee answered to one request. Only [`RequestSession::verify`] makes one.
#[derive(Debug, Clone, PartialEq)]
pub struct AuthenticatedAnswer<'a> {
    status: u16,
    body: Node<'a>,
    request_sha256: Sha256,
}

impl<'a> AuthenticatedAnswer<'a> {
    /// 200, or 400 to 599.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body: an object with `accepted`: true under status 200, else with an object `error`. Its spans point into
    /// the answer.
    #[must_use]
    pub fn body(&self) -> &Node<'a> {
        &self.body
    }

    /// The body, by value.
    #[must_use]
    pub fn into_body(self) -> Node<'a> {
        self.body
    }

    /// SHA-256 over the envelope that this answers.
    #[must_use]
    pub fn request_sha256(&self) -> Sha256 {
        self.request_sha256
    }

    /// What the caller may note beside the answer: `peer_assurance` is what it learned when it appraised the callee
    /// (`none` or `hardware`).
    #[must_use]
    pub fn authentication(&self, peer_assurance: &str) -> Node<'static> {
        Object::from([
            ("profile", Node::from(PROFILE)),
            ("peer_assurance", Node::from(String::from(peer_assurance))),
            ("request_sha256", Node::from(self.request_sha256.to_hex())),
            ("audience", Node::from("live-caller-only")),
        ])
        .into()
    }
}
