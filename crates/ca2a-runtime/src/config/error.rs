//! What is wrong with a configuration, and where.

use ca2a_core::ErrorCode;

/// A configuration that was refused. Always `CONFIG_ERROR`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct ConfigError {
    line: usize,
    column: usize,
    problem: ConfigProblem,
}

impl ConfigError {
    pub(super) fn new((line, column): (usize, usize), problem: ConfigProblem) -> Self {
        Self { line, column, problem }
    }

    /// The line, from 1 on.
    #[must_use]
    pub fn line(&self) -> usize {
        self.line
    }

    /// The column in characters, from 1 on.
    #[must_use]
    pub fn column(&self) -> usize {
        self.column
    }

    /// What is wrong.
    #[must_use]
    pub fn problem(&self) -> &ConfigProblem {
        &self.problem
    }

    /// Always `CONFIG_ERROR`.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        ErrorCode::ConfigError
    }
}

/// What is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigProblem {
    /// The file is too large.
    #[error("the configuration is larger than {max} bytes")]
    TooLarge {
        /// Bytes that it may have.
        max: usize,
    },
    /// The bytes are no UTF-8, or start with a byte order mark.
    #[error("the configuration must be UTF-8 without a byte order mark")]
    Encoding,
    /// A character that YAML 1.1 reads as a line break or refuses, or a control character in a value.
    #[error("the character U+{:04X} has no place in a configuration", u32::from(*.0))]
    Character(char),
    /// The text is not YAML.
    #[error("this is not YAML: {0}")]
    Syntax(String),
    /// Lists and mappings nest too deep.
    #[error("lists and mappings nest deeper than {max}")]
    TooDeep {
        /// Levels that there may be.
        max: usize,
    },
    /// A feature of YAML that a configuration does not need and that readers disagree on.
    #[error("{0} are not taken here; write the value out")]
    Feature(&'static str),
    /// A key stands twice in one mapping.
    #[error("the key `{key}` stands twice in one mapping")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// A key that there is not.
    #[error("unknown key `{key}`; did you mean `{nearest}`?")]
    UnknownKey {
        /// The key as written.
        key: String,
        /// The known key that is nearest to it.
        nearest: String,
    },
    /// A value of another kind than its key demands.
    #[error("`{key}` must be {expected}, found {found}")]
    Expected {
        /// The key, with the keys above it.
        key: String,
        /// What must stand there.
        expected: String,
        /// What does.
        found: String,
    },
    /// Text without quotes that one version of YAML or another reads as something else.
    #[error("`{text}` reads as {reads_as} in YAML {version}; where `{key}` means text, put it in quotes")]
    MustBeQuoted {
        /// The key, with the keys above it.
        key: String,
        /// The text.
        text: String,
        /// What it reads as.
        reads_as: &'static str,
        /// The version that reads it so.
        version: &'static str,
    },
    /// A value of the right kind that cannot be used.
    #[error("`{key}`: {problem}")]
    Value {
        /// The key, with the keys above it.
        key: String,
        /// What is wrong with the value.
        problem: String,
    },
    /// Two keys that only make sense together.
    #[error("`{key}` needs `{needs}`")]
    Needs {
        /// The key that is there.
        key: String,
        /// The key that is not.
        needs: &'static str,
    },
}
