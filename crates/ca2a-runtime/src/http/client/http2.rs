//! A request of somebody else's, handed on over HTTP/2 (RFC 9113), which is what gRPC speaks.

use bytes::Bytes;
use hyper::{
    HeaderMap, Method, Response, Uri,
    body::Incoming,
    client::conn::http2,
    http::uri::{PathAndQuery, Scheme},
};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::time::timeout;

use super::HttpClient;
use crate::http::ClientError;

impl HttpClient {
    /// Hands on a request with these headers and no others, once, over a connection of its own, and opens the answer, trailers
    /// and all. The deadline counts up to its head.
    ///
    /// # Errors
    /// See [`ClientError`]; of a connection that did not come about nothing was sent.
    pub(crate) async fn hand_on_over_http2(
        &self,
        target: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Response<Incoming>, ClientError> {
        let mut request = self.request(Method::POST, target, &[], body)?;
        *request.uri_mut() = self.whole_uri(request.uri())?;
        *request.headers_mut() = headers;
        let opened = async {
            let socket = TokioIo::new(self.socket_for_http2().await?);
            let mut http = http2::Builder::new(TokioExecutor::new());
            http.timer(TokioTimer::new()).keep_alive_interval(self.limits.silence);
            let (mut sender, connection) =
                http.keep_alive_timeout(self.limits.deadline).handshake(socket).await.map_err(|error| {
                    ClientError::Connect { origin: self.origin.clone(), reason: error.to_string() }
                })?;
            // It ends with its one answer; its error reaches the request that it broke.
            tokio::spawn(async move { drop(connection.await) });
            sender.send_request(request).await.map_err(|error| self.broken(&error.to_string()))
        };
        timeout(self.limits.deadline, opened).await.unwrap_or_else(|_| Err(self.late()))
    }

    /// `target` at this origin, as HTTP/2 names it (RFC 9113 section 8.3.1).
    fn whole_uri(&self, target: &Uri) -> Result<Uri, ClientError> {
        let scheme = if self.origin.is_secure() { Scheme::HTTPS } else { Scheme::HTTP };
        let path = target.path_and_query().cloned().unwrap_or(PathAndQuery::from_static("/"));
        let uri = Uri::builder().scheme(scheme).authority(self.origin.authority()).path_and_query(path);
        uri.build().map_err(|_| ClientError::Target)
    }
}
