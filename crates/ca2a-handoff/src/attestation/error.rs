//! Why an attestation does not hold, or cannot be made.

use alloc::string::String;

use ca2a_core::{ErrorCode, json::ShapeError};

use crate::AgentId;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttestationError {
    /// A member that is missing, unknown or of the wrong form.
    #[error("malformed: {0}")]
    Malformed(#[from] ShapeError),
    /// A result that is no object.
    #[error("a result must be an object")]
    NotAnObject,
    /// A number whose text two languages print differently.
    #[error("a payload must not hold fractions or exponents")]
    Float,
    /// A member that the format keeps for itself.
    #[error("`{member}` must not stand at the top of a result")]
    Reserved {
        /// The member.
        member: &'static str,
    },
    /// A payload that is too large.
    #[error("a payload has at most 262144 bytes in canonical form")]
    TooLarge,
    /// A time before 2020.
    #[error("{timestamp_ms} ms lies before 2020")]
    TooEarly {
        /// The time.
        timestamp_ms: u64,
    },
    /// Another agent.
    #[error("signed by `{found}`, expected `{expected}`")]
    OtherAgent {
        /// Who it names.
        found: AgentId,
        /// Who is expected.
        expected: AgentId,
    },
    /// Another packet.
    #[error("about packet `{found}`")]
    OtherPacket {
        /// Which it names.
        found: String,
    },
    /// Another result.
    #[error("about another result")]
    OtherOutcome,
    /// Another reason, or one where none is expected, or none where one is.
    #[error("about another reason")]
    OtherReason,
    /// Too old, or from the future.
    #[error("made at {timestamp_ms} ms, now is {now_ms} ms")]
    Age {
        /// When it was made.
        timestamp_ms: u64,
        /// When it was judged.
        now_ms: u64,
    },
    /// Another key.
    #[error("made with another key")]
    OtherKey,
    /// A signature that does not verify.
    #[error("the signature does not verify")]
    Signature,
}

impl AttestationError {
    /// The stable code: of a document that is no attestation (HAND-53), and of one that does not hold.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Malformed(_) => ErrorCode::HandoffMalformed,
            _ => ErrorCode::HandoffAttestationInvalid,
        }
    }
}
