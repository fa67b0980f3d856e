//! Sealed A2A (A2A-60 to A2A-69): what is asked and what is answered, read by nobody between the two.
//!
//! ```text
//! request   parts: [{"data": {"ca2a": "sealed"}}]
//!           E/sealed_payload  the inner Message as ProtoJSON, ids as outside, E/reply_key and E/reply_secret in its metadata
//!           E/reply_key       the same key, for whoever routes
//! answer    ids, state and record stay outside; E/sealed_result holds the whole answer
//! stream    each event alike, its number in the associated data; E/sealed_end after the last
//! later     a task that came sealed is shown sealed to the same key, under the nonce of the request
//! ```
//!
//! The reply key counts because it stands inside the sealed message, which the holder proof covers: whoever is between the
//! two can take the outer one away and put in its own, and is then refused. It can seal an answer to that key, too; what
//! it cannot is bind that to the reply secret, which stands inside alone.

mod events;
mod keys;
mod message;
mod opener;
mod reply;

use a2a::{A2AError, Message, Part};
use a2a_pb::protojson_conv::{self, ProtoJsonPayload};
use serde_json::{Value, json};
use zeroize::Zeroizing;

pub(super) use events::seal_stream;
pub(super) use keys::{ReplyKeys, ReplySecret};
pub use message::SealedMessageError;
pub(super) use message::{Inner, check_outer, wrap};
pub(super) use opener::AnswerOpener;
pub use opener::OpenError;
pub(super) use reply::{Bound, Reply};

use super::{caller::Caller, wire};

/// What stands where content would: the one part of a sealed message.
pub(super) fn placeholder() -> Part {
    Part::data(json!({"ca2a": "sealed"}))
}

/// Whether whoever asks gets its whole answer sealed.
pub(super) fn is_answered_sealed() -> bool {
    Caller::current().is_ok_and(|caller| caller.reply.is_some())
}

/// A message as ProtoJSON.
pub(super) fn protojson(message: &Message) -> Result<Value, A2AError> {
    let request = a2a::SendMessageRequest {
        message: message.clone(),
        configuration: None,
        metadata: None,
        tenant: None,
    };
    let mut value = to_value(&request)?;
    Ok(value.get_mut("message").map(Value::take).unwrap_or_default())
}

fn to_value<T: ProtoJsonPayload>(value: &T) -> Result<Value, A2AError> {
    protojson_conv::to_value(value).map_err(|error| A2AError::internal(error.to_string()))
}

/// What is sealed of an answer: all of it but the reply secret, which a task remembers and nobody has to be told.
fn plaintext<T: ProtoJsonPayload>(value: &T) -> Result<Zeroizing<Vec<u8>>, A2AError> {
    let mut value = to_value(value)?;
    let said = |value: &mut Value| {
        if let Some(Value::Object(metadata)) = value.get_mut("metadata") {
            metadata.remove(wire::REPLY_SECRET);
        }
    };
    said(&mut value);
    if let Value::Object(members) = &mut value {
        members.values_mut().for_each(said);
    }
    let bytes = serde_json::to_vec(&value).map_err(|error| A2AError::internal(error.to_string()))?;
    Ok(Zeroizing::new(bytes))
}
