//! cA2A in A2A messages.

use ca2a_core::{
    Capability, Challenge, ChannelKey, RecordId, SigningKey,
    encoding::hex,
    json::{self, Node, NumberPolicy, Reader},
};
use ca2a_delegation::{Chain, HolderStatement, issue};
use ca2a_runtime::peer::{PeerError, PeerRequest, message};
use ca2a_seal::SealVersion;
use ca2a_trace::ParentLink;
use serde_json::{Value, json};

use super::{credential::grant, trace, typed, value};
use crate::{
    got::{Got, Run, Stop},
    input::{Context, Input},
};

/// Reads a request out of a message.
pub(crate) fn parse(input: &Input, _: &Context) -> Run {
    let text = input.document("message")?;
    let request = request(&text)?;
    Ok(Got::accepted(json!({ "peer_request": request.as_ref().map(show) })))
}

/// The request in the message that `text` is, read as a node reads it.
pub(crate) fn request(text: &str) -> Result<Option<PeerRequest>, Stop> {
    let node = Reader::new(NumberPolicy::Lexical).read(text.as_bytes()).map_err(PeerError::from)?;
    let message = node.as_object().ok_or(PeerError::BodyNotAnObject)?;
    Ok(message::parse(message, text.as_bytes())?)
}

fn show(request: &PeerRequest) -> Value {
    json!({
        "hops": request.chain.len(),
        "requested_capability": request.requested_capability.as_str(),
        "record_id": request.record_id.as_str(),
        "parent_record_hash": request.parent_record_hash.to_text(),
        "sealed_payload_hex": request.sealed_payload.as_deref().map(hex),
        "has_caller_offer": request.caller_offer.is_some(),
        "has_holder_proof": request.holder_proof.is_some(),
        "has_caller_possession": request.caller_possession.is_some(),
    })
}

/// Writes a request of ours into a message.
pub(crate) fn attach(input: &Input, _: &Context) -> Run {
    let text = input.document("message")?;
    let json::Value::Object(message) = trace::read(&text)?.value else {
        return Err(Stop::Unusable("the message is no object".to_owned()));
    };
    let mut message = message.into_owned();
    message::attach(&mut message, &example()?)?;
    let written = value(&Node::from(message));
    let metadata = holding(&written, message::keys::DELEGATION_CHAIN);
    let mut keys: Vec<_> = metadata.into_iter().flat_map(serde_json::Map::keys).collect();
    keys.sort();
    Ok(Got::accepted(json!({ "keys": keys })))
}

/// A request with a chain and a holder proof, and nothing optional beside them.
fn example() -> Result<PeerRequest, Stop> {
    let (root, holder) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
    let leaf = issue(&root, grant("leaf", holder.verifying_key())?)?;
    let (capability, record_id): (Capability, RecordId) = (typed("read")?, typed("record")?);
    let statement = HolderStatement {
        audience: ChannelKey([3; 32]),
        requested_capability: &capability,
        record_id: &record_id,
        payload_sha256: None,
        caller_channel_key: None,
        parent_record_hash: None,
    };
    let proof = statement.prove(&leaf, Challenge::new("challenge"), &holder)?;
    Ok(PeerRequest {
        chain: Chain::from_iter([leaf]),
        requested_capability: capability,
        record_id,
        parent_record_hash: ParentLink::Root,
        sealed_payload: None,
        caller_offer: None,
        caller_seals: SealVersion::V1,
        caller_possession: None,
        holder_proof: Some(proof),
    })
}

/// The object, wherever it stands in `value`, that holds `key`.
fn holding<'v>(value: &'v Value, key: &str) -> Option<&'v serde_json::Map<String, Value>> {
    match value {
        Value::Object(members) if members.contains_key(key) => Some(members),
        Value::Object(members) => members.values().find_map(|member| holding(member, key)),
        Value::Array(items) => items.iter().find_map(|item| holding(item, key)),
        _ => None,
    }
}
