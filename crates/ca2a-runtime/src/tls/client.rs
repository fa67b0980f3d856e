//! The client's side: whose certificates count, and the client's own.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs, pki_types::ServerName, sign::SingleCertAndKey};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, TlsStream};

use super::{
    TlsError,
    pem::{certified_key, roots},
};

/// What a client trusts, and what it shows of itself. Cloning shares it.
#[derive(Clone)]
pub struct ClientTls(Arc<ClientConfig>);

impl std::fmt::Debug for ClientTls {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("ClientTls").finish_non_exhaustive()
    }
}

impl ClientTls {
    /// Trusts the public roots that Mozilla lists. The machine's own store is not asked.
    ///
    /// # Errors
    /// A build that has no version of TLS.
    pub fn public() -> Result<Self, TlsError> {
        let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        Self::of(Arc::new(roots))
    }

    /// Trusts the roots in the PEM text `pinned`, and no other.
    ///
    /// # Errors
    /// Text that holds no certificates, or any that is no root.
    pub fn pinned(pinned: &[u8]) -> Result<Self, TlsError> {
        Self::of(roots(pinned)?)
    }

    /// The same, showing a certificate and proving its key, both PEM text, to servers that ask for it.
    ///
    /// # Errors
    /// Text that holds none, or a pair that does not match.
    pub fn with_identity(self, certificate: &[u8], key: &[u8]) -> Result<Self, TlsError> {
        let identity = SingleCertAndKey::from(certified_key(certificate, key)?);
        let mut config = Arc::unwrap_or_clone(self.0);
        config.client_auth_cert_resolver = Arc::new(identity);
        Ok(Self(Arc::new(config)))
    }

    /// The same for a connection that HTTP/2 is spoken on (RFC 9113 section 3.2).
    #[cfg(feature = "grpc")]
    pub(crate) fn for_http2(&self) -> Self {
        let mut config = ClientConfig::clone(&self.0);
        config.alpn_protocols = vec![b"h2".to_vec()];
        Self(Arc::new(config))
    }

    fn of(roots: Arc<RootCertStore>) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        let mut config = builder.with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self(Arc::new(config)))
    }

    /// Shakes hands on `socket` with whoever can show a certificate for `host`.
    ///
    /// # Errors
    /// A host that no certificate can name, or a server that shows none that counts.
    pub async fn connect(&self, host: &str, socket: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(host.to_owned()).map_err(std::io::Error::other)?;
        TlsConnector::from(Arc::clone(&self.0)).connect(name, socket).await.map(TlsStream::Client)
    }
}
