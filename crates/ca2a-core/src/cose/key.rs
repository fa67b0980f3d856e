//! Public keys as COSE carries them (RFC 9052 section 7) and names them (RFC 9679).

use super::{Algorithm, CborError, CoseError, MapRef, Value, to_vec};
use crate::{
    digest::Sha256,
    key::{KeyError, P256VerifyingKey, Signature, VerifyingKey},
};

/// A key that verifies signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PublicKey {
    /// Ed25519, strict.
    Ed25519(VerifyingKey),
    /// P-256, for ES256.
    P256(P256VerifyingKey),
}

const KEY_TYPE: i64 = 1;
const KEY_ID: i64 = 2;
const ALGORITHM: i64 = 3;
const OPERATIONS: i64 = 4;
const CURVE: i64 = -1;
const X: i64 = -2;
const Y: i64 = -3;

/// Octet key pair: Edwards curves.
const OKP: i64 = 1;
/// Elliptic curve with both coordinates.
const EC2: i64 = 2;
const CURVE_P256: i64 = 1;
const CURVE_ED25519: i64 = 6;

impl PublicKey {
    /// Reads a COSE_Key (LOG-6). A private part is refused, as is anything that is not about a public key.
    ///
    /// # Errors
    /// Another key type or curve, a missing or surplus parameter, or coordinates that make no key.
    pub fn from_value(value: &Value) -> Result<Self, CoseError> {
        let key = MapRef::of(value, KEY_TYPE)?;
        let kind = (key.int(KEY_TYPE)?, key.int(CURVE)?);
        match kind {
            (Some(OKP), Some(CURVE_ED25519)) => {
                key.only(&[KEY_TYPE, KEY_ID, ALGORITHM, OPERATIONS, CURVE, X])?;
                Ok(VerifyingKey::from_bytes(&coordinate(&key, X)?)?.into())
            }
            (Some(EC2), Some(CURVE_P256)) => {
                key.only(&[KEY_TYPE, KEY_ID, ALGORITHM, OPERATIONS, CURVE, X, Y])?;
                Ok(P256VerifyingKey::from_coordinates(&coordinate(&key, X)?, &coordinate(&key, Y)?)?.into())
            }
            (None, _) => Err(CoseError::Missing { label: KEY_TYPE }),
            _ => Err(CoseError::UnsupportedKey),
        }
    }

    /// The COSE_Key, with the parameters that make the key and no other.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let pair = |label: i64, value: Value| (Value::from(label), value);
        match self {
            Self::Ed25519(key) => Value::Map(
                [
                    pair(KEY_TYPE, OKP.into()),
                    pair(CURVE, CURVE_ED25519.into()),
                    pair(X, Value::Bytes(key.as_bytes().to_vec())),
                ]
                .into(),
            ),
            Self::P256(key) => {
                let (x, y) = key.coordinates();
                Value::Map(
                    [
                        pair(KEY_TYPE, EC2.into()),
                        pair(CURVE, CURVE_P256.into()),
                        pair(X, Value::Bytes(x.to_vec())),
                        pair(Y, Value::Bytes(y.to_vec())),
                    ]
                    .into(),
                )
            }
        }
    }

    /// The COSE key thumbprint under SHA-256 (RFC 9679): what a `kid` of ours is.
    ///
    /// # Errors
    /// None in practice; the writer's signature has one.
    pub fn thumbprint(&self) -> Result<Sha256, CborError> {
        to_vec(&self.to_value()).map(|bytes| Sha256::of(&bytes))
    }

    /// Verifies `signature` over `message` as `algorithm` (LOG-5).
    ///
    /// # Errors
    /// A key that is not for the algorithm, or a signature that does not verify.
    pub fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> Result<(), CoseError> {
        let bytes = <[u8; 64]>::try_from(signature);
        let verified = match (self, algorithm) {
            (Self::Ed25519(key), Algorithm::EdDsa | Algorithm::Ed25519) => {
                key.verify(message, &Signature(bytes.map_err(|_| CoseError::Signature)?))
            }
            (Self::P256(key), Algorithm::Es256 | Algorithm::Esp256) => {
                key.verify(message, &bytes.map_err(|_| CoseError::Signature)?)
            }
            _ => return Err(CoseError::KeyMismatch { algorithm }),
        };
        verified.map_err(|_| CoseError::Signature)
    }
}

fn coordinate(key: &MapRef<'_>, label: i64) -> Result<[u8; 32], CoseError> {
    let bytes = key.bytes(label)?.ok_or(CoseError::Missing { label })?;
    bytes.try_into().map_err(|_| CoseError::Key(KeyError::Encoding))
}

impl From<VerifyingKey> for PublicKey {
    fn from(key: VerifyingKey) -> Self {
        Self::Ed25519(key)
    }
}

impl From<P256VerifyingKey> for PublicKey {
    fn from(key: P256VerifyingKey) -> Self {
        Self::P256(key)
    }
}
