//! One digest for a chain of credentials.

use core::fmt;
use std::str::FromStr;

use ca2a_core::{CredentialDigest, NameError, Sha256};
use ca2a_delegation::Credential;

const DOMAIN: &[u8] = b"ca2a-chain-v1\0";

/// SHA-256 over `ca2a-chain-v1`, a zero byte, and the 32-byte digest of each credential, root to leaf (TRC-104). On the
/// wire `sha256:<64 hex>`.
///
/// A credential's digest covers its body and not its signature, so signing a credential again makes no other chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ChainDigest(pub Sha256);

impl ChainDigest {
    /// The digest of the chain `hops`, root first.
    #[must_use]
    pub fn of(hops: &[Credential]) -> Self {
        let mut bytes = DOMAIN.to_vec();
        for hop in hops {
            let CredentialDigest(Sha256(digest)) = hop.digest();
            bytes.extend_from_slice(&digest);
        }
        Self(Sha256::of(&bytes))
    }
}

impl FromStr for ChainDigest {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        text.parse().map(|CredentialDigest(digest)| Self(digest))
    }
}

impl fmt::Display for ChainDigest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "sha256:{}", self.0.to_hex())
    }
}
