//! Authenticated answers (`ca2a-response-mac-v1`): the caller knows that the callee's channel key answered this very
//! request.
//!
//! ```text
//! envelope = { profile, peer: callee key, recipient: one-use key, session: 32 bytes, request: A2A message }
//! hash     = SHA-256(JCS(envelope))
//! shared   = X25519(callee, recipient)
//! key      = HKDF-SHA256(salt hash, shared, "ca2a/response-mac/v1/key", 32)
//! mac      = HMAC-SHA256(key, "ca2a/response-mac/v1/statement" ‖ 0x00 ‖ JCS({profile, request_sha256, status, kind, body}))
//! ```
//!
//! The MAC is of a session: either side can make it, and it proves nothing to a third party. When it does not hold,
//! the caller does not know what the callee did.
//!
//! ```
//! use ca2a_core::json::{self, Node, Object};
//! use ca2a_seal::{ChannelSecret, response::{self, RequestSession, SessionRandomness}};
//! use core::time::Duration;
//!
//! let callee = ChannelSecret::from_bytes([1; 32]);
//!
//! // The caller wraps its message, once, for one answer.
//! let message = json::read(br#"{"kind": "message"}"#)?;
//! let randomness = SessionRandomness { recipient: [2; 32], session: [3; 32] };
//! let session = RequestSession::new(&callee.public(), &message, randomness)?;
//! let envelope = session.envelope().to_vec();
//!
//! // The callee unwraps it, does the work and answers.
//! let accepted = response::accept_request(&callee, &envelope)?;
//! assert_eq!(accepted.request, message);
//! let body = Node::from(Object::from([("accepted", true)]));
//! let answer = accepted.responder.answer(200, &body)?;
//!
//! // The caller takes the answer for what it is, or not at all.
//! let answer = session.verify(200, &answer, Duration::from_secs(1))?;
//! assert_eq!(answer.body(), &body);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod producer;
mod session;
mod statement;

pub use producer::{AcceptedRequest, Responder, accept_request};
pub use session::{
    AuthenticatedAnswer, DEFAULT_SESSION_SECONDS, MAX_SESSION_SECONDS, RequestSession, SessionRandomness,
};

/// The profile that every envelope and every answer names.
pub const PROFILE: &str = "ca2a-response-mac-v1";
