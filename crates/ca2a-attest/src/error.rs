//! Why an offer was not read or not believed.

use alloc::boxed::Box;

use ca2a_core::{
    ChallengeError, ErrorCode,
    encoding::EncodingError,
    json::{ReadError, ShapeError},
};

use crate::{Platform, Role};

/// A refusal of this crate. Match on [`AttestError::code`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttestError {
    /// Bytes that are not strict JSON (ATT-1).
    #[error("the offer cannot be read: {0}")]
    Read(#[from] ReadError),
    /// A member of the offer that is not what it must be (ATT-1).
    #[error("malformed channel offer: {0}")]
    Shape(#[from] ShapeError),
    /// Evidence that is not the one base64url spelling of some bytes (ATT-2).
    #[error("malformed channel offer: `{member}`: {source}")]
    EvidenceEncoding {
        /// The member.
        member: &'static str,
        /// What is wrong with it.
        source: EncodingError,
    },
    /// A present but empty evidence member (ATT-2).
    #[error("malformed channel offer: `{member}` must be left out when there is nothing in it")]
    EvidenceEmpty {
        /// The member.
        member: &'static str,
    },
    /// The offered channel key is not 64 lower-case hex characters (ATT-4).
    #[error("`{found}` is no channel key; one is 64 lower-case hex characters")]
    ChannelKey {
        /// What was offered.
        found: Box<str>,
    },
    /// A platform that does not exist (ATT-6).
    #[error("platform `{found}` is not one of `software-only`, `sev-snp`, `tdx`, `tpm`")]
    UnknownPlatform {
        /// What the report says.
        found: Box<str>,
    },
    /// A role that does not exist (ATT-3).
    #[error("role `{found}` is not one of `callee`, `caller`")]
    UnknownRole {
        /// What was said.
        found: Box<str>,
    },
    /// A platform whose evidence signs no binding (ATT-5).
    #[error("a `{platform}` report is unsigned: there is nothing to bind a key into")]
    NoBinding {
        /// The platform.
        platform: Platform,
    },
    /// An offer of the other role (ATT-3).
    #[error("the offer was minted for the `{found}` role, expected `{expected}`")]
    WrongRole {
        /// The role that the offer names.
        found: Role,
        /// The role that was asked for.
        expected: Role,
    },
    /// The report speaks about another key than the one offered (ATT-4).
    #[error("the report does not bind the offered channel key")]
    KeyNotBound,
    /// The report answers another nonce (ATT-7).
    #[error("the report answers another nonce: a stale or replayed offer")]
    WrongNonce,
    /// The nonce of a caller's report is no live challenge of ours (ATT-10).
    #[error("the caller's report is bound to no live challenge: {0}")]
    Challenge(#[from] ChallengeError),
    /// A software report where hardware is required (ATT-8).
    #[error("hardware attestation is required; a software report proves nothing")]
    HardwareRequired,
    /// A hardware report that nobody here can verify (ATT-9).
    #[error("no verifier is configured for `{platform}` evidence; a report is not trusted unverified")]
    NoVerifier {
        /// The platform.
        platform: Platform,
    },
    /// Evidence that a verifier refused (ATT-9).
    #[error("the `{platform}` evidence does not verify: {reason}")]
    Evidence {
        /// The platform.
        platform: Platform,
        /// The rule that it breaks.
        reason: Box<str>,
    },
    /// What a verifier remembers of the device, such as a TPM's counters, cannot be read or kept (ATT-503).
    #[error("what is known of this `{platform}` device is out of reach: {reason}")]
    Memory {
        /// The platform.
        platform: Platform,
        /// What became of the memory.
        reason: Box<str>,
    },
}

impl AttestError {
    /// The code on the wire.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Read(_) | Self::Shape(_) | Self::EvidenceEncoding { .. } | Self::EvidenceEmpty { .. } => {
                ErrorCode::TransportError
            }
            Self::ChannelKey { .. }
            | Self::UnknownPlatform { .. }
            | Self::UnknownRole { .. }
            | Self::NoBinding { .. }
            | Self::WrongRole { .. }
            | Self::KeyNotBound
            | Self::WrongNonce
            | Self::Challenge(_)
            | Self::HardwareRequired
            | Self::NoVerifier { .. }
            | Self::Evidence { .. } => ErrorCode::AttestationFailed,
            Self::Memory { .. } => ErrorCode::StoreUnavailable,
        }
    }
}

/// As much of a peer's text as an error repeats.
pub(crate) fn excerpt(text: &str) -> Box<str> {
    text.chars().take(80).collect()
}
