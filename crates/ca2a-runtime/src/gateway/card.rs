//! The agent's card as a gateway shows it (GATE-28).

use a2a::{AgentCard, AgentInterface};
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, header, header::HeaderValue};

use super::{
    UpstreamAddress, UpstreamError, UpstreamLimits,
    connection::{send, whole},
};
use crate::{a2a::card::CardExtension, node::PeerNode};

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
    let base = url.trim_end_matches('/');
    let mut interfaces =
        vec![AgentInterface::new(format!("{base}/"), "JSONRPC"), AgentInterface::new(base, "HTTP+JSON")];
    if cfg!(feature = "grpc") {
        let authority = base.split_once("://").map_or(base, |(_, authority)| authority);
        interfaces.push(AgentInterface::new(authority, "GRPC"));
    }
    card.supported_interfaces = interfaces;
    card.capabilities.streaming = Some(true);
    card.capabilities.push_notifications = None;
    card.capabilities.extended_agent_card = None;
    let extension = CardExtension {
        required: true,
        node_metadata_url: Some(format!("{base}{}", crate::http::METADATA_PATH)),
        channel_url: Some(format!("{base}{}", crate::http::CHANNEL_PATH)),
        ..CardExtension::of(node)
    };
    extension.declare(&mut card);
    card.security_schemes = None;
    card.security_requirements = None;
    card.signatures = None;
    card
}
