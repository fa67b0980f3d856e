//! What cA2A adds to A2A on the wire: headers, metadata keys, numbers.

use std::collections::HashMap;

use a2a::{Message, Task};
use chrono::{DateTime, Utc};
use serde_json::Value;

/// The header that lists the extensions a client wants, and that lists back what was activated.
pub const EXTENSIONS_HEADER: &str = "a2a-extensions";
/// The header that names the protocol version.
pub const VERSION_HEADER: &str = "a2a-version";
/// The header that shows who asks for a task (A2A-40).
pub const HOLDER_PROOF_HEADER: &str = "ca2a-holder-proof";
/// The version of A2A that is served.
pub const VERSION: &str = "1.0";
/// The JSON-RPC code of a cA2A refusal (A2A-8).
pub const REFUSED: i32 = -32080;

/// The callee's record of the call in `Task.metadata`, JSON as one text: a `Struct` would turn its integers into doubles.
pub const RECORD: &str = "https://agentrust-io.com/extensions/ca2a/v0.1/record";
/// The callee's signed statement about the call, likewise.
pub const STATEMENT: &str = "https://agentrust-io.com/extensions/ca2a/v0.1/statement";
/// The answer to a sealed message, sealed to its reply key, as base64url (A2A-64).
pub const SEALED_RESULT: &str = "https://agentrust-io.com/extensions/ca2a/v0.1/sealed_result";
/// The sealed end of a stream: after it nothing is missing (A2A-66).
pub const SEALED_END: &str = "https://agentrust-io.com/extensions/ca2a/v0.1/sealed_end";
/// The X25519 key that the answer to a sealed message is sealed to, 64 hex characters.
pub const REPLY_KEY: &str = "https://agentrust-io.com/extensions/ca2a/v0.1/reply_key";
/// The secret that the answers to a sealed message are bound to, inside of it, 64 hex characters (A2A-70).
pub const REPLY_SECRET: &str = "https://agentrust-io.com/extensions/ca2a/v0.1/reply_secret";
/// The tenant that a sealed message is for, inside of it (A2A-71).
pub const TENANT: &str = "https://agentrust-io.com/extensions/ca2a/v0.1/tenant";
/// The credential that a caller made for its callee, inside a sealed message (A2A-67).
pub const GRANTED_CREDENTIAL: &str = "https://agentrust-io.com/extensions/ca2a/v0.1/granted_credential";
/// The node's signed outcome of the call, likewise, once there is one (GATE-4).
pub const OUTCOME_STATEMENT: &str = "https://agentrust-io.com/extensions/ca2a/v0.1/outcome_statement";
/// Marks the status of a task whose outcome nobody knows.
pub const OUTCOME: &str = "https://agentrust-io.com/extensions/ca2a/v0.1/outcome";
/// The value under [`OUTCOME`].
pub const OUTCOME_UNKNOWN: &str = "outcome_unknown";
pub(super) const OUTCOME_UNKNOWN_TEXT: &str = "OUTCOME_UNKNOWN: the node ended while the task was at work; what the agent had done by then is not known";

/// Whether an interface of this version is spoken here: one of A2A 1, whatever comes after it.
#[must_use]
pub fn is_spoken(version: &str) -> bool {
    version.split('.').next() == Some("1")
}

/// What the name of every header begins with that tells an agent what was verified (A2A-12).
const FACT: &str = "ca2a-";

/// Whether `name` is that of a fact, however it is spelled: `_` is `-` to many a server.
pub(crate) fn is_fact(name: &str) -> bool {
    let spelled = |byte: u8| if byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
    name.bytes().map(spelled).take(FACT.len()).eq(FACT.bytes())
}

/// Whether a metadata key belongs to the extension.
#[must_use]
pub fn is_ca2a_key(key: &str) -> bool {
    key.strip_prefix(crate::peer::message::EXTENSION_URI)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Takes out of `metadata` what is the extension's.
pub(crate) fn strip(metadata: &mut Option<HashMap<String, Value>>) {
    if let Some(members) = metadata {
        members.retain(|key, _| !is_ca2a_key(key));
        if members.is_empty() {
            *metadata = None;
        }
    }
}

/// `task` as its agent may know it: what it remembers of its calls is the node's.
pub(super) fn stripped(task: &Task) -> Task {
    let mut task = task.clone();
    strip(&mut task.metadata);
    task
}

/// Takes it out of `message`, whose parts have metadata of their own.
pub(super) fn strip_message(message: &mut Message) {
    strip(&mut message.metadata);
    for part in &mut message.parts {
        strip(&mut part.metadata);
    }
}

/// Unix milliseconds as A2A writes times.
pub(super) fn timestamp(milliseconds: u64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_millis(i64::try_from(milliseconds).ok()?)
}
