//! cA2A in an A2A message: where the metadata stands, how it is read and how it is written (`specs/wire.md`).

use ca2a_attest::ChannelOffer;
use ca2a_core::{
    Capability, RecordId,
    encoding::{base64url, from_base64url},
    json::{Node, Object},
    requirement::{enforce, is_off},
};
use ca2a_delegation::{Chain, HolderProof};
use ca2a_seal::{SealVersion, possession::Possession};
use ca2a_trace::ParentLink;

use super::{PeerError, PeerRequest};
use crate::sealing::{SEAL_SUITES, listed, strongest};

/// The URI that names the extension, in `A2A-Extensions` and before every metadata key.
pub const EXTENSION_URI: &str = "https://agentrust-io.com/extensions/ca2a/v0.1";

/// The metadata keys of the extension.
pub mod keys {
    /// The credentials, root first.
    pub const DELEGATION_CHAIN: &str = "https://agentrust-io.com/extensions/ca2a/v0.1/delegation_chain";
    /// What the caller wants to do.
    pub const REQUESTED_CAPABILITY: &str =
        "https://agentrust-io.com/extensions/ca2a/v0.1/requested_capability";
    /// The caller's name for the record of this hop.
    pub const RECORD_ID: &str = "https://agentrust-io.com/extensions/ca2a/v0.1/record_id";
    /// The record before this one, or `null`.
    pub const PARENT_RECORD_HASH: &str = "https://agentrust-io.com/extensions/ca2a/v0.1/parent_record_hash";
    /// The sealed payload.
    pub const SEALED_PAYLOAD: &str = "https://agentrust-io.com/extensions/ca2a/v0.1/sealed_payload";
    /// The caller's attested channel key.
    pub const CALLER_OFFER: &str = "https://agentrust-io.com/extensions/ca2a/v0.1/caller_offer";
    /// Proof that the caller holds the private half of its channel key.
    pub const CALLER_POSSESSION: &str = "https://agentrust-io.com/extensions/ca2a/v0.1/caller_possession";
    /// Proof that the caller is the leaf's subject.
    pub const HOLDER_PROOF: &str = "https://agentrust-io.com/extensions/ca2a/v0.1/holder_proof";

    /// All of them.
    pub const ALL: [&str; 8] = [
        DELEGATION_CHAIN,
        REQUESTED_CAPABILITY,
        RECORD_ID,
        PARENT_RECORD_HASH,
        SEALED_PAYLOAD,
        CALLER_OFFER,
        CALLER_POSSESSION,
        HOLDER_PROOF,
    ];
}

/// The metadata objects of a message, the later one winning per key: `params.metadata` then
/// `params.message.metadata` of a JSON-RPC request, or `metadata` of a bare message.
struct Metadata<'m, 'a>([Option<&'m Object<'a>>; 2]);

impl<'m, 'a> Metadata<'m, 'a> {
    fn of(message: &'m Object<'a>) -> Self {
        let inside = |object: &'m Object<'a>| object.get("metadata").and_then(Node::as_object);
        match message.get("params").and_then(Node::as_object) {
            Some(params) => {
                let inner = params.get("message").and_then(Node::as_object);
                Self([inside(params), inner.and_then(inside)])
            }
            None => Self([inside(message), None]),
        }
    }

    fn get(&self, key: &str) -> Option<&'m Node<'a>> {
        self.0.iter().rev().flatten().find_map(|object| object.get(key))
    }

    /// The member, with absence and `null` alike: none.
    fn optional(&self, key: &str) -> Option<&'m Node<'a>> {
        self.get(key).filter(|node| !node.is_null())
    }

    /// A non-empty text.
    fn name<T: core::str::FromStr>(&self, key: &'static str) -> Result<T, PeerError> {
        let text = self.get(key).and_then(Node::as_str);
        text.and_then(|text| text.parse().ok())
            .ok_or(PeerError::Metadata { key, problem: "must be a non-empty string" })
    }
}

/// Reads the cA2A request out of an A2A message (WIRE-10).
///
/// `source` is the bytes that `message` was read from, so that each hop of the chain is known by the bytes received.
/// `None` means that the message carries no cA2A key at all and is ordinary A2A.
///
/// # Errors
/// Once any key is there, whatever is missing or malformed: `TRANSPORT_ERROR`, and `HOLDER_PROOF_INVALID` for the
/// proof.
pub fn parse(message: &Object<'_>, source: &[u8]) -> Result<Option<PeerRequest>, PeerError> {
    let metadata = Metadata::of(message);
    if keys::ALL.iter().all(|key| metadata.get(key).is_none()) {
        return Ok(None);
    }
    let chain = parse_chain(&metadata, source)?;
    let requested_capability: Capability = metadata.name(keys::REQUESTED_CAPABILITY)?;
    let record_id: RecordId = metadata.name(keys::RECORD_ID)?;
    let parent_record_hash = parse_parent(&metadata)?;
    let sealed_payload = metadata.optional(keys::SEALED_PAYLOAD).map(parse_sealed).transpose()?;
    let caller_offer = metadata.optional(keys::CALLER_OFFER).map(ChannelOffer::from_node).transpose()?;
    let caller_seals = parse_caller_seals(&metadata)?;
    let caller_possession = metadata
        .optional(keys::CALLER_POSSESSION)
        .map(Possession::from_node)
        .transpose()
        .map_err(PeerError::MalformedPossession)?;
    let holder_proof = metadata.optional(keys::HOLDER_PROOF).map(HolderProof::from_node).transpose()?;
    Ok(Some(PeerRequest {
        chain,
        requested_capability,
        record_id,
        parent_record_hash,
        sealed_payload,
        caller_offer,
        caller_seals,
        caller_possession,
        holder_proof,
    }))
}

fn parse_chain(metadata: &Metadata<'_, '_>, source: &[u8]) -> Result<Chain, PeerError> {
    let key = keys::DELEGATION_CHAIN;
    let node = metadata.get(key).ok_or(PeerError::Metadata { key, problem: "is missing" })?;
    let hops = node.as_array().filter(|hops| !hops.is_empty());
    let hops =
        hops.ok_or(PeerError::Metadata { key, problem: "must be a non-empty array of credentials" })?;
    Chain::from_nodes(hops, source).map_err(PeerError::MalformedChain)
}

fn parse_parent(metadata: &Metadata<'_, '_>) -> Result<ParentLink, PeerError> {
    let key = keys::PARENT_RECORD_HASH;
    let Some(node) = metadata.get(key) else {
        let missing = PeerError::Metadata { key, problem: "is required; `null` for a first hop" };
        enforce("WIRE-10", Err(missing))?;
        return Ok(ParentLink::Root);
    };
    if node.is_null() {
        return Ok(ParentLink::Root);
    }
    let problem = "must be null, 64 hex characters, or `sha256:` or `sha384:` and hex";
    let link = node.as_str().and_then(|text| text.parse().ok());
    link.ok_or(PeerError::Metadata { key, problem })
}

fn parse_caller_seals(metadata: &Metadata<'_, '_>) -> Result<SealVersion, PeerError> {
    let offer = metadata.optional(keys::CALLER_OFFER).and_then(Node::as_object);
    let problem = "has `seal_suites` that are no list of suite numbers";
    offer
        .map_or(Ok(SealVersion::V1), strongest)
        .map_err(|_| PeerError::Metadata { key: keys::CALLER_OFFER, problem })
}

fn parse_sealed(node: &Node<'_>) -> Result<Vec<u8>, PeerError> {
    let blob = node.as_str().and_then(|text| from_base64url(text).ok()).filter(|blob| !blob.is_empty());
    blob.ok_or(PeerError::Metadata {
        key: keys::SEALED_PAYLOAD,
        problem: "must be unpadded base64url, not empty",
    })
}

/// Writes `request` into an A2A message, where [`parse`] finds it: `params.message.metadata`, else
/// `params.metadata`, else `metadata`. Foreign keys stay; cA2A keys that the request lacks are removed (WIRE-11).
///
/// # Errors
/// When `metadata` is there and is no object: `TRANSPORT_ERROR`.
pub fn attach(message: &mut Object<'static>, request: &PeerRequest) -> Result<(), PeerError> {
    let mut members: Vec<(&'static str, Node<'static>)> = vec![
        (keys::DELEGATION_CHAIN, request.chain.to_node()),
        (keys::REQUESTED_CAPABILITY, request.requested_capability.to_string().into()),
        (keys::RECORD_ID, request.record_id.to_string().into()),
        (keys::PARENT_RECORD_HASH, request.parent_record_hash.to_text().into()),
    ];
    members
        .extend(request.sealed_payload.as_ref().map(|blob| (keys::SEALED_PAYLOAD, base64url(blob).into())));
    members.extend(caller_offer(request).map(|offer| (keys::CALLER_OFFER, offer)));
    members
        .extend(request.caller_possession.as_ref().map(|proof| (keys::CALLER_POSSESSION, proof.to_node())));
    members.extend(request.holder_proof.as_ref().map(|proof| (keys::HOLDER_PROOF, proof.to_node())));

    let metadata = target(message)?;
    for key in keys::ALL {
        metadata.remove(key);
    }
    for (key, node) in members {
        metadata.insert(key, node);
    }
    Ok(())
}

/// The caller's offer. A caller that opens no more than version 1 says nothing about it, as 0.4.0 does.
fn caller_offer(request: &PeerRequest) -> Option<Node<'static>> {
    let mut offer = request.caller_offer.as_ref()?.to_node();
    if let (SealVersion::V2, Some(object)) = (request.caller_seals, offer.as_object_mut()) {
        object.insert(SEAL_SUITES, listed());
    }
    Some(offer)
}

/// The metadata object to write into, made where there is none.
fn target<'m>(message: &'m mut Object<'static>) -> Result<&'m mut Object<'static>, PeerError> {
    let is_object =
        |object: &Object<'_>, name: &str| object.get(name).is_some_and(|node| node.as_object().is_some());
    let nested = is_object(message, "params");
    let container = if nested {
        let params = descend(message, "params")?;
        if is_object(params, "message") { descend(params, "message")? } else { params }
    } else {
        message
    };
    let replaced = is_off("WIRE-11") && !is_object(container, "metadata");
    if replaced || !container.contains("metadata") {
        container.insert("metadata", Object::new());
    }
    descend(container, "metadata")
}

fn descend<'m>(object: &'m mut Object<'static>, name: &str) -> Result<&'m mut Object<'static>, PeerError> {
    object.get_mut(name).and_then(Node::as_object_mut).ok_or(PeerError::MetadataNotAnObject)
}
