//! Why a capability was refused.

use alloc::{boxed::Box, string::String};

use ca2a_core::{
    ErrorCode,
    json::{ReadError, ShapeError},
};

use crate::{AgentId, HandoffError, Timestamp, Widening};

/// A refusal. Grants are counted from 0, the root's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CapabilityError {
    /// No grant at all, which grants nothing.
    #[error("none is presented; an empty chain grants nothing")]
    Empty,
    /// A token that is not base64url.
    #[error("a token is unpadded base64url of a JSON object")]
    NotAToken,
    /// A token whose content is not strict JSON.
    #[error("the token cannot be read: {0}")]
    Unreadable(#[from] ReadError),
    /// A member that is missing, unknown or of the wrong form.
    #[error("malformed: {0}")]
    Malformed(#[from] ShapeError),
    /// A signature that does not verify under the issuer's key.
    #[error("grant {grant} is not signed by its issuer")]
    Signature {
        /// Which one.
        grant: usize,
    },
    /// An issuer whose key is unknown, another, or revoked.
    #[error("grant {grant}: {source}")]
    Issuer {
        /// Which one.
        grant: usize,
        /// Why.
        source: Box<HandoffError>,
    },
    /// A chain that begins with a grant of somebody who may not grant.
    #[error("the first grant is by `{issuer}`, which is no trusted root")]
    UntrustedRoot {
        /// Its issuer.
        issuer: AgentId,
    },
    /// A chain that begins in the middle.
    #[error(
        "the first grant is derived from `{parent}`, which is not presented; revoking it could not be seen"
    )]
    Incomplete {
        /// The missing one.
        parent: String,
    },
    /// A grant that does not continue the one before.
    #[error("grant {grant} does not continue grant {}: its issuer and parent must be the subject and id there", grant.saturating_sub(1))]
    BrokenLink {
        /// Which one.
        grant: usize,
    },
    /// A grant that is wider than the one before.
    #[error("grant {grant}: {source}")]
    Escalation {
        /// Which one.
        grant: usize,
        /// In which respect.
        source: Widening,
    },
    /// Too many grants.
    #[error("{length} grants, where {max} are allowed")]
    TooLong {
        /// How many.
        length: usize,
        /// How many may be.
        max: usize,
    },
    /// A grant that was taken back.
    #[error("grant {grant}, `{id}`, is revoked")]
    Revoked {
        /// Which one.
        grant: usize,
        /// Its id.
        id: String,
    },
    /// Before its time.
    #[error("grant {grant} holds from {issued_at} on")]
    NotYetValid {
        /// Which one.
        grant: usize,
        /// Its start.
        issued_at: Timestamp,
    },
    /// After its time.
    #[error("grant {grant} expired at {expires_at}")]
    Expired {
        /// Which one.
        grant: usize,
        /// Its end.
        expires_at: Timestamp,
    },
    /// Somebody else's.
    #[error("it was granted by `{issuer}` to `{subject}`, not by `{sender}` to `{recipient}`")]
    NotHolder {
        /// Its issuer.
        issuer: AgentId,
        /// Its subject.
        subject: AgentId,
        /// Who presents it.
        sender: AgentId,
        /// To whom.
        recipient: AgentId,
    },
    /// Only the subject of a grant derives from it.
    #[error("`{agent}` cannot derive from a grant to `{subject}`")]
    NotSubject {
        /// Who wants to.
        agent: AgentId,
        /// Who may.
        subject: AgentId,
    },
    /// A token envelope of another age than allowed.
    #[error(
        "the token envelope was issued at {issued_at}; it may be up to {max_age_seconds} s old and not from the future"
    )]
    Age {
        /// When.
        issued_at: Timestamp,
        /// How old it may be.
        max_age_seconds: i64,
    },
}

impl CapabilityError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::UntrustedRoot { .. } => ErrorCode::HandoffCapabilityUntrusted,
            Self::Revoked { .. } => ErrorCode::HandoffCapabilityRevoked,
            Self::NotYetValid { .. } | Self::Expired { .. } | Self::Age { .. } => {
                ErrorCode::HandoffCapabilityExpired
            }
            Self::Escalation { .. } => ErrorCode::HandoffEscalation,
            Self::NotHolder { .. } | Self::NotSubject { .. } => ErrorCode::HandoffHolderMismatch,
            Self::Issuer { source, .. } => source.code(),
            _ => ErrorCode::HandoffCapabilityInvalid,
        }
    }
}
