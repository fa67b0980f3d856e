//! The card, byte for byte as it was made: a signature covers its bytes, and the SDK would write it anew (section 8.6).

use std::{sync::Arc, time::SystemTime};

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
};
use ca2a_core::Sha256;

/// Where it is.
pub(super) const PATH: &str = a2a_server::WELL_KNOWN_AGENT_CARD_PATH;

/// A card that is served.
pub(super) struct Card {
    json: Bytes,
    tag: String,
    since: String,
}

impl Card {
    pub(super) fn new(json: Vec<u8>) -> Self {
        let tag = format!("\"{}\"", Sha256::of(&json).to_hex());
        Self { json: json.into(), tag, since: http_date(SystemTime::now()) }
    }
}

impl Card {
    /// Its bytes.
    pub(super) fn json(&self) -> &[u8] {
        &self.json
    }
}

/// The time as HTTP writes it (RFC 9110 section 5.6.7).
fn http_date(time: SystemTime) -> String {
    chrono::DateTime::<chrono::Utc>::from(time).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

pub(super) async fn serve(State(card): State<Arc<Card>>, headers: HeaderMap) -> Response<Body> {
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|tag| tag.as_bytes() == card.tag.as_bytes());
    let body = if known { Body::empty() } else { Body::from(card.json.clone()) };
    let mut response = Response::new(body);
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    }
    let headers = response.headers_mut();
    let mut set = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set(header::CONTENT_TYPE, "application/json");
    set(header::CACHE_CONTROL, "public, max-age=300");
    set(header::ETAG, &card.tag);
    set(header::LAST_MODIFIED, &card.since);
    set(header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    response
}
