//! What is wrong with a policy file, and where.

use alloc::{boxed::Box, string::String};

use ca2a_core::{ErrorCode, json::Span};

/// A policy file that was refused. Always `CONFIG_ERROR`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub struct PolicyError {
    span: Span,
    problem: PolicyProblem,
}

impl PolicyError {
    pub(super) fn new(span: Span, problem: PolicyProblem) -> Self {
        Self { span, problem }
    }

    /// Where it stood in the file: byte offsets, empty where nothing stood.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// What is wrong.
    #[must_use]
    pub fn problem(&self) -> &PolicyProblem {
        &self.problem
    }

    /// Always `CONFIG_ERROR`.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        ErrorCode::ConfigError
    }
}

/// What is wrong with a policy file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyProblem {
    /// A key that there is not (ATT-410).
    #[error("unknown key `{key}`; did you mean `{nearest}`?")]
    UnknownKey {
        /// The key, with the keys above it.
        key: String,
        /// The known key that is nearest to it, with the keys above it.
        nearest: String,
    },
    /// A word that is not one of the known ones (ATT-410).
    #[error("`{key}`: `{word}` is not known; did you mean `{nearest}`?")]
    UnknownWord {
        /// The key, with the keys above it.
        key: String,
        /// The word as written.
        word: Box<str>,
        /// The known word that is nearest to it.
        nearest: &'static str,
    },
    /// A value of another kind or outside its range (ATT-411).
    #[error("`{key}` must be {expected}, found {found}")]
    Expected {
        /// The key, with the keys above it.
        key: String,
        /// What must stand there.
        expected: Box<str>,
        /// What does.
        found: Box<str>,
    },
    /// A value of the right kind that cannot be used (ATT-411).
    #[error("`{key}`: {problem}")]
    Value {
        /// The key, with the keys above it.
        key: String,
        /// What is wrong with the value.
        problem: Box<str>,
    },
    /// A key that has to be there (ATT-411).
    #[error("`{key}` is missing")]
    Missing {
        /// The key, with the keys above it.
        key: String,
    },
}
