//! The message inside, and the one outside that carries it (A2A-60 to A2A-63, A2A-67).

use a2a::{Message, SendMessageRequest};
use a2a_pb::protojson_conv;
use ca2a_core::{
    ChannelKey, ErrorCode,
    json::{self, Node, NumberPolicy, Object, Reader},
};
use ca2a_delegation::Chain;
use serde_json::Value;
use zeroize::Zeroizing;

use super::{ReplyKeys, ReplySecret, placeholder, protojson};
use crate::a2a::{server::message_parts, wire};

/// Why a sealed message is none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealedMessageError {
    /// Something beside the seal would be read by everybody.
    #[error("a sealed message has one part outside, the data `{{\"ca2a\":\"sealed\"}}`")]
    Outer,
    /// Whoever is between the two could have put it there, and the agent would take it for its caller's.
    #[error(
        "a sealed message has no metadata beside it but the extension's; what is for the agent goes inside"
    )]
    Beside,
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
    /// What was sealed is no message. What stands inside is not quoted: a refusal is read by everybody.
    #[error("what is sealed is no A2A message: {0}")]
    NoMessage(&'static str),
    /// A message that cannot be sealed.
    #[error("the message is not written as ProtoJSON: {0}")]
    Unwritten(String),
    /// A part inside holds no content, or several.
    #[error("inside the sealed message: {0}")]
    Parts(String),
    /// An id or a tenant outside is another than inside.
    #[error("the `{0}` inside the sealed message is not the one outside")]
    Id(&'static str),
    /// The credential inside is none.
    #[error("the `granted_credential` is no credential")]
    Grant,
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
/// Content outside or metadata beside it, no reply key, or a wish to be pushed at.
pub(in crate::a2a) fn check_outer(request: &SendMessageRequest) -> Result<ChannelKey, SealedMessageError> {
    let push = request.configuration.as_ref().and_then(|asked| asked.task_push_notification_config.as_ref());
    if push.is_some() {
        return Err(SealedMessageError::Push);
    }
    match request.message.parts.as_slice() {
        [part] if *part == placeholder() => {}
        _ => return Err(SealedMessageError::Outer),
    }
    if request.metadata.iter().flatten().any(|(key, _)| !wire::is_ca2a_key(key)) {
        return Err(SealedMessageError::Beside);
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
    /// No strict JSON, no message, other ids, another tenant or another reply key than outside, or a credential that is none.
    pub(in crate::a2a) fn read(
        plaintext: &[u8],
        request: &SendMessageRequest,
        outer_key: ChannelKey,
        chain: &Chain,
    ) -> Result<Self, SealedMessageError> {
        const NO_JSON: SealedMessageError = SealedMessageError::NoMessage("it is no strict JSON");
        const NO_MESSAGE: SealedMessageError = SealedMessageError::NoMessage("a member is not what A2A says");
        let node = Reader::new(NumberPolicy::Lexical).read(plaintext).map_err(|_| NO_JSON)?;
        let object = node.as_object().ok_or(SealedMessageError::NoMessage("it is no JSON object"))?;
        if let Some(why) = message_parts(object) {
            return Err(SealedMessageError::Parts(why));
        }
        let grant = grant(object, plaintext, chain)?;
        let message = serde_json::from_slice::<Value>(plaintext).map_err(|_| NO_JSON)?;
        let inner = serde_json::json!({ "message": message });
        let inner = protojson_conv::from_value::<SendMessageRequest>(inner);
        let mut message = inner.map_err(|_| NO_MESSAGE)?.message;
        let outer = &request.message;
        let said = |name: &str| message.metadata.as_ref().and_then(|metadata| metadata.get(name));
        let tenant = said(wire::TENANT).map_or(Some(""), Value::as_str);
        let same = [
            (tenant == Some(request.tenant.as_deref().unwrap_or_default()), "tenant"),
            (message.message_id == outer.message_id, "messageId"),
            (message.context_id == outer.context_id, "contextId"),
            (message.task_id == outer.task_id, "taskId"),
        ];
        if let Some((_, name)) = same.iter().find(|(same, _)| !same) {
            return Err(SealedMessageError::Id(name));
        }
        if reply_key(said(wire::REPLY_KEY)) != Some(outer_key) {
            return Err(SealedMessageError::ReplyKey);
        }
        let secret = said(wire::REPLY_SECRET).and_then(Value::as_str).and_then(ReplySecret::from_hex);
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
    let child = Chain::from_nodes(std::slice::from_ref(credential), plaintext);
    let child = child.and_then(|child| child.credentials()).map_err(|_| SealedMessageError::Grant)?;
    let mut whole = chain.clone();
    whole.extend(child);
    Ok(Some(whole))
}

/// What a caller seals of `request`, which is left with what goes outside (A2A-60, A2A-61, A2A-71). `grant` is the credential
/// that it made for its callee.
///
/// # Errors
/// A message that is not written as ProtoJSON.
pub(in crate::a2a) fn wrap(
    request: &mut SendMessageRequest,
    reply: &ReplyKeys,
    grant: Option<&Node<'_>>,
) -> Result<Zeroizing<Vec<u8>>, SealedMessageError> {
    let broken = |error: &dyn ToString| SealedMessageError::Unwritten(error.to_string());
    take_in(request);
    let message = &request.message;
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
        match request.tenant.as_deref().filter(|tenant| !tenant.is_empty()) {
            Some(tenant) => metadata.insert(wire::TENANT.to_owned(), tenant.into()),
            None => metadata.remove(wire::TENANT),
        };
        if let Some(grant) = grant {
            // Integers stay integers: this never meets a `Struct` before it is read.
            let grant = serde_json::from_str(&json::to_text(grant)).map_err(|error| broken(&error))?;
            metadata.insert(wire::GRANTED_CREDENTIAL.to_owned(), grant);
        }
    }
    let plaintext = serde_json::to_vec(&value).map_err(|error| broken(&error))?;
    request.message = outer;
    Ok(Zeroizing::new(plaintext))
}

/// Puts inside the message what would travel beside it. What the message says of the same name stands.
fn take_in(request: &mut SendMessageRequest) {
    let Some(mut metadata) = request.metadata.take() else { return };
    metadata.extend(request.message.metadata.take().unwrap_or_default());
    request.message.metadata = (!metadata.is_empty()).then_some(metadata);
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use a2a::{Part, Role};
    use ca2a_covers::covers;
    use serde_json::json;

    use super::*;

    /// A2A-71: nothing of the agent's travels beside the seal, and the tenant is said inside as well.
    #[test]
    fn nothing_travels_beside_the_seal() {
        covers!(accept, "A2A-71");
        let mut message = Message::new(Role::User, vec![Part::text("hi")]);
        message.metadata = serde_json::from_value(json!({ "inner": 1, "both": "inner" })).unwrap();
        let metadata = serde_json::from_value(json!({ "outer": 2, "both": "outer" })).unwrap();
        let tenant = Some("acme".to_owned());
        let mut request = SendMessageRequest { message, configuration: None, metadata, tenant };
        let keys = ReplyKeys::from_seed(&[1; 32]);
        let plaintext = wrap(&mut request, &keys, None).unwrap();
        let inner: Value = serde_json::from_slice(&plaintext).unwrap();
        let said = |name: &str| inner["metadata"][name].clone();
        assert_eq!([said("inner"), said("outer"), said("both")], [json!(1.0), json!(2.0), json!("inner")]);
        assert_eq!(said(wire::TENANT), "acme");
        assert_eq!(request.metadata, None);
        let outside = request.message.metadata.unwrap();
        assert_eq!(outside.keys().collect::<Vec<_>>(), [wire::REPLY_KEY]);
    }
}
