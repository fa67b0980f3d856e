//! What can go wrong between a gateway and its agent.

use std::time::Duration;

use ca2a_core::ErrorCode;

/// An agent behind a gateway that could not be asked, or gave no answer that is one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UpstreamError {
    /// An address that a gateway does not hand calls on to.
    #[error("the upstream `{text}` {problem}")]
    Address {
        /// The address, at most 200 characters of it.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
    /// No connection: nothing of the call was handed on.
    #[error("the agent cannot be reached: {0}")]
    Connect(String),
    /// The connection broke.
    #[error("the connection to the agent broke: {0}")]
    Broken(String),
    /// Silence.
    #[error("the agent was silent for {} s", .0.as_secs())]
    Silent(Duration),
    /// More than is taken.
    #[error("the agent's answer has more than {0} bytes at once")]
    TooLarge(usize),
    /// An HTTP status that says no.
    #[error("the agent answered with status {0}")]
    Status(u16),
    /// Bindings that are not spoken here, all of those that the agent's card names.
    #[error("the agent speaks {0}, and this build of the gateway none of them")]
    Unspoken(String),
    /// Something that is no A2A.
    #[error("the agent's answer is none: {0}")]
    Malformed(String),
}

impl UpstreamError {
    /// `CONFIG_ERROR` for the address and the binding, `UPSTREAM_FAILED` for the rest.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Address { .. } | Self::Unspoken(_) => ErrorCode::ConfigError,
            _ => ErrorCode::UpstreamFailed,
        }
    }
}
