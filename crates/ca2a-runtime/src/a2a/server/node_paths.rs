//! The node's handshake and metadata, as the reference transport serves them: one origin is enough for a caller.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::State,
    http::{HeaderValue, Response, StatusCode, Uri, header},
};
use ca2a_core::ErrorCode;

use crate::{answer::Answer, http::nonce, node::PeerNode};

pub(super) async fn handshake(State(node): State<Arc<PeerNode>>, uri: Uri) -> Response<Body> {
    let why = "exactly one nonce of 1 to 256 characters is required";
    response(match nonce(uri.query().unwrap_or_default()) {
        Some(nonce) => node.handshake(&nonce),
        None => Answer::refusal(ErrorCode::BadRequest, why),
    })
}

pub(super) async fn metadata(State(node): State<Arc<PeerNode>>) -> Response<Body> {
    response(node.metadata())
}

fn response(answer: Answer) -> Response<Body> {
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
