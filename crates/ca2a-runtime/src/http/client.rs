//! The client: one origin, no redirects, no proxies, everything bounded.

#[cfg(feature = "grpc")]
mod http2;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{
    Method, Request, Response, Uri,
    body::Incoming,
    client::conn::http1,
    header::{self, HeaderName, HeaderValue},
};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, time::timeout};

#[cfg(feature = "a2a")]
use super::HttpStream;
use super::{
    ClientError, Origin,
    pool::{Pool, Sender},
    socket::Socket,
};
use crate::tls::{ClientTls, TlsError, Trust};

/// The bounds of the client (WIRE-61, A2A-106).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientLimits {
    /// From the start of a call to the last byte of its answer.
    pub deadline: Duration,
    /// The same for what an agent is asked over A2A, who may work on it; of a stream, to its first event.
    pub answer: Duration,
    /// For as long a peer that streams may say nothing; over gRPC, which says nothing where there is nothing to say, until it is
    /// asked whether it is there.
    pub silence: Duration,
    /// Bytes in the body of an answer.
    pub max_response: usize,
}

impl Default for ClientLimits {
    /// 10 s, 30 s, 5 minutes and 1 MiB.
    fn default() -> Self {
        let [deadline, answer, silence] = [10, 30, 300].map(Duration::from_secs);
        Self { deadline, answer, silence, max_response: 1 << 20 }
    }
}

/// An answer, whatever its status. A redirect is an answer like any other: it is not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpReply {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Bytes,
}

/// A client of one origin, with connections of its own. Cloning shares them.
#[derive(Debug, Clone)]
pub struct HttpClient {
    origin: Origin,
    limits: ClientLimits,
    media: Media,
    /// What is trusted, once it was said or first needed.
    tls: Arc<OnceLock<Trust>>,
    pool: Arc<Pool>,
}

impl From<Origin> for HttpClient {
    fn from(origin: Origin) -> Self {
        Self::new(origin)
    }
}

/// What is sent and what is asked for, as media types.
#[derive(Debug, Clone, Copy)]
struct Media {
    sent: &'static str,
    wanted: &'static str,
}

const JSON: &str = "application/json";

/// Why an attempt brought no answer.
enum Failure {
    /// Nothing of the request was sent.
    Unsent,
    /// It may have been.
    Lost(ClientError),
}

impl HttpClient {
    /// A client of `origin` with the default limits. It reads no environment variable.
    #[must_use]
    pub fn new(origin: Origin) -> Self {
        Self::with_limits(origin, ClientLimits::default())
    }

    /// A client of `origin`.
    #[must_use]
    pub fn with_limits(origin: Origin, limits: ClientLimits) -> Self {
        let media = Media { sent: JSON, wanted: JSON };
        Self { origin, limits, media, tls: Arc::default(), pool: Arc::default() }
    }

    /// The same client for bodies of the type `sent` and answers of the type `wanted`; JSON both unless this is said.
    #[must_use]
    pub fn media(mut self, sent: &'static str, wanted: &'static str) -> Self {
        self.media = Media { sent, wanted };
        self
    }

    /// The same client, which trusts as `tls` says where it speaks TLS; the public roots unless this is said.
    #[must_use]
    pub fn trusting(mut self, tls: impl Into<Trust>) -> Self {
        self.tls = Arc::new(tls.into().into());
        self
    }

    /// A client of another origin with the same limits and the same trust.
    #[must_use]
    pub fn to(&self, origin: Origin) -> Self {
        Self { origin, pool: Arc::default(), ..self.clone() }
    }

    /// The same client, which waits as long as an agent may take.
    #[cfg(feature = "a2a")]
    pub(crate) fn asking_an_agent(mut self) -> Self {
        self.limits.deadline = self.limits.answer;
        self
    }

    /// Where it goes.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Its limits.
    #[cfg(feature = "a2a")]
    pub(crate) fn limits(&self) -> ClientLimits {
        self.limits
    }

    /// Gets `path_and_query`, which starts with `/`.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn get(&self, path_and_query: &str) -> Result<HttpReply, ClientError> {
        self.call(Method::GET, path_and_query, Bytes::new()).await
    }

    /// Posts `body` to `path`, as JSON unless [`Self::media`] says otherwise. It is sent at most once: where the connection
    /// breaks, what the peer did is unknown (WIRE-62).
    ///
    /// # Errors
    /// See [`ClientError`].
    pub async fn post(&self, path: &str, body: impl Into<Bytes>) -> Result<HttpReply, ClientError> {
        self.call(Method::POST, path, body.into()).await
    }

    async fn call(&self, method: Method, target: &str, body: Bytes) -> Result<HttpReply, ClientError> {
        self.exchange(method, target, &[], body).await
    }

    /// Sends one request with `headers` beside the client's own, once, and reads the answer.
    ///
    /// # Errors
    /// See [`ClientError`].
    pub(crate) async fn exchange(
        &self,
        method: Method,
        target: &str,
        headers: &[(HeaderName, HeaderValue)],
        body: Bytes,
    ) -> Result<HttpReply, ClientError> {
        let request = self.request(method, target, headers, body)?;
        let answered = timeout(self.limits.deadline, self.attempts(|| request.clone())).await;
        answered.unwrap_or_else(|_| Err(self.late()))
    }

    /// The same for an answer that is read as it comes, over a connection of its own. The deadline counts up to its head.
    ///
    /// # Errors
    /// See [`ClientError`].
    #[cfg(feature = "a2a")]
    pub(crate) async fn open(
        &self,
        method: Method,
        target: &str,
        headers: &[(HeaderName, HeaderValue)],
        body: Bytes,
    ) -> Result<HttpStream, ClientError> {
        self.open_with(self.request(method, target, headers, body)?).await
    }

    /// Hands on a request of somebody else's with these headers and no others, once, and opens the answer.
    ///
    /// # Errors
    /// See [`ClientError`]; of a connection that did not come about nothing was sent.
    #[cfg(feature = "a2a")]
    pub(crate) async fn hand_on(
        &self,
        method: Method,
        target: &str,
        headers: hyper::HeaderMap,
        body: Bytes,
    ) -> Result<HttpStream, ClientError> {
        let mut request = self.request(method, target, &[], body)?;
        let host = request.headers_mut().remove(header::HOST);
        *request.headers_mut() = headers;
        request.headers_mut().extend(host.map(|host| (header::HOST, host)));
        self.open_with(request).await
    }

    #[cfg(feature = "a2a")]
    async fn open_with(&self, request: Request<Full<Bytes>>) -> Result<HttpStream, ClientError> {
        let opened = async {
            let mut sender = self.connect().await?;
            let response =
                sender.send_request(request).await.map_err(|error| self.broken(&error.to_string()))?;
            Ok(HttpStream::new(self.origin.clone(), response, sender, self.limits))
        };
        timeout(self.limits.deadline, opened).await.unwrap_or_else(|_| Err(self.late()))
    }

    fn late(&self) -> ClientError {
        ClientError::Deadline { origin: self.origin.clone(), seconds: self.limits.deadline.as_secs_f64() }
    }

    fn request(
        &self,
        method: Method,
        target: &str,
        headers: &[(HeaderName, HeaderValue)],
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, ClientError> {
        let target: Uri = target.parse().map_err(|_| ClientError::Target)?;
        if target.authority().is_some() || !target.path().starts_with('/') {
            return Err(ClientError::Target);
        }
        let host = HeaderValue::from_str(self.origin.authority()).map_err(|_| ClientError::Target)?;
        let has_body = method == Method::POST;
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = target;
        let ours = request.headers_mut();
        ours.insert(header::HOST, host);
        ours.insert(header::ACCEPT, HeaderValue::from_static(self.media.wanted));
        if has_body {
            ours.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.media.sent));
        }
        ours.extend(headers.iter().cloned());
        Ok(request)
    }

    /// Waiting connections first, for as long as they turn out closed before anything was sent; then a fresh one.
    async fn attempts(&self, request: impl Fn() -> Request<Full<Bytes>>) -> Result<HttpReply, ClientError> {
        while let Some(sender) = self.pool.take().await {
            match self.attempt(sender, request()).await {
                Ok(reply) => return Ok(reply),
                Err(Failure::Unsent) => {}
                Err(Failure::Lost(error)) => return Err(error),
            }
        }
        let sender = self.connect().await?;
        self.attempt(sender, request()).await.map_err(|failure| match failure {
            Failure::Unsent => self.broken("it was closed at once"),
            Failure::Lost(error) => error,
        })
    }

    async fn connect(&self) -> Result<Sender, ClientError> {
        let socket = self.socket(ClientTls::clone).await?;
        let refused = |reason: String| ClientError::Connect { origin: self.origin.clone(), reason };
        let (sender, connection) =
            http1::handshake(TokioIo::new(socket)).await.map_err(|error| refused(error.to_string()))?;
        // It ends when the sender is dropped or the peer closes; its error reaches the request that it broke.
        tokio::spawn(async move { drop(connection.await) });
        Ok(sender)
    }

    /// A connection for a client of HTTP/2.
    #[cfg(feature = "grpc")]
    pub(crate) async fn socket_for_http2(&self) -> Result<Socket, ClientError> {
        self.socket(ClientTls::for_http2).await
    }

    /// A connection, within TLS as `adjusted` where the origin wants that.
    async fn socket(&self, adjusted: impl Fn(&ClientTls) -> ClientTls) -> Result<Socket, ClientError> {
        let refused = |reason: String| ClientError::Connect { origin: self.origin.clone(), reason };
        let stream = TcpStream::connect((self.origin.host(), self.origin.port()))
            .await
            .map_err(|error| refused(error.to_string()))?;
        // A failure here costs latency and nothing else.
        let _ = stream.set_nodelay(true);
        if !self.origin.is_secure() {
            return Ok(Socket::Plain(stream));
        }
        let tls = adjusted(&self.tls().map_err(|error| refused(error.to_string()))?);
        let stream = tls.connect(self.origin.host(), stream).await;
        Ok(Socket::Tls(Box::new(stream.map_err(|error| refused(format!("TLS: {error}")))?)))
    }

    fn tls(&self) -> Result<ClientTls, TlsError> {
        match self.tls.get() {
            Some(trust) => Ok(trust.now()),
            None => ClientTls::public().map(|tls| self.tls.get_or_init(|| tls.into()).now()),
        }
    }

    async fn attempt(&self, mut sender: Sender, request: Request<Full<Bytes>>) -> Result<HttpReply, Failure> {
        let response = match sender.try_send_request(request).await {
            Ok(response) => response,
            Err(error) if error.message().is_some() => return Err(Failure::Unsent),
            Err(error) => return Err(Failure::Lost(self.broken(&error.error().to_string()))),
        };
        let reply = self.read(response).await.map_err(Failure::Lost)?;
        self.pool.give_back(sender);
        Ok(reply)
    }

    async fn read(&self, response: Response<Incoming>) -> Result<HttpReply, ClientError> {
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), self.limits.max_response).collect().await;
        let body = body.map_err(|error| {
            if error.is::<LengthLimitError>() {
                ClientError::TooLarge { origin: self.origin.clone(), max: self.limits.max_response }
            } else {
                self.broken(&error.to_string())
            }
        })?;
        Ok(HttpReply { status, body: body.to_bytes() })
    }

    fn broken(&self, reason: &str) -> ClientError {
        ClientError::Broken { origin: self.origin.clone(), reason: reason.to_owned() }
    }
}
