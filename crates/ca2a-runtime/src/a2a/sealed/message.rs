//! The message inside, and the one outside that carries it (A2A-60 to A2A-63, A2A-67).

use a2a::{Message, SendMessageRequest};
use a2a_pb::protojson_conv;
use ca2a_core::{
    ChannelKey, ErrorCode,
    json::{self, Node, NumberPolicy, Object, Reader},
};
use ca2a_delegation::Chain;
use serde_json::Value;

use super::{ReplyKeys, ReplySecret, placeholder, protojson};
use crate::a2a::{server::message_parts, wire};

/// Why a sealed message is none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealedMessageError {
    /// Something beside the seal would be read by everybody.
    #[error("a sealed message has one part outside, the data `{{\"ca2a\":\"sealed\"}}`")]
    Outer,
    /// Nobody could be answered.
    #[error("a sealed message names the key of its answer in `reply_key`, 64 hex characters")]
    NoReplyKey,
    /// Anybody could have answered.
    #[error(
        "a sealed message names the secret of its answer inside, in `reply_secret`, 64 lower-case hex characters"
    )]
    NoReplySecret,
    /// The key outside is another than the one inside.
    #[error("the `reply_key` outside is not the one inside the sealed message")]
    ReplyKey,
    /// Events would be pushed in plain.
    #[error("the events of a sealed message are not pushed: a push is read by everybody on its way")]
    Push,
    /// What was sealed is no message.
    #[error("what is sealed is no A2A message: {0}")]
    NoMessage(String),
    /// A part inside holds no content, or several.
    #[error("inside the sealed message: {0}")]
    Parts(String),
    /// An id outside is another than inside.
    #[error("the `{0}` inside the sealed message is not the one outside")]
    Id(&'static str),
    /// The credential inside is none.
    #[error("the `granted_credential` is malformed: {0}")]
    Grant(String),
}

impl SealedMessageError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Parts(_) => ErrorCode::BadRequest,
            _ => ErrorCode::SealedChannelError,
        }
    }
}

/// Checks what stands outside of a sealed message, before anything is opened, and reads its reply key (A2A-61, A2A-62).
///
/// # Errors
/// Content outside, no reply key, or a wish to be pushed at.
pub(in crate::a2a) fn check_outer(request: &SendMessageRequest) -> Result<ChannelKey, SealedMessageError> {
    let push = request.configuration.as_ref().and_then(|asked| asked.task_push_notification_config.as_ref());
    if push.is_some() {
        return Err(SealedMessageError::Push);
    }
    match request.message.parts.as_slice() {
        [part] if *part == placeholder() => {}
        _ => return Err(SealedMessageError::Outer),
    }
    let places = [&request.message.metadata, &request.metadata];
    let key = places.into_iter().flatten().find_map(|metadata| metadata.get(wire::REPLY_KEY));
    reply_key(key).ok_or(SealedMessageError::NoReplyKey)
}

fn reply_key(value: Option<&Value>) -> Option<ChannelKey> {
    value?.as_str()?.parse().ok()
}

/// A message that was sealed.
#[derive(Debug)]
pub(in crate::a2a) struct Inner {
    /// The message, without the keys below.
    pub(in crate::a2a) message: Message,
    /// What its answers are bound to (A2A-70).
    pub(in crate::a2a) secret: ReplySecret,
    /// The callee's own authority: the chain of the call and the credential that came inside, unverified.
    pub(in crate::a2a) grant: Option<Chain>,
}

impl Inner {
    /// Reads what was sealed inside `outer`, of which the holder proof said nothing (A2A-60, A2A-63). `chain` is that of
    /// the call.
    ///
    /// # Errors
    /// No strict JSON, no message, other ids or another reply key than outside, or a credential that is none.
    pub(in crate::a2a) fn read(
        plaintext: &[u8],
        outer: &Message,
        outer_key: ChannelKey,
        chain: &Chain,
    ) -> Result<Self, SealedMessageError> {
        let broken = |error: &dyn ToString| SealedMessageError::NoMessage(error.to_string());
        let node = Reader::new(NumberPolicy::Lexical).read(plaintext).map_err(|error| broken(&error))?;
        let object = node.expect_object("message").map_err(|error| broken(&error))?;
        if let Some(why) = message_parts(object) {
            return Err(SealedMessageError::Parts(why));
        }
        let grant = grant(object, plaintext, chain)?;
        let message = serde_json::from_slice::<Value>(plaintext).map_err(|error| broken(&error))?;
        let request = serde_json::json!({ "message": message });
        let request = protojson_conv::from_value::<SendMessageRequest>(request);
        let mut message = request.map_err(|error| broken(&error))?.message;
        let same = [
            (message.message_id == outer.message_id, "messageId"),
            (message.context_id == outer.context_id, "contextId"),
            (message.task_id == outer.task_id, "taskId"),
        ];
        if let Some((_, name)) = same.iter().find(|(same, _)| !same) {
            return Err(SealedMessageError::Id(name));
        }
        let inside = message.metadata.as_ref().and_then(|metadata| reply_key(metadata.get(wire::REPLY_KEY)));
        if inside != Some(outer_key) {
            return Err(SealedMessageError::ReplyKey);
        }
        let secret = message.metadata.as_ref().and_then(|metadata| metadata.get(wire::REPLY_SECRET));
        let secret = secret.and_then(Value::as_str).and_then(ReplySecret::from_hex);
        let secret = secret.ok_or(SealedMessageError::NoReplySecret)?;
        wire::strip_message(&mut message);
        Ok(Self { message, secret, grant })
    }
}

/// The chain of the call and the credential inside.
fn grant(message: &Object<'_>, plaintext: &[u8], chain: &Chain) -> Result<Option<Chain>, SealedMessageError> {
    let metadata = message.get("metadata").and_then(Node::as_object);
    let Some(credential) = metadata.and_then(|metadata| metadata.optional(wire::GRANTED_CREDENTIAL)) else {
        return Ok(None);
    };
    let broken = |error: &dyn ToString| SealedMessageError::Grant(error.to_string());
    let child = Chain::from_nodes(std::slice::from_ref(credential), plaintext);
    let child = child.and_then(|child| child.credentials()).map_err(|error| broken(&error))?;
    let mut whole = chain.clone();
    whole.extend(child);
    Ok(Some(whole))
}

/// What a caller seals for `message`, and the message that goes outside (A2A-60, A2A-61). `grant` is the credential that it
/// made for its callee.
///
/// # Errors
/// A message that is not written as ProtoJSON.
pub(in crate::a2a) fn wrap(
    message: &Message,
    reply: &ReplyKeys,
    grant: Option<&Node<'_>>,
) -> Result<(Vec<u8>, Message), SealedMessageError> {
    let broken = |error: &dyn ToString| SealedMessageError::NoMessage(error.to_string());
    let mut outer = Message::new(message.role.clone(), vec![placeholder()]);
    outer.message_id.clone_from(&message.message_id);
    outer.context_id.clone_from(&message.context_id);
    outer.task_id.clone_from(&message.task_id);
    let key = Value::String(reply.channel.public().to_string());
    outer.metadata = Some([(wire::REPLY_KEY.to_owned(), key.clone())].into());

    let mut value = protojson(message).map_err(|error| broken(&error))?;
    if let Some(members) = value.as_object_mut() {
        let metadata = members.entry("metadata").or_insert_with(|| Value::Object(serde_json::Map::new()));
        let metadata = metadata.as_object_mut().ok_or_else(|| broken(&"its metadata is no object"))?;
        metadata.insert(wire::REPLY_KEY.to_owned(), key);
        metadata.insert(wire::REPLY_SECRET.to_owned(), reply.secret.to_hex().as_str().into());
        if let Some(grant) = grant {
            // Integers stay integers: this never meets a `Struct` before it is read.
            let grant = serde_json::from_str(&json::to_text(grant)).map_err(|error| broken(&error))?;
            metadata.insert(wire::GRANTED_CREDENTIAL.to_owned(), grant);
        }
    }
    let plaintext = serde_json::to_vec(&value).map_err(|error| broken(&error))?;
    Ok((plaintext, outer))
}
