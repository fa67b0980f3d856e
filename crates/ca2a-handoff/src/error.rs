//! Why a handoff was refused.

use alloc::{
    borrow::Cow,
    string::{String, ToString as _},
};

use ca2a_core::{
    ErrorCode, ReplayError,
    json::{ReadError, ShapeError},
};

use crate::{
    AgentId, AttestationError, CapabilityError, ChainError, Profile, Timestamp, TtlError, Widening,
    approval::ApprovalError, pem::PemError,
};

/// A refusal. Each has a stable code, and where the package has a text for it, that text as its reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HandoffError {
    /// Not strict JSON.
    #[error("the document cannot be read: {0}")]
    Unreadable(#[from] ReadError),
    /// A member that is missing, unknown or of the wrong form.
    #[error("malformed document: {0}")]
    Malformed(#[from] ShapeError),
    /// A time beyond the calendar.
    #[error("{0}")]
    Time(#[from] crate::TimestampError),
    /// Text that is no usable key.
    #[error("`public_key`: {0}")]
    Key(#[from] PemError),
    /// Another algorithm than the one there is.
    #[error("`signature_algo` is `{found}`; only `Ed25519` is verified")]
    Algorithm {
        /// What stands there.
        found: String,
    },
    /// A signature that is not 64 bytes of base64 in its one spelling.
    #[error("`signature` must be 64 bytes of base64, padded, with nothing skipped")]
    SignatureEncoding,
    /// A signature that does not verify.
    #[error("the signature does not verify under the packet's own key")]
    Signature,
    /// A packet that sets what the profile does not cover.
    #[error("`{member}` is set, and {profile} does not cover it; it could have been added after signing")]
    ProfileUnsupported {
        /// The profile.
        profile: Profile,
        /// The member.
        member: &'static str,
    },
    /// An identity signs for another agent.
    #[error("`{agent}` cannot sign for `{from_agent}`")]
    NotTheSender {
        /// Who wants to sign.
        agent: AgentId,
        /// Who is the sender.
        from_agent: AgentId,
    },
    /// An agent that the registry does not know.
    #[error("agent `{agent}` is not registered")]
    UnknownAgent {
        /// Its id.
        agent: AgentId,
    },
    /// A key that is not the agent's.
    #[error("the key presented for `{agent}` is not the key of that agent")]
    IdentityMismatch {
        /// Its id.
        agent: AgentId,
    },
    /// An agent whose id was revoked.
    #[error("agent `{agent}` is revoked")]
    AgentRevoked {
        /// Its id.
        agent: AgentId,
    },
    /// A packet for somebody else.
    #[error("the packet is for `{to_agent}`, this is `{me}`")]
    WrongRecipient {
        /// Whom it names.
        to_agent: AgentId,
        /// Who verifies.
        me: AgentId,
    },
    /// A window that is never open.
    #[error("`issued_at` {issued_at} lies after `expires_at` {expires_at}")]
    InvertedWindow {
        /// Its start.
        issued_at: Timestamp,
        /// Its end.
        expires_at: Timestamp,
    },
    /// A window longer than the verifier allows.
    #[error("the packet lives for {seconds} s, longer than the {max_seconds} s allowed")]
    LifetimeTooLong {
        /// Its length.
        seconds: i64,
        /// The most that is allowed.
        max_seconds: i64,
    },
    /// A packet from the future.
    #[error("the packet is issued at {issued_at}, which lies ahead of now by more than {skew_seconds} s")]
    NotYetValid {
        /// Its start.
        issued_at: Timestamp,
        /// How far ahead it may lie.
        skew_seconds: i64,
    },
    /// A packet whose time is over.
    #[error("the packet expired at {expires_at}")]
    Expired {
        /// Its end.
        expires_at: Timestamp,
    },
    /// Risk, life and end that do not go together.
    #[error("{0}")]
    Ttl(#[from] TtlError),
    /// A chain that does not hold together.
    #[error("delegation chain: {0}")]
    Chain(#[from] ChainError),
    /// Something grants more than what it comes from.
    #[error("{0}")]
    Escalation(#[from] Widening),
    /// `ai_provenance` without a `source`.
    #[error("`ai_provenance` must name a `source`")]
    AiProvenance,
    /// A person must look first.
    #[error(
        "the packet requires a signed approval by a known approver; what the packet says of itself does not count"
    )]
    ReviewRequired,
    /// An approval that does not hold.
    #[error("approval: {0}")]
    Approval(#[from] ApprovalError),
    /// A capability that does not hold.
    #[error("capability: {0}")]
    Capability(#[from] CapabilityError),
    /// The packet's nonce is spent.
    #[error("this sender's nonce is spent")]
    Replay,
    /// The replay store did not answer.
    #[error("{0}")]
    Store(ReplayError),
    /// An attestation that does not hold.
    #[error("attestation: {0}")]
    Attestation(#[from] AttestationError),
    /// A hop that does not hold.
    #[cfg(feature = "hop")]
    #[error("hop: {0}")]
    Hop(#[from] crate::hop::HopError),
}

impl HandoffError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Unreadable(_) | Self::Malformed(_) | Self::Time(_) | Self::Key(_) => {
                ErrorCode::HandoffMalformed
            }
            Self::Algorithm { .. } | Self::SignatureEncoding | Self::Signature => {
                ErrorCode::HandoffSignatureInvalid
            }
            Self::ProfileUnsupported { .. } => ErrorCode::HandoffProfileUnsupported,
            Self::UnknownAgent { .. } => ErrorCode::HandoffUnknownAgent,
            Self::NotTheSender { .. } | Self::IdentityMismatch { .. } => ErrorCode::HandoffIdentityMismatch,
            Self::AgentRevoked { .. } => ErrorCode::HandoffAgentRevoked,
            Self::WrongRecipient { .. } => ErrorCode::HandoffWrongRecipient,
            Self::InvertedWindow { .. } | Self::LifetimeTooLong { .. } => ErrorCode::HandoffWindowInvalid,
            Self::NotYetValid { .. } => ErrorCode::HandoffNotYetValid,
            Self::Expired { .. } => ErrorCode::HandoffExpired,
            Self::Ttl(_) => ErrorCode::HandoffTtlPolicy,
            Self::Chain(error) => error.code(),
            Self::Escalation(_) => ErrorCode::HandoffEscalation,
            Self::AiProvenance => ErrorCode::HandoffAiProvenance,
            Self::ReviewRequired => ErrorCode::HandoffReviewRequired,
            Self::Approval(_) => ErrorCode::HandoffApprovalInvalid,
            Self::Capability(error) => error.code(),
            Self::Replay => ErrorCode::HandoffReplay,
            Self::Store(ReplayError::Full | ReplayError::HolderQuota) => ErrorCode::Overloaded,
            Self::Store(_) => ErrorCode::StoreUnavailable,
            Self::Attestation(error) => error.code(),
            #[cfg(feature = "hop")]
            Self::Hop(error) => error.code(),
        }
    }

    /// The text of a decision: the package's where it has one, ours where it has none.
    #[must_use]
    pub fn reason(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Algorithm { .. } | Self::SignatureEncoding | Self::Signature => "Invalid signature",
            Self::UnknownAgent { .. } => "Unknown agent identity",
            Self::IdentityMismatch { .. } => "Agent identity binding failed",
            Self::AgentRevoked { .. } => "agent_revoked",
            Self::InvertedWindow { .. } => "malformed_time_window",
            Self::NotYetValid { .. } => "issued_in_future",
            Self::Expired { .. } => "expired",
            Self::Ttl(TtlError::UnknownRisk) => "unsupported_risk_level",
            Self::Ttl(_) => "ttl_policy_mismatch",
            Self::Chain(ChainError::TooDeep { .. }) => "Delegation depth exceeded",
            Self::Chain(_) => "Invalid delegation chain",
            Self::Escalation(_) => "Delegation policy violation",
            Self::AiProvenance => "invalid_ai_provenance",
            Self::ReviewRequired => "human_review_required",
            Self::Replay => "Replay detected",
            other => return Cow::Owned(other.to_string()),
        })
    }
}
