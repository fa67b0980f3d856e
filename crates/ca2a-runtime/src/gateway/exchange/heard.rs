//! What the agent itself said of how a call over gRPC ended: its `grpc-status`, in the head of the answer or behind it. Every
//! other status is a guess of this side's, and no answer (GATE-26).

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use http_body_util::BodyExt as _;
use hyper::{Request, Response, body::Frame, header::HeaderMap};
use tonic::{Code, body::Body, transport};
use tower::Service;

/// What was heard of one call.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard(Arc<Mutex<Said>>);

#[derive(Debug, Clone, Copy, Default)]
struct Said {
    http: Option<u16>,
    grpc: Option<Code>,
}

impl Heard {
    /// Whether the agent said no.
    pub(super) fn is_refusal(&self) -> bool {
        self.said().grpc.is_some_and(|code| code != Code::Ok)
    }

    /// The HTTP status, where that is not 200.
    pub(super) fn bad_status(&self) -> Option<u16> {
        self.said().http.filter(|status| *status != 200)
    }

    /// Calls over `channel`, and hears how they end.
    pub(super) fn over(&self, channel: transport::Channel) -> Hearing {
        Hearing { channel, heard: self.clone() }
    }

    fn said(&self) -> std::sync::MutexGuard<'_, Said> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, headers: &mut HeaderMap) {
        // Nobody reads the details, and the library ends in a panic where they are not base64.
        headers.remove("grpc-status-details-bin");
        if let Some(status) = headers.get("grpc-status") {
            self.said().grpc = Some(Code::from_bytes(status.as_bytes()));
        }
    }

    fn answer(self, answer: Response<Body>) -> Response<Body> {
        let (mut head, body) = answer.into_parts();
        self.said().http = Some(head.status.as_u16());
        self.hear(&mut head.headers);
        let body = body.map_frame(move |frame| match frame.into_trailers() {
            Ok(mut trailers) => {
                self.hear(&mut trailers);
                Frame::trailers(trailers)
            }
            Err(frame) => frame,
        });
        Response::from_parts(head, Body::new(body))
    }
}

/// A channel over which is heard how calls end.
#[derive(Clone)]
pub(super) struct Hearing {
    channel: transport::Channel,
    heard: Heard,
}

impl Service<Request<Body>> for Hearing {
    type Response = Response<Body>;
    type Error = transport::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, transport::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), transport::Error>> {
        self.channel.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let (heard, answering) = (self.heard.clone(), self.channel.call(request));
        Box::pin(async move { Ok(heard.answer(answering.await?)) })
    }
}
