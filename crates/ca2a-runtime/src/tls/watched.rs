//! What a client trusts and shows, from files that somebody else replaces: taken up anew when they change (RUN-62).

use std::{path::PathBuf, sync::Arc};

use zeroize::Zeroizing;

use super::{
    ClientTls, TlsError,
    pem::{closed_to_others, read},
};
use crate::reload::{Reloaded, Report};

/// Where a client's TLS comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClientTlsFiles {
    /// The roots that a server's certificate must reach, PEM; the public ones unless given.
    pub roots: Option<PathBuf>,
    /// The client's own certificate chain and the private key of it, PEM, the key closed to others on the machine.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// TLS of a client. Files that change are taken up for the connections that come after; files that do not go together leave
/// what is in force.
#[derive(Debug)]
pub struct WatchedTls(Reloaded<ClientTls, TlsError>);

impl WatchedTls {
    /// TLS from `files`. From then on `report` is told what becomes of a change.
    ///
    /// # Errors
    /// Files that cannot be read or do not go together.
    pub fn open(files: ClientTlsFiles, report: Report) -> Result<Self, TlsError> {
        let identity = files.identity.iter().flat_map(|(certificate, key)| [certificate, key]);
        let watched = files.roots.iter().chain(identity).cloned().collect();
        let load = move |_: Option<&ClientTls>| client(&files);
        Ok(Self(Reloaded::open("the TLS of a client", watched, load, report)?))
    }
}

fn client(files: &ClientTlsFiles) -> Result<ClientTls, TlsError> {
    let tls = match &files.roots {
        Some(roots) => ClientTls::pinned(&read(roots)?)?,
        None => ClientTls::public()?,
    };
    let Some((certificate, key)) = &files.identity else { return Ok(tls) };
    closed_to_others(key)?;
    tls.with_identity(&read(certificate)?, &Zeroizing::new(read(key)?))
}

/// Whom a client trusts and what it shows of itself: as it was said once, or for each connection as the files say by then.
#[derive(Debug, Clone)]
pub enum Trust {
    /// Once.
    Said(ClientTls),
    /// As files say.
    Watched(Arc<WatchedTls>),
}

impl Trust {
    pub(crate) fn now(&self) -> ClientTls {
        match self {
            Self::Said(tls) => tls.clone(),
            Self::Watched(tls) => ClientTls::clone(&tls.0.current()),
        }
    }
}

impl From<ClientTls> for Trust {
    fn from(tls: ClientTls) -> Self {
        Self::Said(tls)
    }
}

impl From<WatchedTls> for Trust {
    fn from(tls: WatchedTls) -> Self {
        Self::Watched(Arc::new(tls))
    }
}
