//! Private keys as PKCS#8 version 1 PEM (RFC 5958, RFC 8410): the form that every other tool reads.
//! (CORE-17)

use alloc::string::ToString as _;

use ed25519_dalek::pkcs8::{
    DecodePrivateKey as _, EncodePrivateKey as _, KeypairBytes, spki::der::pem::LineEnding,
};
use zeroize::Zeroizing;

use super::SigningKey;

/// Text that is no Ed25519 private key in PKCS#8 PEM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no unencrypted Ed25519 private key in PKCS#8 PEM (`-----BEGIN PRIVATE KEY-----`)")]
pub struct Pkcs8Error;

impl SigningKey {
    /// Reads PKCS#8 PEM, version 1 or 2.
    ///
    /// # Errors
    /// Text that is anything else, or a public half that is not the private half's.
    pub fn from_pkcs8_pem(text: &str) -> Result<Self, Pkcs8Error> {
        let pair = KeypairBytes::from_pkcs8_pem(text).map_err(|_| Pkcs8Error)?;
        ed25519_dalek::SigningKey::try_from(&pair).map(Self::of).map_err(|_| Pkcs8Error)
    }

    /// Writes PKCS#8 PEM, version 1: without the public half, which some readers refuse.
    ///
    /// # Errors
    /// None in practice; the encoder's signature has one.
    pub fn to_pkcs8_pem(&self) -> Result<Zeroizing<alloc::string::String>, Pkcs8Error> {
        let pair = KeypairBytes { secret_key: *self.seed(), public_key: None };
        let text = pair.to_pkcs8_pem(LineEnding::LF).map_err(|_| Pkcs8Error)?;
        Ok(Zeroizing::new(text.to_string()))
    }
}
