//! Connections that wait for their next request.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::SendRequest;
use tokio::time::Instant;

/// One connection, as a sender of requests.
pub(super) type Sender = SendRequest<Full<Bytes>>;

/// The most connections that wait.
const WAITING: usize = 32;
/// How long one waits. Common servers close after five seconds; a request on a connection that is being closed is
/// lost, and a task may not be sent twice.
const PATIENCE: Duration = Duration::from_secs(4);

#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<VecDeque<(Sender, Instant)>>);

impl Pool {
    /// The connection that was used last, ready for a request.
    pub(super) async fn take(&self) -> Option<Sender> {
        loop {
            let (mut sender, since) = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_back()?;
            if since.elapsed() < PATIENCE && !sender.is_closed() && sender.ready().await.is_ok() {
                return Some(sender);
            }
        }
    }

    /// Keeps a connection whose answer was read to its end.
    pub(super) fn give_back(&self, sender: Sender) {
        if sender.is_closed() {
            return;
        }
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() >= WAITING {
            waiting.pop_front();
        }
        waiting.push_back((sender, Instant::now()));
    }
}
