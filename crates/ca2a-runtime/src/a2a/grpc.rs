//! gRPC: the SDK's service behind the same gate, and refusals with their own status (A2A-10).
//!
//! The bytes of a request are protobuf, so what is verified is read from its `Struct`; only what was parsed and verified
//! travels on.

use std::{collections::HashMap, sync::Arc};

use a2a_grpc::GrpcHandler;
use a2a_pb::proto::a2a_service_server::A2aServiceServer;
use a2a_server::RequestHandler;
use axum::{Router, body::Body, http::Response};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::server::{Refusal, reason};

/// Every method of the service.
const METHODS: &str = "/lf.a2a.v1.A2AService/{method}";

/// The service over `handler`, with messages of at most `max_message` bytes.
pub(super) fn router<H: RequestHandler>(handler: Arc<H>, max_message: usize) -> Router {
    let service = A2aServiceServer::new(GrpcHandler::new(handler)).max_decoding_message_size(max_message);
    Router::new().route_service(METHODS, service)
}

/// A refusal as a status with details: the SDK would answer `UNKNOWN` (defect 8).
pub(super) fn refused(refusal: &Refusal) -> Response<Body> {
    let metadata = refusal.metadata().into_iter().map(|(name, text)| (name.to_owned(), text.to_owned()));
    // Details travel as one header, and a client takes no header of any length.
    let metadata: HashMap<String, String> = metadata.filter(|(_, text)| text.len() <= 2048).collect();
    let details = ErrorDetails::with_error_info(reason(refusal.code), a2a::PROTOCOL_DOMAIN, metadata);
    Status::with_error_details(status(refusal.code.http_status()), refusal.message(), details).into_http()
}

fn status(http: u16) -> Code {
    match http {
        400 | 422 => Code::InvalidArgument,
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 => Code::NotFound,
        408 | 504 => Code::DeadlineExceeded,
        409 | 412 => Code::FailedPrecondition,
        405 | 501 => Code::Unimplemented,
        503 => Code::Unavailable,
        _ => Code::Internal,
    }
}
