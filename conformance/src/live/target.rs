//! The node that is asked.

use std::fmt;

use ca2a_core::{Capability, SigningKey};
use ca2a_runtime::{
    client::{AppraisedPeer, PeerClient},
    host::is_loopback,
    http::{ClientError, Origin},
};

use super::{
    binding::{Binding, Said},
    wire::{self, Reply},
};

/// A node, and by whose word calls to it are made.
#[derive(Debug)]
pub struct Target {
    origin: Origin,
    binding: Binding,
    pub(super) root: SigningKey,
    pub(super) capability: Capability,
}

/// Why a node is not asked.
#[derive(Debug)]
#[non_exhaustive]
pub enum LiveError {
    /// The URL is none.
    Url(ClientError),
    /// The node is spoken to within TLS, and the suite is about what is inside.
    Secure,
    /// The node is on another machine, and nobody said that it is theirs.
    NotOurs(String),
    /// The files for the target cannot be written.
    File(String),
}

impl fmt::Display for LiveError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(error) => write!(out, "the URL of the node: {error}"),
            Self::Secure => out.write_str("the suite speaks plain HTTP: ask behind what ends TLS"),
            Self::NotOurs(host) => write!(
                out,
                "`{host}` is not this machine; what is sent there is meant to break things, so say `--i-own-this` if it is yours"
            ),
            Self::File(what) => out.write_str(what),
        }
    }
}

impl std::error::Error for LiveError {}

impl Target {
    /// The node at `url`, which trusts `root` and allows `capability`.
    ///
    /// # Errors
    /// A URL that is none, and a host that is not this machine unless it is `own`.
    pub fn new(
        url: &str,
        binding: Binding,
        root: SigningKey,
        capability: Capability,
        own: bool,
    ) -> Result<Self, LiveError> {
        let origin = Origin::parse(url).map_err(LiveError::Url)?;
        if origin.is_secure() {
            return Err(LiveError::Secure);
        }
        let host = origin.host();
        if !is_loopback(host) && !own {
            return Err(LiveError::NotOurs(host.to_owned()));
        }
        Ok(Self { origin, binding, root, capability })
    }

    /// Over which wire it is asked.
    #[must_use]
    pub fn binding(&self) -> Binding {
        self.binding
    }

    /// Its host and port.
    #[must_use]
    pub fn place(&self) -> String {
        let (host, port) = (self.origin.host(), self.origin.port());
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }

    /// A handshake: the channel key, bound to a fresh nonce, and a challenge.
    pub(super) async fn handshake(&self) -> Result<AppraisedPeer, String> {
        PeerClient::new(self.origin.clone()).handshake().await.map_err(|error| error.to_string())
    }

    /// The head of a request for `path`, with `more` lines.
    pub(super) fn head(&self, method: &str, path: &str, more: &str) -> String {
        format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nA2A-Version: 1.0\r\nConnection: close\r\n{more}\r\n",
            self.place()
        )
    }

    /// A whole request that carries `body`.
    pub(super) fn request(&self, body: &[u8]) -> Vec<u8> {
        let length = format!("Content-Length: {}\r\n", body.len());
        [self.head("POST", self.binding.path(), &length).as_bytes(), body].concat()
    }

    /// What it says to `body`.
    pub(super) async fn say(&self, body: &[u8]) -> Result<Said, String> {
        Ok(self.binding.read(&self.send(&self.request(body)).await?))
    }

    /// What it answers to the bytes of a request.
    pub(super) async fn send(&self, request: &[u8]) -> Result<Reply, String> {
        wire::exchange(&self.place(), request).await
    }
}
