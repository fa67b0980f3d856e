//! The credentials that a verifier holds: which grants exist, between whom, and when.

use std::collections::BTreeMap;

use ca2a_core::{CredentialDigest, CredentialId, VerifyingKey, requirement::holds};
use ca2a_delegation::Credential;

use crate::trust_record::TrustRecord;

/// An end of a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// Whoever signs with this key.
    Key(VerifyingKey),
    /// Whoever calls itself by this name in the `subject` of its record, as the draft has it. A name is **not** proof:
    /// below the root any key may sign, so anybody can write a record under any name (TRC-154).
    Name(Box<str>),
}

impl Principal {
    /// Whether `record`, signed by `signer`, is this principal's. No signer, no key.
    pub(super) fn signed(&self, record: &TrustRecord<'_>, signer: Option<&VerifyingKey>) -> bool {
        match self {
            Self::Key(key) => holds("TRC-154", signer == Some(key)),
            Self::Name(name) => record.subject() == &**name,
        }
    }
}

/// When a credential holds, in Unix seconds; both ends belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First second; `None` for always.
    pub not_before: Option<u64>,
    /// Last second; `None` for ever.
    pub not_after: Option<u64>,
}

impl Window {
    /// Always.
    pub const ALWAYS: Self = Self { not_before: None, not_after: None };

    /// When `credential` holds.
    #[must_use]
    pub fn of(credential: &Credential) -> Self {
        Self { not_before: credential.not_before(), not_after: credential.not_after() }
    }

    /// Whether `second` lies in it.
    #[must_use]
    pub fn contains(&self, second: u64) -> bool {
        self.not_before.is_none_or(|first| second >= first)
            && self.not_after.is_none_or(|last| second <= last)
    }
}

/// One credential, as far as the rules read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownCredential {
    /// Who granted.
    pub issuer: Principal,
    /// Who was granted.
    pub holder: Principal,
    /// When it holds.
    pub window: Window,
    /// The digest of a cA2A credential.
    pub digest: Option<CredentialDigest>,
}

impl From<&Credential> for KnownCredential {
    fn from(credential: &Credential) -> Self {
        Self {
            issuer: Principal::Key(*credential.issuer()),
            holder: Principal::Key(*credential.subject()),
            window: Window::of(credential),
            digest: Some(credential.digest()),
        }
    }
}

/// Credentials by id. An id is its issuer's own name for a credential, so several may share one; a hop has to fit one of
/// them wholly.
///
/// Nothing here is verified: take cA2A credentials from a verified chain
/// ([`super::TrustRoot::of_chains`]), others from a registry that is trusted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Credentials(BTreeMap<CredentialId, Vec<KnownCredential>>);

impl Credentials {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds `credential` under `id`.
    pub fn add(&mut self, id: CredentialId, credential: KnownCredential) {
        let known = self.0.entry(id).or_default();
        if !known.contains(&credential) {
            known.push(credential);
        }
    }

    /// Those called `id`, octet for octet.
    #[must_use]
    pub fn called(&self, id: &CredentialId) -> &[KnownCredential] {
        self.0.get(id).map(Vec::as_slice).unwrap_or_default()
    }
}

impl<'c> Extend<&'c Credential> for Credentials {
    fn extend<I: IntoIterator<Item = &'c Credential>>(&mut self, credentials: I) {
        for credential in credentials {
            self.add(credential.id().clone(), credential.into());
        }
    }
}
