//! A peer's card as the local agent sees it (GATE-61, GATE-75).

use std::net::SocketAddr;

use a2a::{AgentCard, AgentInterface};

use super::OutboundError;
use crate::{
    a2a::{
        card::{CardKey, VerifiedCard, sign},
        client::A2aCallError,
    },
    node::PeerNode,
    peer::message::EXTENSION_URI,
};

/// Where the agent finds a peer.
pub(super) struct Place {
    /// Over JSON-RPC, with a `/` after it, and HTTP+JSON.
    pub(super) url: String,
    /// Over gRPC.
    pub(super) grpc: Option<SocketAddr>,
}

/// The card of `peer` at `place`, in plain A2A: without the extension, push, other ways to authenticate, and signatures that
/// are about another card. The node signs it, where it has a key.
///
/// # Errors
/// A card that A2A would not have.
pub(super) fn shown(peer: &VerifiedCard, node: &PeerNode, place: &Place) -> Result<Vec<u8>, OutboundError> {
    let broken = |error: serde_json::Error| A2aCallError::Answer(format!("its card: {error}"));
    let mut card: AgentCard = serde_json::from_slice(peer.json()).map_err(broken)?;
    let url = &place.url;
    card.supported_interfaces =
        vec![AgentInterface::new(format!("{url}/"), "JSONRPC"), AgentInterface::new(url, "HTTP+JSON")];
    let grpc = place.grpc.map(|address| AgentInterface::new(address.to_string(), "GRPC"));
    card.supported_interfaces.extend(grpc);
    card.capabilities.push_notifications = None;
    card.capabilities.extended_agent_card = None;
    if let Some(extensions) = &mut card.capabilities.extensions {
        extensions.retain(|extension| extension.uri != EXTENSION_URI);
    }
    card.capabilities.extensions = card.capabilities.extensions.filter(|extensions| !extensions.is_empty());
    card.security_schemes = None;
    card.security_requirements = None;
    card.signatures = None;
    let json = serde_json::to_vec(&card).map_err(broken)?;
    match node.identity() {
        Some(key) => Ok(sign(&json, [&CardKey::Ed25519(key.clone())]).map_err(A2aCallError::from)?),
        None => Ok(json),
    }
}
