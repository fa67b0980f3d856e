//! The agent's card as a gateway shows it (GATE-28).

use std::collections::HashMap;

use a2a::{AgentCard, AgentExtension, AgentInterface};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, header, header::HeaderValue};
use serde_json::Value;

use super::{
    UpstreamAddress, UpstreamError, UpstreamLimits,
    connection::{send, whole},
};
use crate::{node::PeerNode, peer::message::EXTENSION_URI};

/// Fetches the agent's card from the well-known path of its place.
///
/// # Errors
/// An agent that does not answer, or with something else than a card.
pub async fn fetch_card(
    address: &UpstreamAddress,
    limits: UpstreamLimits,
) -> Result<AgentCard, UpstreamError> {
    let address = address.at(a2a_server::WELL_KNOWN_AGENT_CARD_PATH);
    let mut request = Request::new(Full::new(Bytes::new()));
    *request.uri_mut() =
        address.path.parse().map_err(|_| UpstreamError::Connect("its path is none".to_owned()))?;
    request.headers_mut().insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let answer = send(&address, request, limits.silence).await?;
    let status = answer.status().as_u16();
    let body = whole(answer.into_body(), limits.max_event, limits.silence).await?;
    if status != 200 {
        return Err(UpstreamError::Status(status));
    }
    serde_json::from_slice(&body).map_err(|error| UpstreamError::Malformed(error.to_string()))
}

/// The card that `node` serves at `url` for the agent of `card`: its own addresses, the extension, no push, and no way to
/// authenticate but cA2A. The agent's signatures are about another card, and go.
#[must_use]
pub fn present(mut card: AgentCard, node: &PeerNode, url: &str) -> AgentCard {
    let mut interfaces = vec![AgentInterface::new(url, "JSONRPC"), AgentInterface::new(url, "HTTP+JSON")];
    if cfg!(feature = "grpc") {
        interfaces.push(AgentInterface::new(url, "GRPC"));
    }
    card.supported_interfaces = interfaces;
    let capabilities = &mut card.capabilities;
    capabilities.streaming = Some(true);
    capabilities.push_notifications = None;
    capabilities.extended_agent_card = None;
    let mut extensions = capabilities.extensions.take().unwrap_or_default();
    extensions.retain(|extension| extension.uri != EXTENSION_URI);
    extensions.push(extension(node, url));
    capabilities.extensions = Some(extensions);
    card.security_schemes = None;
    card.security_requirements = None;
    card.signatures = None;
    card
}

fn extension(node: &PeerNode, url: &str) -> AgentExtension {
    let base = url.trim_end_matches('/');
    let at = |path: &str| Value::String(format!("{base}{path}"));
    let mut params = HashMap::from([
        ("channel_url".to_owned(), at(crate::http::CHANNEL_PATH)),
        ("node_metadata_url".to_owned(), at(crate::http::METADATA_PATH)),
    ]);
    if let Some(key) = node.signing_key() {
        params.insert("delegation_subject".to_owned(), Value::String(key.to_hex()));
        params.insert("record_key".to_owned(), Value::String(key.to_hex()));
    }
    AgentExtension {
        uri: EXTENSION_URI.to_owned(),
        description: Some("Delegated authority, attested channels and signed records".to_owned()),
        required: Some(true),
        params: Some(params),
    }
}
