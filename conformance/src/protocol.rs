//! The line protocol between the runner and an implementation: one JSON object a line, in UTF-8 (`specs/conformance.md`).
//!
//! The implementation speaks first, once, in a [`Hello`]. From then on each side says one line in turn: the runner a
//! [`Request`], the implementation an [`Answer`] to it. What an answer is worth is not decided here.

mod answer;
mod breach;
mod given;
mod serve;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use breach::Breach;
pub use serve::{ServeError, serve};

pub(crate) use answer::Answer;
pub(crate) use given::{sent, taken};

/// What a hello calls this protocol (CONF-2).
pub const PROTOCOL: &str = "ca2a-conformance/1";

/// The longest line that either side sends, in bytes, its end not counted (CONF-1).
pub const LINE: usize = 4 * 1024 * 1024;

/// The code of a refusal that no requirement names: no value of the implementation's types could hold the input (CONF-7).
pub(crate) const INEXPRESSIBLE: &str = "INEXPRESSIBLE";

/// The first line of an implementation (CONF-2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// [`PROTOCOL`].
    pub protocol: String,
    /// What the implementation is called.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The operations that it knows.
    pub ops: Vec<String>,
}

impl Hello {
    /// Reads the first line of an implementation.
    ///
    /// # Errors
    /// Anything that is not one object with these members, or another protocol.
    pub(crate) fn read(line: &[u8]) -> Result<Self, Breach> {
        let hello: Self = serde_json::from_slice(line)
            .map_err(|error| Breach::Unparsable(format!("the hello: {error}")))?;
        if hello.protocol != PROTOCOL {
            return Err(Breach::OtherProtocol(hello.protocol));
        }
        Ok(hello)
    }
}

/// What the runner asks (CONF-3). Neither the name of a case nor what is expected of it is in here.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    /// To be repeated in the answer; it means nothing.
    pub(crate) id: Value,
    pub(crate) op: String,
    pub(crate) input: Map<String, Value>,
}
