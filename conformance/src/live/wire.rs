//! HTTP/1.1 by hand: requests that no client library would send, and answers as they come.

use std::{io, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
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

/// Sends `bytes` and reads until the other side closes.
pub(super) async fn exchange(place: &str, bytes: &[u8]) -> Result<Reply, String> {
    slowly(place, &[bytes], Duration::ZERO).await
}

/// Sends `parts` with `pause` between them, and reads until the other side closes. Who closes before it was sent
/// everything has said what it had to say.
pub(super) async fn slowly(place: &str, parts: &[&[u8]], pause: Duration) -> Result<Reply, String> {
    let conversation = async {
        let mut socket = TcpStream::connect(place).await?;
        let (mut from, mut to) = socket.split();
        let sending = async {
            for (at, part) in parts.iter().enumerate() {
                if at > 0 {
                    tokio::time::sleep(pause).await;
                }
                if to.write_all(part).await.is_err() {
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
                    // A connection that is reset is one that is closed.
                    Err(error) if error.kind() == io::ErrorKind::ConnectionReset => break,
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
    };
    let bytes = timeout(PATIENCE, conversation).await.map_err(|_| "no answer came".to_owned())?;
    let bytes = bytes.map_err(|error| format!("no answer came: {error}"))?;
    if bytes.is_empty() {
        return Ok(Reply::default());
    }
    Reply::read(&bytes).ok_or_else(|| "what came is no answer of HTTP".to_owned())
}
