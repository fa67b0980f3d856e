//! A socket that knows where its connection is in a request, so that every phase has a deadline.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

use super::{HttpLimits, socket::Socket};
use crate::operations::Permit;

/// Where a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// Opened, and nothing sent yet.
    Fresh,
    /// The first bytes of a head came, the last did not.
    Head,
    /// The head is whole; the request is being served under deadlines of its own.
    Serving,
    /// The answer is being written.
    Answering,
    /// The answer is written, the next request has not begun.
    Idle,
}

/// The phase and when it began, shared by the socket and the service of one connection.
#[derive(Debug, Clone)]
pub(super) struct Progress(Arc<Mutex<At>>);

#[derive(Debug)]
struct At {
    phase: Phase,
    since: Instant,
    /// Of the request whose answer is being written: it is at hand until the last byte of that (RUN-65).
    _permit: Option<Permit>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self(Arc::new(Mutex::new(At { phase: Phase::Fresh, since: Instant::now(), _permit: None })))
    }

    pub(super) fn phase(&self) -> (Phase, Instant) {
        let at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (at.phase, at.since)
    }

    fn enter(&self, phase: Phase, since: Instant) {
        self.enter_with(phase, since, None);
    }

    fn enter_with(&self, phase: Phase, since: Instant, permit: Option<Permit>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = At { phase, since, _permit: permit };
    }

    /// The head is whole. Says when the request began.
    pub(super) fn serving(&self) -> Instant {
        let started = match self.phase() {
            (Phase::Head, since) => since,
            _ => Instant::now(),
        };
        self.enter(Phase::Serving, started);
        started
    }

    /// The service has answered a request that was let in with `permit`.
    pub(super) fn answering(&self, permit: Option<Permit>) {
        self.enter_with(Phase::Answering, Instant::now(), permit);
    }

    /// When the phase is over at the latest.
    pub(super) fn deadline(&self, limits: &HttpLimits) -> Option<Instant> {
        let (phase, since) = self.phase();
        let limit = match phase {
            Phase::Fresh | Phase::Head => limits.head,
            Phase::Serving => return None,
            Phase::Answering => limits.answer,
            Phase::Idle => limits.idle,
        };
        since.checked_add(limit)
    }
}

/// A socket that notes the first byte of each head and the last byte of each answer.
#[derive(Debug)]
pub(super) struct Watched {
    socket: Socket,
    progress: Progress,
}

impl Watched {
    pub(super) fn new(socket: Socket, progress: Progress) -> Self {
        Self { socket, progress }
    }

    pub(super) fn into_socket(self) -> Socket {
        self.socket
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(context, buffer))?;
        let came = buffer.filled().len() > before;
        if came && matches!(self.progress.phase().0, Phase::Fresh | Phase::Idle) {
            self.progress.enter(Phase::Head, Instant::now());
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    /// The HTTP layer flushes here once all that it had to write is written.
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.socket).poll_flush(context))?;
        if self.progress.phase().0 == Phase::Answering {
            self.progress.enter(Phase::Idle, Instant::now());
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
