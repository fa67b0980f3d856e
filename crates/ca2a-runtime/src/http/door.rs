//! Where connections come in: a listener, and TLS around what it accepts where that was asked for.

use std::{io, net::IpAddr, sync::Arc, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::socket::Socket;
use crate::{
    operations::{Guard, Permit, Turned},
    spiffe::SpiffeId,
    tls::{ServerTls, caller_id},
};

/// A listener, and how a connection through it is opened. Every server of this crate listens at one.
#[derive(Debug)]
pub struct Door {
    pub(crate) listener: TcpListener,
    pub(crate) lock: Lock,
}

/// How a connection is opened.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lock {
    tls: Option<Arc<ServerTls>>,
    guard: Option<Arc<Guard>>,
}

/// Where a request came from, and who it is where TLS said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) address: IpAddr,
    pub(crate) id: Option<SpiffeId>,
}

impl From<TcpListener> for Door {
    /// In plain.
    fn from(listener: TcpListener) -> Self {
        Self { listener, lock: Lock::default() }
    }
}

impl Door {
    /// The same door, through which only TLS comes (RUN-60).
    #[must_use]
    pub fn with_tls(mut self, tls: Arc<ServerTls>) -> Self {
        self.lock.tls = Some(tls);
        self
    }

    /// The same door with `guard` at it, who says which requests come in (RUN-64 to RUN-66).
    #[must_use]
    pub fn with_guard(mut self, guard: Arc<Guard>) -> Self {
        self.lock.guard = Some(guard);
        self
    }
}

impl Lock {
    /// Who stands there.
    #[cfg(feature = "a2a")]
    pub(crate) fn guard(&self) -> Option<&Arc<Guard>> {
        self.guard.as_ref()
    }

    /// Lets a request in that came through this door.
    pub(crate) fn admit(&self, from: &Client, path: &str) -> Result<Option<Permit>, Turned> {
        self.guard.as_ref().map_or(Ok(None), |guard| guard.admit(from.address, path))
    }

    /// Opens a connection that was accepted, the handshake of TLS within `patience`.
    ///
    /// # Errors
    /// A client that went away, took too long or does not get in. It is told by TLS and nobody else is: who knocks at a door
    /// is no event.
    pub(crate) async fn open(&self, socket: TcpStream, patience: Duration) -> io::Result<(Socket, Client)> {
        // A failure here costs latency and nothing else.
        let _ = socket.set_nodelay(true);
        let address = socket.peer_addr()?.ip();
        let Some(tls) = &self.tls else {
            return Ok((Socket::Plain(socket), Client { address, id: None }));
        };
        let late = || io::Error::from(io::ErrorKind::TimedOut);
        let stream = timeout(patience, tls.accept(socket)).await.map_err(|_| late())??;
        let id = caller_id(&stream);
        Ok((Socket::Tls(Box::new(stream)), Client { address, id }))
    }
}
