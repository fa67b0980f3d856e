//! Server-sent events, one at a time and each bounded: what is not read stays with the agent (GATE-27).

use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Bytes};
use tokio::time::timeout;

use super::UpstreamError;

/// Reads the data of events from a body.
pub(super) struct Events<B> {
    body: B,
    buffer: BytesMut,
    /// How much of the buffer is known to hold no line end.
    searched: usize,
    data: Vec<u8>,
    has_data: bool,
    most: usize,
    patience: Duration,
}

impl<B> Events<B>
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: std::fmt::Display,
{
    /// Events of at most `most` bytes, none of which takes longer than `patience`.
    pub(super) fn new(body: B, most: usize, patience: Duration) -> Self {
        Self { body, buffer: BytesMut::new(), searched: 0, data: Vec::new(), has_data: false, most, patience }
    }

    /// The data of the next event; nothing at the end of the stream. An event that the stream breaks off is none.
    ///
    /// # Errors
    /// An event that is too large, a stream that breaks, or silence.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, UpstreamError> {
        let patience = self.patience;
        timeout(patience, self.read()).await.unwrap_or(Err(UpstreamError::Silent(patience)))
    }

    async fn read(&mut self) -> Result<Option<Vec<u8>>, UpstreamError> {
        loop {
            while let Some(line) = self.line() {
                if line.is_empty() {
                    if std::mem::take(&mut self.has_data) {
                        return Ok(Some(std::mem::take(&mut self.data)));
                    }
                    continue;
                }
                self.field(&line)?;
            }
            if self.buffer.len() > self.most {
                return Err(UpstreamError::TooLarge(self.most));
            }
            let Some(frame) = self.body.frame().await else { return Ok(None) };
            let frame = frame.map_err(|error| UpstreamError::Broken(error.to_string()))?;
            if let Ok(data) = frame.into_data() {
                self.buffer.extend_from_slice(&data);
            }
        }
    }

    /// Takes in one line that is not empty. What is no data says nothing to us.
    fn field(&mut self, line: &[u8]) -> Result<(), UpstreamError> {
        let Some(value) = line.strip_prefix(b"data:") else { return Ok(()) };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        if self.data.len().saturating_add(value.len()) > self.most {
            return Err(UpstreamError::TooLarge(self.most));
        }
        if self.has_data {
            self.data.push(b'\n');
        }
        self.has_data = true;
        self.data.extend_from_slice(value);
        Ok(())
    }

    /// The next whole line, without its end: a line feed, and the carriage return before it.
    fn line(&mut self) -> Option<Vec<u8>> {
        let unsearched = self.buffer.get(self.searched..)?;
        let Some(end) = unsearched.iter().position(|byte| *byte == b'\n') else {
            self.searched = self.buffer.len();
            return None;
        };
        let end = end.saturating_add(self.searched);
        let mut line = self.buffer.split_to(end).to_vec();
        self.buffer.advance(1);
        self.searched = 0;
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Some(line)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use ca2a_covers::covers;
    use futures_util::stream;
    use http_body_util::StreamBody;
    use hyper::body::Frame;

    use super::*;

    async fn read(chunks: Vec<Vec<u8>>, most: usize) -> Result<Vec<String>, UpstreamError> {
        let frames = chunks.into_iter().map(|chunk| Ok::<_, String>(Frame::data(Bytes::from(chunk))));
        let body = StreamBody::new(stream::iter(frames));
        let mut events = Events::new(body, most, Duration::from_secs(10));
        let mut found = Vec::new();
        while let Some(event) = events.next().await? {
            found.push(String::from_utf8(event).unwrap());
        }
        Ok(found)
    }

    /// GATE-27
    #[tokio::test]
    async fn events_come_whole_however_they_are_cut() {
        let text = b": hello\r\nevent: x\r\ndata: {\"a\":1}\r\n\r\n\n\ndata:one\ndata: two\n\nid: 3\n\ndata: cut off";
        for size in 1..text.len() {
            let chunks = text.chunks(size).map(<[u8]>::to_vec).collect();
            assert_eq!(read(chunks, 100).await.unwrap(), ["{\"a\":1}", "one\ntwo"], "{size}");
        }
    }

    /// GATE-27
    #[tokio::test]
    async fn an_event_has_a_bound() {
        covers!(refuse, "GATE-27");
        let long = format!("data: {}\n\n", "x".repeat(200));
        assert_eq!(read(vec![long.into_bytes()], 100).await, Err(UpstreamError::TooLarge(100)));
        let lines = "data: 0123456789\n".repeat(20);
        assert_eq!(read(vec![lines.into_bytes()], 100).await, Err(UpstreamError::TooLarge(100)));
        let endless = vec![vec![b'x'; 60]; 3];
        assert_eq!(read(endless, 100).await, Err(UpstreamError::TooLarge(100)));
    }
}
