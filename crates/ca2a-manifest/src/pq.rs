//! ML-DSA-65 (FIPS 204), which only a build with the feature `pq` can compute.
//!
//! A key is recognised in every build: that one is held and no signature stands under it says something even to who
//! cannot check the signature. (MAN-16)

use core::fmt;

use ca2a_core::Sha256;
#[cfg(feature = "pq")]
use pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding};

use crate::algorithm::Unsigned;

/// The public half of an ML-DSA-65 key.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey(Box<[u8; 1_952]>);

impl VerifyingKey {
    /// Reads the 1952 bytes of FIPS 204 section 7.2; every value of them is a key.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        <[u8; 1_952]>::try_from(bytes).ok().map(|bytes| Self(Box::new(bytes)))
    }

    /// The 1952 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 1_952] {
        &self.0
    }

    #[cfg(not(feature = "pq"))]
    pub(crate) fn check(&self, _message: &[u8], _signature: &[u8]) -> Result<(), Unsigned> {
        Err(Unsigned::Unavailable)
    }

    #[cfg(feature = "pq")]
    pub(crate) fn check(&self, message: &[u8], signature: &[u8]) -> Result<(), Unsigned> {
        let key = ml_dsa::VerifyingKey::<ml_dsa::MlDsa65>::decode(&(*self.0).into());
        let signature =
            ml_dsa::Signature::<ml_dsa::MlDsa65>::try_from(signature).map_err(|_| Unsigned::Bad)?;
        if key.verify_with_context(message, &[], &signature) { Ok(()) } else { Err(Unsigned::Bad) }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "pq::VerifyingKey({})", Sha256::of(self.as_bytes()).to_hex())
    }
}

/// Text that is no ML-DSA-65 private key in PKCS#8 PEM.
#[cfg(feature = "pq")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no unencrypted ML-DSA-65 seed in PKCS#8 PEM (`-----BEGIN PRIVATE KEY-----`)")]
pub struct Pkcs8Error;

/// The private half of an ML-DSA-65 key: its seed. Wiped when dropped; its `Debug` shows the public half.
#[cfg(feature = "pq")]
pub struct SigningKey(Box<ml_dsa::SigningKey<ml_dsa::MlDsa65>>);

#[cfg(feature = "pq")]
impl SigningKey {
    /// The key whose 32-byte seed (FIPS 204 section 3.6.3) is `seed`. The caller wipes its own copy.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let seed = zeroize::Zeroizing::new(*seed);
        Self(Box::new(ml_dsa::SigningKey::from_seed(&(*seed).into())))
    }

    /// Reads PKCS#8 PEM that holds the seed (RFC 9881 section 6). (MAN-46)
    ///
    /// # Errors
    /// Text that is anything else: another algorithm, an encrypted key, an expanded key without its seed.
    pub fn from_pkcs8_pem(text: &str) -> Result<Self, Pkcs8Error> {
        ml_dsa::SigningKey::from_pkcs8_pem(text).map(|key| Self(Box::new(key))).map_err(|_| Pkcs8Error)
    }

    /// Writes PKCS#8 PEM that holds the seed. (MAN-46)
    ///
    /// # Errors
    /// None in practice; the encoder's signature has one.
    pub fn to_pkcs8_pem(&self) -> Result<zeroize::Zeroizing<String>, Pkcs8Error> {
        let text = self.0.to_pkcs8_pem(LineEnding::LF).map_err(|_| Pkcs8Error)?;
        Ok(zeroize::Zeroizing::new(text.to_string()))
    }

    /// The public half.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(Box::new(self.0.expanded_key().verifying_key().encode().into()))
    }

    /// Signs `message` without randomness (FIPS 204 section 3.4) and with an empty context.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        // Only a context of more than 255 bytes is refused.
        let signed = self.0.expanded_key().sign_deterministic(message, &[]);
        signed.map(|signature| signature.encode().to_vec()).unwrap_or_default()
    }
}

#[cfg(feature = "pq")]
impl fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "pq::SigningKey({:?})", self.verifying_key())
    }
}

#[cfg(all(test, feature = "pq"))]
mod tests {
    use ca2a_covers::covers;

    use super::SigningKey;

    /// The seed of RFC 9881 appendix C.1.2 in its PEM: MAN-46.
    #[test]
    fn a_seed_has_the_form_of_the_standard() {
        covers!(accept, "MAN-46");
        covers!(refuse, "MAN-46");
        let key =
            SigningKey::from_seed(&core::array::from_fn(|place| u8::try_from(place).unwrap_or_default()));
        let pem = key.to_pkcs8_pem().unwrap();
        let expected = "-----BEGIN PRIVATE KEY-----\nMDQCAQAwCwYJYIZIAWUDBAMSBCKAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZ\n\
                        GhscHR4f\n-----END PRIVATE KEY-----\n";
        assert_eq!(*pem, expected);
        assert_eq!(SigningKey::from_pkcs8_pem(&pem).unwrap().verifying_key(), key.verifying_key());
        let ed25519 = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n\
                       -----END PRIVATE KEY-----\n";
        for broken in [
            ed25519,
            "",
            pem.get(..60).unwrap_or_default(),
            &pem.replace("MDQC", "MDUC"),
            &pem.replace("BAMSBC", "BAMTBC"),
        ] {
            assert!(SigningKey::from_pkcs8_pem(broken).is_err(), "{broken}");
        }
    }
}
