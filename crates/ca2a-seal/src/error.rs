//! Why something was not sealed, opened, proven or authenticated.

use ca2a_core::{
    ErrorCode, NameError,
    canonical::CanonicalError,
    json::{ReadError, ShapeError},
};

/// A refusal of this crate. Match on [`SealError::code`].
///
/// The errors of the `Answer…` and `Session…` kind leave the caller in doubt: the callee may have done the task.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The text names no channel key (SEAL-2).
    #[error(transparent)]
    ChannelKey(#[from] NameError),
    /// Sealing or opening met a key of low order (SEAL-3).
    #[error("the channel key is of low order: everybody knows what it would be shared")]
    BlobKey,
    /// More than ChaCha20-Poly1305 takes under one nonce (RFC 8439 section 2.8).
    #[error("a plaintext must be shorter than 256 GiB")]
    PlaintextTooLong,
    /// The blob ends before its tag (SEAL-5, SEAL-25).
    #[error("a sealed payload of its version has at least {minimum} bytes, found {found}")]
    BlobTooShort {
        /// Bytes that were there.
        found: usize,
        /// Bytes that the format takes at least.
        minimum: usize,
    },
    /// The first byte names another format (SEAL-5, SEAL-25).
    #[error("sealed payload version {found} is not one that can be opened here")]
    BlobVersion {
        /// The first byte.
        found: u8,
    },
    /// A format that the receiver no longer takes (SEAL-23).
    #[error("sealed payload version {found} is below version {minimum}, the least that is taken here")]
    BlobBelowMinimum {
        /// What the blob names.
        found: crate::SealVersion,
        /// What is taken at least.
        minimum: crate::SealVersion,
    },
    /// A version 2 blob under algorithms that are not known (SEAL-25).
    #[error("seal suite {found} is not known here; 1 is")]
    BlobSuite {
        /// The suite it names.
        found: u16,
    },
    /// The tag does not hold (SEAL-6, SEAL-26).
    #[error(
        "the sealed payload does not open: it was sealed to another key or for another request, or was changed"
    )]
    BlobNotOpened,

    /// A caller offer came without its proof of possession (SEAL-9).
    #[error("the caller offer carries no proof that the caller holds its channel key")]
    PossessionMissing,
    /// The proof of possession is not `{"version": …, "mac": …}` (SEAL-10).
    #[error("the proof of possession does not parse: {0}")]
    PossessionShape(ShapeError),
    /// A proof under another profile (SEAL-11).
    #[error("proof of possession `{found}` is not known here; `{known}` is", known = crate::possession::VERSION)]
    PossessionVersion {
        /// The version it names.
        found: alloc::boxed::Box<str>,
    },
    /// The transcript names a channel key that is not the one at hand (SEAL-12).
    #[error("the transcript names channel key `{named}`, the secret at hand belongs to `{held}`")]
    PossessionParty {
        /// The key in the transcript.
        named: ca2a_core::ChannelKey,
        /// The key of the secret.
        held: ca2a_core::ChannelKey,
    },
    /// Proving or verifying possession met a key of low order (SEAL-3).
    #[error("the other channel key is of low order: a proof under it proves nothing")]
    PossessionKey,
    /// The MAC does not hold (SEAL-13).
    #[error(
        "the proof of possession does not verify: the caller holds another key, or the request was changed"
    )]
    PossessionMac,

    /// An envelope or answer that is not strict JSON within its limits (SEAL-14).
    #[error("not a readable authenticated document: {0}")]
    ResponseRead(#[from] ReadError),
    /// An envelope that is no object (SEAL-14).
    #[error("an envelope must be an object")]
    EnvelopeNotAnObject,
    /// An envelope or answer of another shape (SEAL-14, SEAL-15).
    #[error("not an authenticated document: {0}")]
    ResponseShape(#[from] ShapeError),
    /// What should be sent has no canonical form (SEAL-14).
    #[error("this cannot be authenticated: {0}")]
    ResponseCanonical(#[from] CanonicalError),
    /// A document under another profile (SEAL-15).
    #[error("the profile must be `{known}`", known = crate::response::PROFILE)]
    ResponseProfile,
    /// The envelope is addressed to another channel key (SEAL-16).
    #[error("the envelope is addressed to channel key `{named}`, this is `{held}`")]
    EnvelopePeer {
        /// The key it is addressed to.
        named: ca2a_core::ChannelKey,
        /// The key it arrived at.
        held: ca2a_core::ChannelKey,
    },
    /// The recipient or callee key is of low order (SEAL-3).
    #[error("the other channel key is of low order: an answer under it authenticates nothing")]
    ResponseKey,
    /// A status that no authenticated answer carries (SEAL-18).
    #[error("an authenticated answer has status 200 or 400 to 599, not {found}")]
    AnswerStatus {
        /// The status.
        found: u16,
    },
    /// The answer belongs to another request (SEAL-19).
    #[error("the answer belongs to another request; what happened to this one is unknown")]
    AnswerRequest,
    /// HTTP and the authenticated statement tell different statuses (SEAL-19).
    #[error("HTTP says {http}, the authenticated answer says otherwise; the outcome is unknown")]
    AnswerHttpStatus {
        /// What HTTP said.
        http: u16,
    },
    /// The MAC of the answer does not hold (SEAL-19).
    #[error("the answer does not authenticate; the outcome is unknown")]
    AnswerMac,
    /// The statement is authentic and contradicts itself (SEAL-20).
    #[error("the answer is authentic but no outcome: {rule}")]
    AnswerStatement {
        /// What it should have said.
        rule: &'static str,
    },
    /// The answer came after the deadline (SEAL-21).
    #[error("the answer came after {seconds} s; the outcome is unknown")]
    SessionExpired {
        /// Seconds that the session was given.
        seconds: u16,
    },
    /// A deadline of zero or above the maximum (SEAL-21).
    #[error("a session lasts 1 to {maximum} seconds, not {found}", maximum = crate::response::MAX_SESSION_SECONDS)]
    SessionSeconds {
        /// Seconds that were asked for.
        found: u16,
    },
}

impl SealError {
    /// The code on the wire.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::ChannelKey(_)
            | Self::BlobKey
            | Self::PlaintextTooLong
            | Self::BlobTooShort { .. }
            | Self::BlobVersion { .. }
            | Self::BlobBelowMinimum { .. }
            | Self::BlobSuite { .. }
            | Self::BlobNotOpened => ErrorCode::SealedChannelError,
            Self::PossessionMissing
            | Self::PossessionShape(_)
            | Self::PossessionVersion { .. }
            | Self::PossessionParty { .. }
            | Self::PossessionKey
            | Self::PossessionMac => ErrorCode::AttestationFailed,
            Self::ResponseRead(_)
            | Self::EnvelopeNotAnObject
            | Self::ResponseShape(_)
            | Self::ResponseCanonical(_)
            | Self::ResponseProfile
            | Self::EnvelopePeer { .. }
            | Self::ResponseKey
            | Self::AnswerStatus { .. }
            | Self::AnswerRequest
            | Self::AnswerHttpStatus { .. }
            | Self::AnswerMac
            | Self::AnswerStatement { .. }
            | Self::SessionExpired { .. }
            | Self::SessionSeconds { .. } => ErrorCode::ResponseAuthenticationFailed,
        }
    }
}
