//! `ca2a.tls`: the certificate of this node, and whose it wants of callers (RUN-60, RUN-61).

use std::collections::BTreeSet;

use super::{
    ConfigError,
    model::{optional_text, required},
    section::Field,
};
use crate::spiffe::SpiffeId;

/// `ca2a.tls`: TLS at every address that the node listens at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsSettings {
    /// `certificate_path`: the certificate chain, PEM, the node's own first.
    pub certificate_path: String,
    /// `key_path`: its private key, PEM, closed to others on the machine.
    pub key_path: String,
    /// `client_roots_path`: the roots of callers, PEM. With them a caller without a certificate gets no connection.
    pub client_roots_path: Option<String>,
    /// `client_ids`: the callers that get one.
    pub client_ids: BTreeSet<SpiffeId>,
}

impl TlsSettings {
    pub(super) fn read(field: &Field<'_>) -> Result<Self, ConfigError> {
        let section = field.section()?;
        let settings = Self {
            certificate_path: required(&section, field, "certificate_path")?.text()?.to_owned(),
            key_path: required(&section, field, "key_path")?.text()?.to_owned(),
            client_roots_path: optional_text(&section, "client_roots_path")?,
            client_ids: match section.present("client_ids") {
                Some(list) => ids(&list)?,
                None => BTreeSet::new(),
            },
        };
        match (section.present("client_roots_path"), section.present("client_ids")) {
            (Some(roots), None) => Err(roots.needs("client_ids")),
            (None, Some(ids)) => Err(ids.needs("client_roots_path")),
            (Some(_), Some(ids)) if settings.client_ids.is_empty() => {
                Err(ids.refuse("must list one caller at least, or nobody gets a connection"))
            }
            _ => Ok(settings),
        }
    }

    /// The files, whose relative paths start at the folder of `config_file`.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn files(&self, config_file: &std::path::Path) -> crate::tls::ServerTlsFiles {
        let beside = |path: &str| super::beside(config_file, path);
        crate::tls::ServerTlsFiles {
            certificate: beside(&self.certificate_path),
            key: beside(&self.key_path),
            client_roots: self.client_roots_path.as_deref().map(beside),
            client_ids: self.client_ids.clone(),
        }
    }
}

pub(super) fn ids(list: &Field<'_>) -> Result<BTreeSet<SpiffeId>, ConfigError> {
    list.items()?.map(|item| id(&item)).collect()
}

fn id(item: &Field<'_>) -> Result<SpiffeId, ConfigError> {
    SpiffeId::parse(item.text()?).map_err(|error| item.refuse(error.to_string()))
}
