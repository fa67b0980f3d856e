//! How a peer is reached: TLS as the flags have it.

use std::path::{Path, PathBuf};

use ca2a_core::ErrorCode;
use ca2a_runtime::{
    http::{HttpClient, Origin},
    tls::{ClientTls, TlsError},
};

use crate::{
    failure::Failure,
    key_file,
    session::{LARGEST_DOCUMENT, Session},
};

/// The flags of a verb that speaks TLS to a peer.
#[derive(Debug, clap::Args)]
pub(crate) struct Wire {
    /// The root certificates (PEM) that the peer's may reach, and no others; the public ones unless given
    #[arg(long, value_name = "FILE")]
    tls_roots: Option<PathBuf>,
    /// Our own certificate chain (PEM), for a peer that wants to know who calls
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// Its private key (PEM), readable by its owner alone
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
}

impl Wire {
    /// A client of `origin`, which trusts what the flags say.
    pub(crate) fn to(&self, origin: Origin, session: &Session<'_, '_>) -> Result<HttpClient, Failure> {
        let http = HttpClient::new(origin);
        if self.tls_roots.is_none() && self.tls_certificate.is_none() {
            return Ok(http);
        }
        let mut tls = match &self.tls_roots {
            Some(path) => ClientTls::pinned(&pem(path, session)?).map_err(|error| refused(path, &error))?,
            None => ClientTls::public().map_err(|error| Failure::new(error.code(), error.to_string()))?,
        };
        if let (Some(certificate), Some(key)) = (&self.tls_certificate, &self.tls_key) {
            let (chain, secret) = (pem(certificate, session)?, key_file::load_pem(session.fs, key)?);
            tls =
                tls.with_identity(&chain, secret.as_bytes()).map_err(|error| refused(certificate, &error))?;
        }
        Ok(http.trusting(tls))
    }
}

fn pem(path: &Path, session: &Session<'_, '_>) -> Result<Vec<u8>, Failure> {
    let contents = session.fs.read(path, LARGEST_DOCUMENT);
    let contents = contents.map_err(|error| {
        Failure::argument(format!("certificates {} cannot be read: {error}", path.display()))
    })?;
    Ok(contents.bytes)
}

fn refused(path: &Path, error: &TlsError) -> Failure {
    Failure::new(ErrorCode::ConfigError, format!("{}: {error}", path.display())).rule("RUN-63")
}
