//! `ca2a.calls`: a database of calls that many nodes share.

use std::collections::BTreeSet;

use super::{ConfigError, ListenAddr, gateway::check_origin, model::required, section::Field, tls::ids};
use crate::spiffe::SpiffeId;

/// `ca2a.calls`: the database, and the secret behind the challenges of all its nodes. A proof outlives a node in the
/// database, so its challenge has to, and the one is not there without the other (GATE-47).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallsSettings {
    /// A file with the address of the database, `postgres://USER@HOST/DATABASE`. It may have a password, and is its
    /// owner's alone.
    pub database_url_path: String,
    /// A file with the secret, 64 hex characters, the same for every node, and never in the database.
    pub challenge_secret_path: String,
    /// `forward`: the way between its nodes.
    pub forward: Option<ForwardSettings>,
}

/// `ca2a.calls.forward`: calls that are bound to the channel of another node are handed to it, and its own come back the same
/// way, over TLS on both sides (GATE-74).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForwardSettings {
    /// `listen_addr`: where the other nodes reach this one.
    pub listen_addr: ListenAddr,
    /// `url`: the same as they write it, an `https` origin whose host the certificate names.
    pub url: String,
    /// `certificate_path`: the certificate chain, PEM, the node's own first, for both sides.
    pub certificate_path: String,
    /// `key_path`: its private key, PEM, closed to others on the machine.
    pub key_path: String,
    /// `roots_path`: the roots of the nodes, PEM.
    pub roots_path: String,
    /// `node_ids`: the SPIFFE ids of the nodes that get a connection.
    pub node_ids: BTreeSet<SpiffeId>,
}

impl CallsSettings {
    pub(super) fn read(field: &Field<'_>) -> Result<Self, ConfigError> {
        let section = field.section()?;
        Ok(Self {
            database_url_path: required(&section, field, "database_url_path")?.text()?.to_owned(),
            challenge_secret_path: required(&section, field, "challenge_secret_path")?.text()?.to_owned(),
            forward: section.present("forward").map(|field| ForwardSettings::read(&field)).transpose()?,
        })
    }
}

impl ForwardSettings {
    fn read(field: &Field<'_>) -> Result<Self, ConfigError> {
        let section = field.section()?;
        let address = required(&section, field, "listen_addr")?;
        let url = required(&section, field, "url")?;
        if !url.text()?.starts_with("https://") {
            return Err(url.refuse("must be an https origin: what nodes hand to each other goes over TLS"));
        }
        check_origin(&url)?;
        let node_ids = required(&section, field, "node_ids")?;
        let settings = Self {
            listen_addr: ListenAddr::parse(address.text()?).map_err(|problem| address.refuse(problem))?,
            url: url.text()?.to_owned(),
            certificate_path: required(&section, field, "certificate_path")?.text()?.to_owned(),
            key_path: required(&section, field, "key_path")?.text()?.to_owned(),
            roots_path: required(&section, field, "roots_path")?.text()?.to_owned(),
            node_ids: ids(&node_ids)?,
        };
        if settings.node_ids.is_empty() {
            return Err(node_ids.refuse("must list one node at least, or none gets a connection"));
        }
        Ok(settings)
    }

    /// The files of the door that the other nodes come through. Relative paths start at the folder of `config_file`.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn files(&self, config_file: &std::path::Path) -> crate::tls::ServerTlsFiles {
        let beside = |path: &str| super::beside(config_file, path);
        crate::tls::ServerTlsFiles {
            certificate: beside(&self.certificate_path),
            key: beside(&self.key_path),
            client_roots: Some(beside(&self.roots_path)),
            client_ids: self.node_ids.clone(),
        }
    }
}
