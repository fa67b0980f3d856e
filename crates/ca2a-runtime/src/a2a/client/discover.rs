//! From a card to a way in (A2A-100, A2A-103).

use a2a_client::transport::Transport;

#[cfg(feature = "grpc")]
use super::GrpcTransport;
use super::{A2aCallError, JsonBinding, JsonTransport};
use crate::{
    a2a::{
        card::{PinnedKey, VerifiedCard, verify},
        wire,
    },
    client::PeerClient,
    http::{CHANNEL_PATH, ClientError, HttpClient, Origin},
};

/// Where a card is.
pub const CARD_PATH: &str = a2a_server::WELL_KNOWN_AGENT_CARD_PATH;

/// An agent whose card is believed, and the ways to it.
pub struct Discovery {
    /// The card.
    pub card: VerifiedCard,
    /// The way to its messages, as the first interface has it that is spoken here.
    pub transport: Box<dyn Transport>,
    /// What to say as `tenant` there, as that interface has it.
    pub tenant: Option<String>,
    /// The way to its channel.
    pub peer: PeerClient,
    /// The path of the handshake there.
    pub channel_path: String,
}

/// Fetches the card at `origin` and believes it if one of `pinned` signed it.
///
/// # Errors
/// No answer, or a card that no pinned key signed.
pub async fn discover(origin: &HttpClient, pinned: &[PinnedKey]) -> Result<VerifiedCard, A2aCallError> {
    let reply = origin.get(CARD_PATH).await?;
    if reply.status != 200 {
        return Err(A2aCallError::Answer(format!("HTTP status {} for its card", reply.status)));
    }
    Ok(verify(&reply.body, pinned)?)
}

/// Finds the agent at an origin and the first interface of its card that is spoken here. The handshake is where the card
/// says, or else at that origin (A2A-103). Whatever limits and trust the client `to` it has hold for all of them.
///
/// # Errors
/// As [`discover`], and a card whose interfaces or channel are out of reach.
pub async fn connect(to: impl Into<HttpClient>, pinned: &[PinnedKey]) -> Result<Discovery, A2aCallError> {
    let http = to.into();
    let card = discover(&http, pinned).await?;
    let mut transport = None;
    let mut problems = Vec::new();
    for interface in card.interfaces().iter().filter(|interface| wire::is_spoken(&interface.version)) {
        match way(&http, &interface.url, &interface.binding).await {
            Ok(found) => {
                transport = Some((found, interface.tenant.clone()));
                break;
            }
            Err(problem) => problems.push(format!("{}: {problem}", interface.binding)),
        }
    }
    let (transport, tenant) = transport.ok_or_else(|| A2aCallError::Interface(problems.join("; ")))?;
    let channel = card.extension().and_then(|extension| extension.channel_url.clone());
    let (peer, channel_path) = match channel {
        Some(url) => {
            let (origin, path) = split(&url)?;
            (PeerClient::over(http.to(origin)), path)
        }
        None => (PeerClient::over(http), CHANNEL_PATH.to_owned()),
    };
    Ok(Discovery { card, transport, tenant, peer, channel_path })
}

async fn way(http: &HttpClient, url: &str, binding: &str) -> Result<Box<dyn Transport>, A2aCallError> {
    let json = |binding| {
        let (origin, path) = split(url)?;
        Ok::<Box<dyn Transport>, A2aCallError>(Box::new(JsonTransport::new(http.to(origin), &path, binding)))
    };
    match binding {
        "JSONRPC" => json(JsonBinding::JsonRpc),
        "HTTP+JSON" => json(JsonBinding::HttpJson),
        #[cfg(feature = "grpc")]
        "GRPC" => Ok(Box::new(GrpcTransport::connect(http.to(place(http.origin(), url)?)).await?)),
        _ => Err(A2aCallError::Interface("this build does not speak it".to_owned())),
    }
}

/// The place of a gRPC interface, `host:port`. It has no scheme: what was begun within TLS goes on within TLS.
#[cfg(feature = "grpc")]
fn place(card: &Origin, interface: &str) -> Result<Origin, ClientError> {
    let scheme = if card.is_secure() { "https" } else { "http" };
    match interface.contains("://") {
        true => Origin::parse(interface),
        false => Origin::parse(&format!("{scheme}://{interface}")),
    }
}

/// A URL as origin and path.
fn split(url: &str) -> Result<(Origin, String), ClientError> {
    let scheme = url.find("://").map_or(0, |at| at.saturating_add(3));
    let rest = url.get(scheme..).unwrap_or_default();
    let path = rest.find('/').map_or(url.len(), |at| scheme.saturating_add(at));
    let origin = Origin::parse(url.get(..path).unwrap_or_default())?;
    Ok((origin, url.get(path..).filter(|path| !path.is_empty()).unwrap_or("/").to_owned()))
}

impl std::fmt::Debug for Discovery {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Discovery").field("card", &self.card.name()).finish_non_exhaustive()
    }
}
