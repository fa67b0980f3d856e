//! Why a hop was refused.

use alloc::string::String;

use ca2a_core::{
    Capability, ErrorCode, KeyError, NameError,
    encoding::EncodingError,
    json::{ReadError, ShapeError},
};

use crate::{AgentId, Widening};

/// A refusal. Parents are counted from 0, the first hop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HopError {
    /// Not strict JSON.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] ReadError),
    /// A member that is missing, unknown or of the wrong form.
    #[error("malformed: {0}")]
    Malformed(#[from] ShapeError),
    /// A digest or signature in another spelling.
    #[error("{0}")]
    Encoding(#[from] EncodingError),
    /// A key that nobody may use.
    #[error("{0}")]
    Key(#[from] KeyError),
    /// A capability without a character.
    #[error("`capability`: {0}")]
    Name(#[from] NameError),
    /// A signature that does not verify.
    #[error("it is not signed by its sender")]
    Signature,
    /// Another packet than the one presented, or the same under another profile.
    #[error("it carries another packet than the one presented")]
    OtherPacket,
    /// Another credential chain than the one presented.
    #[error("it was made under another credential chain than the one presented")]
    OtherChain,
    /// The hop's sender, the packet's key and the leaf's subject are not one.
    #[error("its sender must hold the packet's key and the leaf credential")]
    OtherSender,
    /// A hop for somebody else, or a packet for another agent than the hop.
    #[error("it is not for this agent, or `{to_agent}` is not its recipient")]
    OtherRecipient {
        /// Whom the packet names.
        to_agent: AgentId,
    },
    /// What the packet does not allow.
    #[error("`{capability}` is not among the actions of the packet")]
    NotAllowed {
        /// The capability.
        capability: Capability,
    },
    /// A packet that allows more than the leaf credential grants.
    #[error("the packet allows `{action}`, which the leaf credential does not grant")]
    BeyondScope {
        /// The action.
        action: String,
    },
    /// A window that reaches beyond the packet's, a credential's or the parent's, or that is never open.
    #[error("its window reaches beyond {0}")]
    Window(&'static str),
    /// Before or after its window.
    #[error("it holds from {not_before} to {not_after}, Unix seconds")]
    OutOfTime {
        /// Its first second.
        not_before: u64,
        /// Its last second.
        not_after: u64,
    },
    /// Parents that are missing, too many, or not the ones it names.
    #[error("it does not continue the hops presented before it")]
    BrokenLink,
    /// A parent that does not hold.
    #[error("parent {parent}: {problem}")]
    Parent {
        /// Which one.
        parent: usize,
        /// Why.
        problem: String,
    },
    /// A packet that is wider than its parent's.
    #[error("{0}")]
    Escalation(#[from] Widening),
}

impl HopError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::BeyondScope { .. } | Self::Escalation(_) => ErrorCode::HandoffEscalation,
            Self::OtherRecipient { .. } => ErrorCode::HandoffWrongRecipient,
            _ => ErrorCode::HandoffHopInvalid,
        }
    }
}
