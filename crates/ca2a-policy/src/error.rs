//! Why a policy was not loaded.

use ca2a_core::ErrorCode;

/// A policy that cannot be loaded. A node does not start with one: it would deny everything, or miss what it should
/// forbid. (POL-7)
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// More bytes than a policy may have.
    #[error("the policy has {found} bytes, more than {max}", max = crate::PolicyBundle::MAX_BYTES)]
    TooLarge {
        /// Bytes that there are.
        found: usize,
    },
    /// Not UTF-8, or with a byte order mark.
    #[error("the policy must be UTF-8 without a byte order mark; byte {offset} is neither")]
    Encoding {
        /// Offset of the first such byte.
        offset: usize,
    },
    /// No policy in the text: it could allow nothing.
    #[error("the policy is empty and would deny every request; permit something, or use an allow set")]
    Empty,
    /// Cedar that nests deeper than it may.
    #[error("{}the policy nests too deep here; split it into several policies", place(*.position))]
    TooDeep {
        /// Line and column of the place, both from 1, the column in characters.
        position: Option<(usize, usize)>,
    },
    /// Not Cedar.
    #[error("{}{message}", place(*.position))]
    Syntax {
        /// Line and column of the error, both from 1, the column in characters; where the parser gives them.
        position: Option<(usize, usize)>,
        /// What the parser says, and how it would be mended where it says that too.
        message: String,
    },
}

impl PolicyError {
    /// The code on the wire and in exits: a policy is configuration.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        ErrorCode::ConfigError
    }
}

fn place(position: Option<(usize, usize)>) -> String {
    position.map(|(line, column)| format!("line {line}, column {column}: ")).unwrap_or_default()
}
