//! Who a certificate is about.

use rustls::pki_types::CertificateDer;
use tokio::net::TcpStream;
use tokio_rustls::TlsStream;

use crate::spiffe::{NoSpiffeId, SpiffeId};

/// The SPIFFE id in a certificate: its one URI name (X509-SVID section 2).
///
/// # Errors
/// A certificate with no URI name, with several, or with one that is no SPIFFE id.
pub(super) fn named(certificate: &CertificateDer<'_>) -> Result<SpiffeId, NoSpiffeId> {
    let parsed = webpki::EndEntityCert::try_from(certificate).map_err(|_| NoSpiffeId)?;
    let mut names = parsed.valid_uri_names();
    match (names.next(), names.next()) {
        (Some(name), None) => SpiffeId::parse(name),
        _ => Err(NoSpiffeId),
    }
}

/// The id of the caller at the other end, where it had to show one.
pub(crate) fn caller_id(stream: &TlsStream<TcpStream>) -> Option<SpiffeId> {
    let (_, connection) = stream.get_ref();
    named(connection.peer_certificates()?.first()?).ok()
}
