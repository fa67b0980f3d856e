//! `ca2a.calls`: a database of calls that many nodes share.

use super::{ConfigError, model::required, section::Field};

/// `ca2a.calls`: the database, and the secret behind the challenges of all its nodes. A proof outlives a node in the
/// database, so its challenge has to, and the one is not there without the other (GATE-47).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallsSettings {
    /// A file with the address of the database, `postgres://USER@HOST/DATABASE`. It may have a password, and is its
    /// owner's alone.
    pub database_url_path: String,
    /// A file with the secret, 64 hex characters, the same for every node, and never in the database.
    pub challenge_secret_path: String,
}

impl CallsSettings {
    pub(super) fn read(field: &Field<'_>) -> Result<Self, ConfigError> {
        let section = field.section()?;
        Ok(Self {
            database_url_path: required(&section, field, "database_url_path")?.text()?.to_owned(),
            challenge_secret_path: required(&section, field, "challenge_secret_path")?.text()?.to_owned(),
        })
    }
}
