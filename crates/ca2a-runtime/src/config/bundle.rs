//! `ca2a.policy_bundle`: a signed policy bundle in a folder, and whose word on it counts.

use ca2a_core::{Sha256, VerifyingKey};

use super::{
    ConfigError,
    model::{optional_text, required},
    section::{Field, Section},
};

/// `ca2a.policy_bundle`: where the bundle is, and what it is held against. At least one of key and digest is there, or
/// whoever writes the folder would be the policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyBundleSettings {
    /// The folder.
    pub dir: String,
    /// The key that signs it.
    pub key: Option<VerifyingKey>,
    /// The key that takes its place once it is revoked.
    pub successor_key: Option<VerifyingKey>,
    /// SHA-256 of the one bundle that counts at the start.
    pub digest: Option<Sha256>,
}

impl PolicyBundleSettings {
    pub(super) fn read(field: &Field<'_>) -> Result<Self, ConfigError> {
        let section = field.section()?;
        let settings = Self {
            dir: required(&section, field, "dir")?.text()?.to_owned(),
            key: key(&section, "key")?,
            successor_key: key(&section, "successor_key")?,
            digest: digest(&section)?,
        };
        match (&settings.key, &settings.digest) {
            (None, None) => Err(field.needs("key")),
            (None, _) if settings.successor_key.is_some() => Err(field.needs("key")),
            _ => Ok(settings),
        }
    }
}

fn key(section: &Section<'_>, name: &'static str) -> Result<Option<VerifyingKey>, ConfigError> {
    let Some(field) = section.present(name) else { return Ok(None) };
    VerifyingKey::from_hex(field.text()?).map(Some).map_err(|error| field.refuse(error.to_string()))
}

fn digest(section: &Section<'_>) -> Result<Option<Sha256>, ConfigError> {
    match (optional_text(section, "digest")?, section.present("digest")) {
        (Some(text), Some(field)) => {
            Sha256::from_hex(&text).map(Some).map_err(|error| field.refuse(error.to_string()))
        }
        _ => Ok(None),
    }
}
