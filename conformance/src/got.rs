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
    any_code: bool,
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
            any_code: false,
        }
    }

    /// A refusal with a code that the registry does not have.
    pub(crate) fn unknown(code: &str) -> Self {
        let members = ["error", "code"].map(|name| (name.to_owned(), json!(code)));
        Self { members: Map::from_iter(members), any_code: false }
    }

    /// A refusal by our types: no value of theirs says what the case wants to pass, so nothing with a code saw it.
    pub(crate) fn by_type(what: &str) -> Self {
        let members = Map::from_iter([("inexpressible".to_owned(), json!(what))]);
        Self { members, any_code: true }
    }

    /// The same refusal, made by the strict reader before anything with a code of its own looked.
    pub(crate) fn by_reader(mut self) -> Self {
        self.any_code = true;
        self
    }

    /// The same refusal; where it has this `code`, a case that demands a refusal with another is met.
    pub(crate) fn with_any_code_for(mut self, code: ErrorCode) -> Self {
        self.any_code |= self.members.get("error").and_then(Value::as_str) == Some(code.as_str());
        self
    }

    /// Whether the code does not matter.
    pub(crate) fn has_any_code(&self) -> bool {
        self.any_code
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
        Self::Accepted(object(members))
    }

    /// An answer, with the members of a JSON object.
    pub(crate) fn answered(refused: bool, members: Value) -> Self {
        Self::Answered { refused, members: object(members) }
    }

    /// The same, with one more member.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Self::Accepted(members) | Self::Answered { members, .. } = &mut self {
            members.insert(name.to_owned(), value.into());
        }
        self
    }
}

fn object(members: Value) -> Map<String, Value> {
    match members {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
