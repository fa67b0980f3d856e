//! HTTP/1.1 by hand, in plain or within TLS: requests that no client library would send, and answers as they come.

use std::{io, time::Duration};

use ca2a_runtime::{http::Origin, tls::ClientTls};
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// After this long, an answer will not come; far above every limit of a node.
const PATIENCE: Duration = Duration::from_secs(120);
/// More than any answer has.
const MOST: usize = 4 * 1024 * 1024;

/// An answer.
#[derive(Debug, Default, Clone)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Reply {
    /// The body as JSON, `null` where it is none.
    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        const BLANK: &[u8] = b"\r\n\r\n";
        let end = bytes.windows(BLANK.len()).position(|window| window == BLANK)?;
        let status = std::str::from_utf8(bytes.get(..end)?).ok()?.split(' ').nth(1)?.parse().ok()?;
        Some(Self { status, body: bytes.get(end.saturating_add(BLANK.len())..)?.to_vec() })
    }
}

/// How a node is reached.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) origin: Origin,
    /// Whom to believe within TLS; `None` where the node is spoken to in plain.
    pub(super) tls: Option<ClientTls>,
}

impl Way {
    /// The host and port.
    pub(super) fn place(&self) -> String {
        let (host, port) = (self.origin.host(), self.origin.port());
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }

    /// Sends `bytes` and reads until the other side closes.
    pub(super) async fn exchange(&self, bytes: &[u8]) -> Result<Reply, String> {
        self.slowly(&[bytes], Duration::ZERO).await
    }

    /// Sends `parts` with `pause` between them, and reads until the other side closes. Who closes before it was sent
    /// everything has said what it had to say.
    pub(super) async fn slowly(&self, parts: &[&[u8]], pause: Duration) -> Result<Reply, String> {
        let conversation = async {
            let socket = TcpStream::connect(self.place()).await?;
            match &self.tls {
                None => converse(socket, parts, pause).await,
                Some(tls) => converse(tls.connect(self.origin.host(), socket).await?, parts, pause).await,
            }
        };
        let bytes = timeout(PATIENCE, conversation).await.map_err(|_| "no answer came".to_owned())?;
        let bytes = bytes.map_err(|error| format!("no answer came: {error}"))?;
        if bytes.is_empty() {
            return Ok(Reply::default());
        }
        Reply::read(&bytes).ok_or_else(|| "what came is no answer of HTTP".to_owned())
    }
}

async fn converse(
    socket: impl AsyncRead + AsyncWrite,
    parts: &[&[u8]],
    pause: Duration,
) -> io::Result<Vec<u8>> {
    let (mut from, mut to) = tokio::io::split(socket);
    let sending = async {
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                tokio::time::sleep(pause).await;
            }
            let sent = async {
                to.write_all(part).await?;
                to.flush().await
            };
            if sent.await.is_err() {
                break;
            }
        }
        // What the other side has to say about it is for the reader to tell.
        std::future::pending::<io::Result<Vec<u8>>>().await
    };
    let reading = async {
        let mut bytes = Vec::new();
        let mut chunk = [0; 8192];
        loop {
            match from.read(&mut chunk).await {
                Ok(0) => break,
                Ok(read) => bytes.extend_from_slice(chunk.get(..read).unwrap_or_default()),
                Err(error) if is_closed(&error) => break,
                Err(error) => return Err(error),
            }
            if bytes.len() > MOST {
                return Err(io::Error::other("an answer without an end"));
            }
        }
        Ok(bytes)
    };
    tokio::select! {
        ended = sending => ended,
        read = reading => read,
    }
}

/// A connection that is reset is one that is closed, and so is one that ends without TLS's goodbye: the suite looks at what
/// was said before.
fn is_closed(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof)
}
