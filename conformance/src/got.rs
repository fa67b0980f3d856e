//! What came out of an operation.

use ca2a_core::ErrorCode;
use serde_json::{Map, Value, json};

/// What came out of an operation.
#[derive(Debug, Clone)]
pub(crate) enum Got {
    /// Accepted, with these members.
    Accepted(Map<String, Value>),
    /// Refused.
    Refused(Refusal),
    /// An answer that says itself what it is: of a server, or of a command.
    Answered {
        /// Whether the answer is a coded refusal.
        refused: bool,
        /// The answer.
        members: Map<String, Value>,
    },
}

/// A refusal and what it says.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    members: Map<String, Value>,
    by_reader: bool,
}

/// Why an operation came to no acceptance.
#[derive(Debug, Clone)]
pub(crate) enum Stop {
    /// Our API refused.
    Refused(Refusal),
    /// The case lacks what its operation needs.
    Unusable(String),
    /// Our API contradicts itself or the case's own intermediate values.
    Broken(String),
}

/// How an operation ends.
pub(crate) type Run = Result<Got, Stop>;

impl Refusal {
    /// A refusal with a code of the registry.
    pub(crate) fn new(code: ErrorCode) -> Self {
        let members = [
            ("error", json!(code.as_str())),
            ("code", json!(code.as_str())),
            ("http", json!(code.http_status())),
        ];
        Self {
            members: members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            by_reader: false,
        }
    }

    /// A refusal by our types: no value of theirs says what the case wants to pass.
    pub(crate) fn by_type(what: &str) -> Self {
        Self { members: Map::from_iter([("inexpressible".to_owned(), json!(what))]), by_reader: false }
    }

    /// The same refusal, made by the strict reader.
    pub(crate) fn by_reader(mut self) -> Self {
        self.by_reader = true;
        self
    }

    pub(crate) fn is_by_reader(&self) -> bool {
        self.by_reader
    }

    /// The same refusal with one more member.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.members.insert(name.to_owned(), value.into());
        self
    }

    pub(crate) fn members(&self) -> &Map<String, Value> {
        &self.members
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Got {
    /// Accepted, with the members of a JSON object.
    pub(crate) fn accepted(members: Value) -> Self {
        match members {
            Value::Object(members) => Self::Accepted(members),
            _ => Self::Accepted(Map::new()),
        }
    }
}
