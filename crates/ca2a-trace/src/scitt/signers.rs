//! Whom a verifier believes, under which keys.

use ca2a_core::{EvaluationTime, cose::PublicKey};

use crate::trust_record::CLOCK_SKEW;

/// Keys of issuers or of logs, pinned by configuration. A key speaks for one issuer: a log does not answer for another.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TrustedSigners(Vec<Entry>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    issuer: String,
    key_id: Vec<u8>,
    key: PublicKey,
}

impl TrustedSigners {
    /// Nobody.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Trusts `key` to speak for `issuer`, under its RFC 9679 thumbprint as `kid`, which is what we write.
    #[must_use]
    pub fn trust(self, issuer: &str, key: PublicKey) -> Self {
        let key_id = key.thumbprint().map(|thumbprint| thumbprint.0.to_vec()).unwrap_or_default();
        self.trust_as(issuer, &key_id, key)
    }

    /// Trusts `key` to speak for `issuer` under a `kid` of its maker's choice.
    #[must_use]
    pub fn trust_as(mut self, issuer: &str, key_id: &[u8], key: PublicKey) -> Self {
        self.0.push(Entry { issuer: issuer.to_owned(), key_id: key_id.to_vec(), key });
        self
    }

    pub(super) fn find(&self, issuer: &str, key_id: &[u8]) -> Option<&PublicKey> {
        let entry = self.0.iter().find(|entry| entry.issuer == issuer && entry.key_id == key_id);
        entry.map(|entry| &entry.key)
    }
}

impl<'i> FromIterator<(&'i str, PublicKey)> for TrustedSigners {
    fn from_iter<T: IntoIterator<Item = (&'i str, PublicKey)>>(pairs: T) -> Self {
        pairs.into_iter().fold(Self::new(), |signers, (issuer, key)| signers.trust(issuer, key))
    }
}

/// An issuer's name, cut to what a message can bear.
pub(super) fn shown(issuer: &str) -> String {
    issuer.chars().take(200).collect()
}

/// By how many seconds `issued_at` is ahead of what two honest clocks may differ.
pub(super) fn ahead(issued_at: Option<u64>, at: EvaluationTime) -> Option<u64> {
    let ahead = issued_at?.saturating_sub(at.seconds());
    (ahead > CLOCK_SKEW).then_some(ahead)
}
