//! Who is who: agent ids, and the keys that they stand for. (HAND-5)

use alloc::{boxed::Box, string::String};
use core::{borrow::Borrow, fmt};

use ca2a_core::{Sha256, SigningKey, VerifyingKey, key::Pkcs8Error};

use crate::{base64, pem};

/// The name of an agent: any text. Only a name that is [derived](Self::derived) from a key, or that a
/// [registry](crate::AgentRegistry) resolves, says anything about a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AgentId(Box<str>);

impl AgentId {
    /// Takes a name as it is.
    #[must_use]
    pub fn new(name: impl Into<Box<str>>) -> Self {
        Self(name.into())
    }

    /// `agent:` and the first 16 characters of the base64 of SHA-256 over the key's PEM text: 96 bits of the hash.
    #[must_use]
    pub fn derived(key: &VerifyingKey) -> Self {
        let digest = base64::encode(&Sha256::of(pem::encode(key).as_bytes()).0);
        let short: String = digest.chars().take(16).collect();
        Self(alloc::format!("agent:{short}").into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for AgentId {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl Borrow<str> for AgentId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AgentId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// An agent with its private key. The key is wiped when dropped and never shown.
///
/// ```
/// use ca2a_handoff::AgentIdentity;
///
/// let alice = AgentIdentity::from_seed(&[1; 32]);
/// assert_eq!(alice.agent_id().as_str(), "agent:PUwDBTSxwcalI4v1");
/// ```
#[derive(Debug, Clone)]
pub struct AgentIdentity {
    agent_id: AgentId,
    key: SigningKey,
    public_key_pem: String,
}

impl AgentIdentity {
    /// The identity of `key`, under the id that is derived from it.
    #[must_use]
    pub fn new(key: SigningKey) -> Self {
        let agent_id = AgentId::derived(&key.verifying_key());
        Self::named(agent_id, key)
    }

    /// An identity under a name of its own, which a verifier must have registered.
    #[must_use]
    pub fn named(agent_id: AgentId, key: SigningKey) -> Self {
        let public_key_pem = pem::encode(&key.verifying_key());
        Self { agent_id, key, public_key_pem }
    }

    /// The identity of the key with this 32-byte seed: fresh randomness makes a fresh agent. The caller wipes its copy.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self::new(SigningKey::from_seed(seed))
    }

    /// Reads an unencrypted private key, PKCS#8 PEM.
    ///
    /// # Errors
    /// Text that is anything else.
    pub fn from_private_key_pem(text: &str) -> Result<Self, Pkcs8Error> {
        SigningKey::from_pkcs8_pem(text).map(Self::new)
    }

    /// The name.
    #[must_use]
    pub fn agent_id(&self) -> &AgentId {
        &self.agent_id
    }

    /// The private key.
    #[must_use]
    pub fn signing_key(&self) -> &SigningKey {
        &self.key
    }

    /// The public key.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        self.key.verifying_key()
    }

    /// The public key as PEM, SubjectPublicKeyInfo, as packets carry it.
    #[must_use]
    pub fn public_key_pem(&self) -> &str {
        &self.public_key_pem
    }

    /// The private key as PEM, PKCS#8 version 1, unencrypted, in a buffer that is wiped when dropped.
    ///
    /// # Errors
    /// None in practice; the encoder's signature has one.
    pub fn private_key_pem(&self) -> Result<zeroize::Zeroizing<String>, Pkcs8Error> {
        self.key.to_pkcs8_pem()
    }
}
