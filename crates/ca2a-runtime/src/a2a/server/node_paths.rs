//! The node's handshake and metadata, as the reference transport serves them: one origin is enough for a caller.

use std::{net::IpAddr, sync::Arc};

use axum::{
    body::Body,
    extract::{Extension, State},
    http::{HeaderValue, Response, StatusCode, Uri, header},
};
use ca2a_core::ErrorCode;

use crate::{
    a2a::card::{CHANNEL_BINDING, CardKey, ChannelBinding},
    answer::Answer,
    http::{Client, nonce},
    node::PeerNode,
};

/// A node, and the key that its card is signed with.
pub(super) struct Channel {
    pub(super) node: Arc<PeerNode>,
    pub(super) card_key: Option<Arc<CardKey>>,
}

impl Channel {
    async fn answer(&self, nonce: &str, from: Option<IpAddr>) -> Answer {
        let (node, key) = (&self.node, self.card_key.as_deref());
        let binding = key
            .map(|key| ChannelBinding::sign(key, node.channel_key(), nonce, node.channel_expiry()).to_node());
        let beside = binding.map(|binding| (CHANNEL_BINDING, binding));
        node.handshake_with(nonce, from, beside).await
    }
}

pub(super) async fn handshake(
    State(channel): State<Arc<Channel>>,
    from: Option<Extension<Client>>,
    uri: Uri,
) -> Response<Body> {
    let from = from.map(|client| client.address);
    let why = "exactly one nonce of 1 to 256 characters is required";
    response(match nonce(uri.query().unwrap_or_default()) {
        Some(nonce) => channel.answer(&nonce, from).await,
        None => Answer::refusal(ErrorCode::BadRequest, why),
    })
}

pub(super) async fn metadata(State(channel): State<Arc<Channel>>) -> Response<Body> {
    response(channel.node.metadata())
}

fn response(answer: Answer) -> Response<Body> {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = answer.retry_after {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
