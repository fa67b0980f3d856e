//! gRPC: the SDK's service behind the same gate, and refusals with their own status (A2A-10).
//!
//! The bytes of a request are protobuf, so what is verified is read from its `Struct`; only what was parsed and verified
//! travels on.

mod whole_parts;

use std::{collections::HashMap, sync::Arc, time::Duration};

use a2a_grpc::GrpcHandler;
use a2a_pb::proto::a2a_service_server::A2aServiceServer;
use a2a_server::RequestHandler;
use axum::{
    BoxError, Router,
    body::Body,
    http::{HeaderMap, Response},
    middleware::map_response,
};
use ca2a_core::ErrorCode;
use futures_util::stream;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use tokio::time::{Instant, timeout_at};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::server::{self, Refusal, reason};
use whole_parts::WholeParts;

/// Every method of the service.
const METHODS: &str = "/lf.a2a.v1.A2AService/{method}";

/// The service over `handler`, with messages of at most `max_message` bytes.
pub(super) fn router<H: RequestHandler>(handler: Arc<H>, max_message: usize) -> Router {
    let service =
        A2aServiceServer::new(WholeParts(GrpcHandler::new(handler))).max_decoding_message_size(max_message);
    Router::new().route_service(METHODS, service).layer(map_response(ended))
}

/// `body`, which fails where its end has not come within `limit` (A2A-13): a request has one message, and nobody else waits for
/// the end of a body that nobody has read.
pub(super) fn in_time(body: Body, limit: Duration) -> Body {
    let Some(until) = Instant::now().checked_add(limit) else { return body };
    let frames = stream::unfold(body, move |mut body| async move {
        match timeout_at(until, body.frame()).await {
            Ok(frame) => frame.map(|frame| (frame.map_err(BoxError::from), body)),
            Err(_) => Some((Err(late().into()), Body::empty())),
        }
    });
    Body::new(StreamBody::new(frames))
}

fn late() -> Status {
    let code = ErrorCode::DeadlineExceeded;
    let metadata = HashMap::from([("ca2a_code".to_owned(), code.as_str().to_owned())]);
    status(code, format!("{}: the request did not arrive in time", code.as_str()), metadata)
}

/// A refusal as a status with details: the SDK would answer `UNKNOWN` (defect 8).
pub(super) fn refused(refusal: &Refusal) -> Response<Body> {
    let metadata = refusal.metadata().into_iter().map(|(name, text)| (name.to_owned(), text.to_owned()));
    // Details travel as one header, and a client takes no header of any length.
    let metadata = metadata.filter(|(_, text)| text.len() <= 2048).collect();
    status(refusal.code, refusal.message(), metadata).into_http()
}

/// An answer whose trailers have the status that comes closest where a stream ends with a refusal: the SDK says `UNKNOWN`
/// there too.
async fn ended(response: Response<Body>) -> Response<Body> {
    response.map(|body| {
        Body::new(body.map_frame(|frame| match frame.into_trailers() {
            Ok(trailers) => Frame::trailers(named(trailers)),
            Err(frame) => frame,
        }))
    })
}

/// `trailers`, with the status of the code of ours that their message begins with.
fn named(mut trailers: HeaderMap) -> HeaderMap {
    let unknown = Status::from_header_map(&trailers).filter(|status| status.code() == Code::Unknown);
    let code = unknown.as_ref().and_then(|status| said_first(status.message()));
    if let (Some(unknown), Some(code)) = (unknown, code) {
        let metadata = HashMap::from([("ca2a_code".to_owned(), code.as_str().to_owned())]);
        let named = status(code, unknown.message().to_owned(), metadata);
        // What cannot be written as a header leaves the status as it was.
        let _ = named.add_header(&mut trailers);
    }
    trailers
}

/// The code at the start of the message of a refusal.
pub(super) fn said_first(message: &str) -> Option<ErrorCode> {
    message.split_once(':').and_then(|(code, _)| code.parse().ok())
}

fn status(code: ErrorCode, message: String, metadata: HashMap<String, String>) -> Status {
    let details = ErrorDetails::with_error_info(reason(code), a2a::PROTOCOL_DOMAIN, metadata);
    let closest = Code::from_i32(server::status(code).1);
    Status::with_error_details(closest, message, details)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// A2A-10: the name that goes over HTTP is that of the number that goes over gRPC.
    #[test]
    fn a_status_has_one_name_and_one_number() {
        for code in ErrorCode::ALL {
            let (name, number) = server::status(*code);
            let named = format!("{:?}", Code::from_i32(number));
            assert_eq!(name.replace('_', "").to_lowercase(), named.to_lowercase(), "{code}");
        }
        let named = |code| server::status(code).0;
        assert_eq!(named(ErrorCode::RateLimited), "RESOURCE_EXHAUSTED");
        assert_eq!(named(ErrorCode::WrongNode), "FAILED_PRECONDITION");
    }
}
