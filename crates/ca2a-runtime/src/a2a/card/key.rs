//! The keys that sign cards: EdDSA and ES256 (A2A-82).

use ca2a_core::{
    P256SigningKey, P256VerifyingKey, Sha256, Signature, SigningKey, VerifyingKey, canonical::ObjectWriter,
    encoding::base64url,
};

/// A key that signs a card.
#[derive(Debug)]
pub enum CardKey {
    /// `EdDSA`.
    Ed25519(SigningKey),
    /// `ES256`.
    P256(P256SigningKey),
}

impl CardKey {
    /// The public half.
    #[must_use]
    pub fn public(&self) -> CardPublicKey {
        match self {
            Self::Ed25519(key) => CardPublicKey::Ed25519(key.verifying_key()),
            Self::P256(key) => CardPublicKey::P256(key.verifying_key()),
        }
    }

    /// Signs `message`: 64 bytes (RFC 7518 section 3.4, RFC 8037 section 3.1).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        match self {
            Self::Ed25519(key) => key.sign(message).0,
            Self::P256(key) => key.sign(message),
        }
    }
}

/// The public half.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CardPublicKey {
    /// `EdDSA`.
    Ed25519(VerifyingKey),
    /// `ES256`.
    P256(P256VerifyingKey),
}

impl CardPublicKey {
    /// The algorithm, as JWS names it.
    #[must_use]
    pub fn algorithm(&self) -> &'static str {
        match self {
            Self::Ed25519(_) => "EdDSA",
            Self::P256(_) => "ES256",
        }
    }

    /// The key's thumbprint (RFC 7638), base64url: its `kid` unless the signer calls it otherwise.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        let jwk = match self {
            Self::Ed25519(key) => {
                ObjectWriter::new().text("crv", "Ed25519").text("kty", "OKP").text("x", &key.to_base64url())
            }
            Self::P256(key) => {
                let (x, y) = key.coordinates();
                let writer = ObjectWriter::new().text("crv", "P-256").text("kty", "EC");
                writer.text("x", &base64url(&x)).text("y", &base64url(&y))
            }
        };
        base64url(&Sha256::of(&jwk.finish()).0)
    }

    /// Whether `signature` over `message` is by this key.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        match self {
            Self::Ed25519(key) => key.verify(message, &Signature(*signature)).is_ok(),
            Self::P256(key) => key.verify(message, signature).is_ok(),
        }
    }
}

/// A key that a caller knew before it saw the card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinnedKey {
    /// The only `kid` under which it is taken; any where there is none.
    pub kid: Option<String>,
    /// The key.
    pub key: CardPublicKey,
}

impl From<CardPublicKey> for PinnedKey {
    fn from(key: CardPublicKey) -> Self {
        Self { kid: None, key }
    }
}

impl From<VerifyingKey> for PinnedKey {
    fn from(key: VerifyingKey) -> Self {
        CardPublicKey::Ed25519(key).into()
    }
}
