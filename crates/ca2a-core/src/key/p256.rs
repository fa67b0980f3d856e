//! ECDSA on P-256 with SHA-256 (ES256), for formats of others: cA2A itself signs with Ed25519.
//! (CORE-16)

use p256::ecdsa::signature::{Signer as _, Verifier as _};

use super::{KeyError, SignatureError};

/// A P-256 public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct P256VerifyingKey(p256::ecdsa::VerifyingKey);

impl P256VerifyingKey {
    /// Reads a SEC1 point, compressed (33 bytes) or not (65 bytes).
    ///
    /// # Errors
    /// Bytes that are no point of the curve, or the point at infinity.
    pub fn from_sec1(bytes: &[u8]) -> Result<Self, KeyError> {
        p256::ecdsa::VerifyingKey::from_sec1_bytes(bytes).map(Self).map_err(|_| KeyError::NotAPoint)
    }

    /// Reads the affine coordinates, as a JWK or COSE key carries them.
    ///
    /// # Errors
    /// Coordinates that are no point of the curve.
    pub fn from_coordinates(x: &[u8; 32], y: &[u8; 32]) -> Result<Self, KeyError> {
        let mut point = [4; 65];
        let (_, coordinates) = point.split_at_mut(1);
        let (x_slot, y_slot) = coordinates.split_at_mut(32);
        x_slot.copy_from_slice(x);
        y_slot.copy_from_slice(y);
        Self::from_sec1(&point)
    }

    /// The affine coordinates x and y.
    #[must_use]
    pub fn coordinates(&self) -> ([u8; 32], [u8; 32]) {
        let point = self.0.to_sec1_point(false);
        let coordinate = |field: Option<&p256::FieldBytes>| field.map_or([0; 32], |bytes| (*bytes).into());
        (coordinate(point.x()), coordinate(point.y()))
    }

    /// Verifies the 64 bytes r ‖ s over `message`.
    ///
    /// # Errors
    /// When r or s is out of range or the signature does not verify.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), SignatureError> {
        let signature = p256::ecdsa::Signature::from_slice(signature).map_err(|_| SignatureError)?;
        self.0.verify(message, &signature).map_err(|_| SignatureError)
    }
}

/// A P-256 private key, for formats of others that want ES256: an Agent Card, and nothing of cA2A itself (CORE-16).
pub struct P256SigningKey(p256::ecdsa::SigningKey);

impl core::fmt::Debug for P256SigningKey {
    fn fmt(&self, out: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        out.debug_tuple("P256SigningKey").field(&self.verifying_key()).finish()
    }
}

impl P256SigningKey {
    /// Reads a scalar, big-endian.
    ///
    /// # Errors
    /// Zero, and what is not below the order of the group.
    pub fn from_scalar(scalar: &[u8; 32]) -> Result<Self, KeyError> {
        p256::ecdsa::SigningKey::from_slice(scalar).map(Self).map_err(|_| KeyError::NotAPoint)
    }

    /// The public half.
    #[must_use]
    pub fn verifying_key(&self) -> P256VerifyingKey {
        P256VerifyingKey(*self.0.verifying_key())
    }

    /// Signs `message`: the 64 bytes r ‖ s, the same for the same message (RFC 6979).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        let signature: p256::ecdsa::Signature = self.0.sign(message);
        signature.to_bytes().into()
    }
}
