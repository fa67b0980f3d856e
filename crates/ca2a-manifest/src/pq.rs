//! ML-DSA-65 (FIPS 204), which only a build with the feature `pq` can compute.
//!
//! A key is recognised in every build: that one is held and no signature stands under it says something even to who
//! cannot check the signature. (MAN-16)

use core::fmt;

use ca2a_core::Sha256;

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
