//! TLS that cannot be spoken as configured.

use std::{io, path::PathBuf};

use ca2a_core::ErrorCode;

/// Files or settings that make no TLS. Always `CONFIG_ERROR`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read.
    #[error("`{}`: {source}", path.display())]
    File {
        /// The path.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// PEM that holds no certificates of the wanted kind.
    #[error("the certificates cannot be used: {0}")]
    Certificates(String),
    /// PEM that holds no private key.
    #[error("there is no private key in PEM where one should be")]
    Key,
    /// A key that everybody on this machine may read or change.
    #[error("`{}` is open to everybody on this machine; take that away with `chmod o=`", .0.display())]
    Open(PathBuf),
    /// Certificate, key and roots do not go together.
    #[error("the certificate and its key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
    /// No verifier of client certificates can be made of the roots.
    #[error("the client roots cannot be used: {0}")]
    ClientRoots(#[from] rustls::client::VerifierBuilderError),
}

impl TlsError {
    /// Always `CONFIG_ERROR`.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        ErrorCode::ConfigError
    }
}
