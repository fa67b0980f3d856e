//! Connections to the agent, one for each request, and HTTP/1.1 over them.

use std::{io, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::{Request, Response, body::Incoming, client::conn::http1, header, header::HeaderValue};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};

use super::{UpstreamAddress, UpstreamError, address::Place};

/// Sends `request`, once, and waits for the head of the answer for as long as `patience`.
///
/// # Errors
/// [`UpstreamError::Connect`] where nothing of it was sent; else a connection that broke, or silence.
pub(super) async fn send(
    address: &UpstreamAddress,
    mut request: Request<Full<Bytes>>,
    patience: Duration,
) -> Result<Response<Incoming>, UpstreamError> {
    let host = HeaderValue::from_str(address.authority());
    let host = host.map_err(|error| UpstreamError::Connect(error.to_string()))?;
    request.headers_mut().insert(header::HOST, host);
    let mut sender = reach(address, patience).await?;
    let answered = timeout(patience, sender.0.send_request(request)).await;
    answered
        .map_err(|_| UpstreamError::Silent(patience))?
        .map_err(|error| UpstreamError::Broken(error.to_string()))
}

/// Connects to the agent.
///
/// # Errors
/// [`UpstreamError::Connect`].
pub(super) async fn reach(address: &UpstreamAddress, patience: Duration) -> Result<Sender, UpstreamError> {
    let refused = |error: &dyn ToString| UpstreamError::Connect(error.to_string());
    let connecting = async { Ok::<_, io::Error>(Sender::over(socket(address).await?).await) };
    timeout(patience, connecting)
        .await
        .map_err(|_| refused(&"it did not take the connection in time"))?
        .map_err(|error| refused(&error))?
        .map_err(|error| refused(&error))
}

/// A socket to the agent.
pub(super) async fn socket(address: &UpstreamAddress) -> io::Result<Box<dyn Socket>> {
    match &address.place {
        Place::Loopback(origin) => {
            let socket = TcpStream::connect((origin.host(), origin.port())).await?;
            // A failure here costs latency and nothing else.
            let _ = socket.set_nodelay(true);
            Ok(Box::new(socket))
        }
        #[cfg(unix)]
        Place::Socket(path) => Ok(Box::new(tokio::net::UnixStream::connect(path).await?)),
        #[cfg(not(unix))]
        Place::Socket(_) => {
            Err(io::Error::new(io::ErrorKind::Unsupported, "there are no Unix sockets on this system"))
        }
    }
}

/// What a connection runs over.
pub(super) trait Socket: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Socket for S {}

/// A connection that carries one request.
pub(super) struct Sender(http1::SendRequest<Full<Bytes>>);

impl Sender {
    async fn over(socket: Box<dyn Socket>) -> hyper::Result<Self> {
        let (sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
        // It ends with the answer, or when nobody reads that any more; its error reaches the request that it broke.
        tokio::spawn(async move { drop(connection.await) });
        Ok(Self(sender))
    }
}

/// Reads a whole body of at most `most` bytes.
///
/// # Errors
/// A body that is larger, breaks off, or does not come in time.
pub(super) async fn whole(body: Incoming, most: usize, patience: Duration) -> Result<Bytes, UpstreamError> {
    let collected = timeout(patience, Limited::new(body, most).collect()).await;
    let collected = collected.map_err(|_| UpstreamError::Silent(patience))?;
    collected.map(|body| body.to_bytes()).map_err(|error| match error.is::<LengthLimitError>() {
        true => UpstreamError::TooLarge(most),
        false => UpstreamError::Broken(error.to_string()),
    })
}
