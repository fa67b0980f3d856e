//! What a front door needs whose handler is no node's: the outbound side of a gateway.

use std::sync::Arc;

use a2a::{A2AError, SendMessageRequest};
use a2a_server::{RequestHandler, ServiceParams};
use axum::{
    Router,
    body::Body,
    http::{Response, request::Parts},
    routing::any,
};

use super::{
    ServerLimits,
    layer::{self, Front},
    place::Binding,
    validate,
};

pub(crate) use super::{listen::run, refusal::Refusal};

/// JSON-RPC at `/` and HTTP+JSON below it, over raw bytes as the server of a node takes them.
pub(crate) fn front<H: RequestHandler>(handler: Arc<H>, limits: ServerLimits) -> Router {
    let bindings = a2a_server::jsonrpc::jsonrpc_router(Arc::clone(&handler));
    behind_the_layer(bindings.merge(a2a_server::rest::rest_router(handler)), limits)
}

/// gRPC, and nothing else.
#[cfg(feature = "grpc")]
pub(crate) fn grpc_front<H: RequestHandler>(handler: Arc<H>, limits: ServerLimits) -> Router {
    behind_the_layer(crate::a2a::grpc::router(handler, limits.max_body), limits)
}

fn behind_the_layer(bindings: Router, limits: ServerLimits) -> Router {
    let front = Front { bindings, limits, forwarding: None };
    Router::new().fallback_service(any(layer::handle).with_state(Arc::new(front)))
}

/// `refusal` of the request with `head`, in the words of its binding.
pub(crate) fn refused(head: &Parts, refusal: &Refusal) -> Response<Body> {
    layer::refused(Binding::of(head), "application/json", None, refusal)
}

/// Checks that a request names the version that is served here (A2A-1).
///
/// # Errors
/// `VersionNotSupported`.
pub(crate) fn check_version(params: &ServiceParams) -> Result<(), A2AError> {
    validate::version(params)
}

/// Checks what A2A requires of a message (A2A-4).
///
/// # Errors
/// `INVALID_PARAMS` with the member that is missing.
pub(crate) fn check_message(request: &SendMessageRequest) -> Result<(), A2AError> {
    validate::send(request)
}

/// Checks the id of a task.
///
/// # Errors
/// `INVALID_PARAMS`.
pub(crate) fn check_id(id: &str) -> Result<(), A2AError> {
    validate::id(id)
}
