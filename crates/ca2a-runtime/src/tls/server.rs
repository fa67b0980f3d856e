//! The server's side: certificate, key and client roots from files, taken up anew when they change.

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    server::NoServerSessionStorage,
    sign::SingleCertAndKey,
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsStream};
use zeroize::Zeroizing;

use super::{
    TlsError,
    client_auth::SpiffeVerifier,
    pem::{certified_key, closed_to_others, read, roots},
};
use crate::{
    reload::{Reloaded, Report},
    spiffe::SpiffeId,
};

/// Where a server's TLS comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerTlsFiles {
    /// The certificate chain, PEM, the server's own first.
    pub certificate: PathBuf,
    /// Its private key, PEM, closed to others on the machine.
    pub key: PathBuf,
    /// The roots of client certificates, PEM. With them a caller without a certificate gets no connection.
    pub client_roots: Option<PathBuf>,
    /// The callers that get one, where there are client roots.
    pub client_ids: BTreeSet<SpiffeId>,
}

/// What is spoken inside (RFC 7301).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocols {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2, or else HTTP/1.1.
    Http2OrHttp1,
}

impl Protocols {
    fn names(self) -> Vec<Vec<u8>> {
        match self {
            Self::Http1 => vec![b"http/1.1".to_vec()],
            Self::Http2OrHttp1 => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        }
    }
}

/// TLS of a server. Files that change are taken up for the connections that come after; files that do not go together leave
/// what is in force (RUN-60).
#[derive(Debug)]
pub struct ServerTls(Reloaded<ServerConfig, TlsError>);

impl ServerTls {
    /// TLS from `files`. From then on `report` is told what becomes of a change.
    ///
    /// # Errors
    /// Files that cannot be read or do not go together.
    pub fn open(files: ServerTlsFiles, protocols: Protocols, report: Report) -> Result<Self, TlsError> {
        let watched = [&files.certificate, &files.key].into_iter().chain(&files.client_roots);
        let watched = watched.cloned().collect();
        let load = move |_: Option<&ServerConfig>| config(&files, protocols);
        Ok(Self(Reloaded::open("the TLS certificate", watched, load, report)?))
    }

    /// Shakes hands on `socket`.
    ///
    /// # Errors
    /// A client that does not speak TLS, or that shows no certificate that counts.
    pub(crate) async fn accept(&self, socket: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        TlsAcceptor::from(self.0.current()).accept(socket).await.map(TlsStream::Server)
    }
}

fn config(files: &ServerTlsFiles, protocols: Protocols) -> Result<ServerConfig, TlsError> {
    let provider: Arc<CryptoProvider> = Arc::new(aws_lc_rs::default_provider());
    closed_to_others(&files.key)?;
    let key = certified_key(&read(&files.certificate)?, &Zeroizing::new(read(&files.key)?))?;
    let builder =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let key = Arc::new(SingleCertAndKey::from(key));
    let mut config = match &files.client_roots {
        None => builder.with_no_client_auth().with_cert_resolver(key),
        Some(path) => {
            let verifier = SpiffeVerifier::new(roots(&read(path)?)?, files.client_ids.clone(), provider)?;
            let mut config = builder.with_client_cert_verifier(Arc::new(verifier)).with_cert_resolver(key);
            // A session that is resumed shows no certificate again, and it may be over by then.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
            config
        }
    };
    config.alpn_protocols = protocols.names();
    Ok(config)
}
