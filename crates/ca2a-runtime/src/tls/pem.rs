//! Certificates and keys as PEM.

use std::{path::Path, sync::Arc};

use rustls::{
    InconsistentKeys, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    sign::{CertifiedKey, SigningKey},
};
use zeroize::Zeroize as _;

use super::TlsError;
use crate::files;

/// The most bytes that are read of a file of certificates or of a key.
const LARGEST: u64 = 1 << 20;

/// A file of the configuration.
///
/// # Errors
/// One that cannot be read, or is larger than 1 MiB.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    files::read(path, LARGEST).map_err(|source| TlsError::File { path: path.to_owned(), source })
}

/// One certificate at least.
fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|error| TlsError::Certificates(error.to_string()))?;
    if found.is_empty() { Err(TlsError::Certificates("there is none".to_owned())) } else { Ok(found) }
}

/// Certificates as roots. One that is no root makes the whole list none: half a list is not what was asked for.
///
/// # Errors
/// No PEM, no certificate, or one that is no root.
pub(super) fn roots(pem: &[u8]) -> Result<Arc<RootCertStore>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem)? {
        roots.add(certificate).map_err(|error| TlsError::Certificates(error.to_string()))?;
    }
    Ok(Arc::new(roots))
}

/// A certificate chain and the key of its first certificate, which belong to one another.
///
/// # Errors
/// No PEM, or a pair that does not match.
pub(super) fn certified_key(chain: &[u8], key: &[u8]) -> Result<CertifiedKey, TlsError> {
    let certified = CertifiedKey::new(certificates(chain)?, signing_key(key)?);
    match certified.keys_match() {
        // A key that does not know its own public half signs all the same.
        Ok(()) | Err(rustls::Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(certified),
        Err(error) => Err(error.into()),
    }
}

fn signing_key(pem: &[u8]) -> Result<Arc<dyn SigningKey>, TlsError> {
    let mut key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| TlsError::Key)?;
    let usable = rustls::crypto::aws_lc_rs::sign::any_supported_type(&key);
    key.zeroize();
    Ok(usable?)
}

/// Whether a key is kept from everybody on this machine. Its group may read: secrets are mounted for one.
///
/// # Errors
/// A file that everybody may read or write.
#[cfg(unix)]
pub(super) fn closed_to_others(path: &Path) -> Result<(), TlsError> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata =
        std::fs::metadata(path).map_err(|source| TlsError::File { path: path.to_owned(), source })?;
    if metadata.permissions().mode() & 0o007 == 0 { Ok(()) } else { Err(TlsError::Open(path.to_owned())) }
}

#[cfg(not(unix))]
pub(super) fn closed_to_others(_: &Path) -> Result<(), TlsError> {
    Ok(())
}
