//! Which callers get a connection: a certificate under the client roots that is good now, and a SPIFFE id on the list
//! (RUN-61).

use std::{collections::BTreeSet, sync::Arc};

use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, UnixTime},
    server::{
        WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};

use super::{TlsError, caller::named};
use crate::spiffe::SpiffeId;

/// The verifier of the library, and a list on top of it.
#[derive(Debug)]
pub(super) struct SpiffeVerifier {
    chain: Arc<dyn ClientCertVerifier>,
    allowed: BTreeSet<SpiffeId>,
}

impl SpiffeVerifier {
    /// Lets in whoever is on the list `allowed`, by a certificate under `roots`.
    ///
    /// # Errors
    /// No roots.
    pub(super) fn new(
        roots: Arc<RootCertStore>,
        allowed: BTreeSet<SpiffeId>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, TlsError> {
        let chain = WebPkiClientVerifier::builder_with_provider(roots, provider).build()?;
        Ok(Self { chain, allowed })
    }
}

impl ClientCertVerifier for SpiffeVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.chain.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.chain.verify_client_cert(end_entity, intermediates, now)?;
        let listed = named(end_entity).is_ok_and(|id| self.allowed.contains(&id));
        if listed {
            Ok(verified)
        } else {
            Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.chain.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.supported_verify_schemes()
    }
}
