//! The node that is asked.

use std::fmt;

use ca2a_core::{Capability, SigningKey};
use ca2a_runtime::{
    client::{AppraisedPeer, PeerClient},
    host::is_loopback,
    http::{ClientError, HttpClient, Origin},
    tls::{ClientTls, TlsError},
};

use super::{
    binding::{Binding, Said},
    wire::{Reply, Way},
};

/// A node, and by whose word calls to it are made.
#[derive(Debug)]
pub struct Target {
    way: Way,
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
    /// Roots were given for a node that is spoken to in plain.
    Plain,
    /// The roots are none.
    Tls(TlsError),
    /// The node is on another machine, and nobody said that it is theirs.
    NotOurs(String),
    /// The files for the target cannot be written.
    File(String),
}

impl fmt::Display for LiveError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(error) => write!(out, "the URL of the node: {error}"),
            Self::Plain => out.write_str("`--ca` is for a node at an `https` URL"),
            Self::Tls(error) => write!(out, "the roots: {error}"),
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
    /// The node at `url`, which trusts `root` and allows `capability`. At an `https` URL it is spoken to within TLS, and its
    /// certificate reaches the public roots unless [`Self::trusting`] names others (CONF-60).
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
        let host = origin.host();
        if !is_loopback(host) && !own {
            return Err(LiveError::NotOurs(host.to_owned()));
        }
        let tls = origin.is_secure().then(ClientTls::public).transpose().map_err(LiveError::Tls)?;
        Ok(Self { way: Way { origin, tls }, binding, root, capability })
    }

    /// The same, whose certificate reaches a root in the PEM text `roots` and no other.
    ///
    /// # Errors
    /// Text that holds no roots, and a node that is spoken to in plain.
    pub fn trusting(mut self, roots: &[u8]) -> Result<Self, LiveError> {
        let tls = self.way.tls.as_mut().ok_or(LiveError::Plain)?;
        *tls = ClientTls::pinned(roots).map_err(LiveError::Tls)?;
        Ok(self)
    }

    /// Over which wire it is asked.
    #[must_use]
    pub fn binding(&self) -> Binding {
        self.binding
    }

    /// Its host and port.
    #[must_use]
    pub fn place(&self) -> String {
        self.way.place()
    }

    /// How it is reached.
    pub(super) fn way(&self) -> &Way {
        &self.way
    }

    /// A handshake: the channel key, bound to a fresh nonce, and a challenge.
    pub(super) async fn handshake(&self) -> Result<AppraisedPeer, String> {
        let http = HttpClient::new(self.way.origin.clone());
        let http = match &self.way.tls {
            Some(tls) => http.trusting(tls.clone()),
            None => http,
        };
        PeerClient::over(http).handshake().await.map_err(|error| error.to_string())
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
        self.way.exchange(request).await
    }
}
