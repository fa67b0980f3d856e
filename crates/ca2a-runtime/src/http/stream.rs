//! An answer that is read as it comes.

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::{
    Response,
    body::Incoming,
    header::{self, HeaderMap},
};
use tokio::time::timeout;

use super::{ClientError, ClientLimits, Origin, pool::Sender};

/// An answer whose body is read as it comes. Dropping it closes the connection.
#[derive(Debug)]
pub(crate) struct HttpStream {
    origin: Origin,
    response: Response<Incoming>,
    /// The connection goes with it.
    _sender: Sender,
    limits: ClientLimits,
}

impl HttpStream {
    pub(super) fn new(
        origin: Origin,
        response: Response<Incoming>,
        sender: Sender,
        limits: ClientLimits,
    ) -> Self {
        Self { origin, response, _sender: sender, limits }
    }

    /// The HTTP status.
    pub(crate) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// The headers.
    pub(crate) fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// Whether it is a stream of events.
    pub(crate) fn is_event_stream(&self) -> bool {
        let kind = self.response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        kind.is_some_and(|kind| kind.trim_start().starts_with("text/event-stream"))
    }

    /// What comes next; `None` at the end.
    ///
    /// # Errors
    /// A connection that breaks, or a peer that says nothing for too long.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, ClientError> {
        loop {
            let silence = self.limits.silence;
            let frame = timeout(silence, self.response.body_mut().frame()).await.map_err(|_| {
                ClientError::Deadline { origin: self.origin.clone(), seconds: silence.as_secs_f64() }
            })?;
            let Some(frame) = frame else { return Ok(None) };
            let frame = frame.map_err(|error| ClientError::Broken {
                origin: self.origin.clone(),
                reason: error.to_string(),
            })?;
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
    }

    /// The whole body, where it turns out to be no stream.
    ///
    /// # Errors
    /// As [`Self::chunk`], and a body that is too large.
    pub(crate) async fn whole(mut self) -> Result<Vec<u8>, ClientError> {
        let mut whole = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if whole.len().saturating_add(chunk.len()) > self.limits.max_response {
                return Err(ClientError::TooLarge { origin: self.origin, max: self.limits.max_response });
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole)
    }
}
