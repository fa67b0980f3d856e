//! What can go wrong on the way to a peer and back.

use ca2a_core::ErrorCode;

use super::Origin;

/// A call that brought no answer. What the peer says in an answer is no error here, whatever its status.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// An address that this client does not go to.
    #[error("`{url}` {problem}")]
    Url {
        /// The address, at most 200 characters of it.
        url: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A path or query that no request line can carry.
    #[error("the request target is not valid in HTTP")]
    Target,
    /// No connection.
    #[error("cannot connect to `{origin}`: {reason}")]
    Connect {
        /// Where to.
        origin: Origin,
        /// What the system said.
        reason: String,
    },
    /// The connection broke before the answer was whole.
    #[error("the connection to `{origin}` broke: {reason}; what the peer did is unknown")]
    Broken {
        /// Where to.
        origin: Origin,
        /// What broke it.
        reason: String,
    },
    /// The answer is larger than allowed.
    #[error("the answer of `{origin}` is larger than {max} bytes")]
    TooLarge {
        /// Where from.
        origin: Origin,
        /// Bytes that an answer may have.
        max: usize,
    },
    /// No answer in time.
    #[error("no answer of `{origin}` within {seconds} s; what the peer did is unknown")]
    Deadline {
        /// Where to.
        origin: Origin,
        /// The deadline, in seconds.
        seconds: f64,
    },
}

impl ClientError {
    /// `TIMEOUT` for the deadline, `TRANSPORT_ERROR` for the rest.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Deadline { .. } => ErrorCode::Timeout,
            _ => ErrorCode::TransportError,
        }
    }
}
