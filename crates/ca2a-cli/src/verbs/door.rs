//! The doors of a node, as its configuration has them, and who stands at them.

use std::{
    io::{self, IsTerminal as _},
    path::Path,
    sync::Arc,
};

use ca2a_core::ErrorCode;
use ca2a_runtime::{
    a2a::Forwarding,
    calls::Ledger,
    config::{Config, ForwardSettings, ListenAddr, beside},
    http::Door,
    node::{Observer, Observers, PeerNode},
    operations::{CallLog, Check, Guard, LogForm, Metrics, Operations, Switch, span_exporter},
    reload::to_standard_error,
    tls::{ClientTls, Protocols, ServerTls, TlsError},
};
use tokio::{net::TcpListener, task::JoinHandle, time::sleep};
use zeroize::Zeroizing;

use crate::{
    failure::Failure,
    fs::{Fs as _, OsFs},
};

/// The most bytes that are read of a file of certificates or of a key.
const LARGEST_PEM: usize = 1 << 20;

/// Makes doors that share one guard.
pub(super) struct Doors<'c> {
    config: &'c Config,
    config_file: &'c Path,
    guard: Arc<Guard>,
}

impl<'c> Doors<'c> {
    /// The doors of a node that keeps its state in `folder` and tells `metrics` what it decides.
    pub(super) fn of(
        config: &'c Config,
        config_file: &'c Path,
        folder: &Path,
        metrics: Arc<Metrics>,
    ) -> Self {
        let guard = Guard::new(config.traffic.into(), metrics).with_switch(Switch::of(folder));
        Self { config, config_file, guard: Arc::new(guard) }
    }

    /// A door at `address` under the guard of the others, without TLS.
    pub(super) async fn in_plain_at(&self, address: &ListenAddr) -> Result<Door, Failure> {
        Ok(Door::from(bind(address).await?).with_guard(Arc::clone(&self.guard)))
    }

    /// A door at `address`, with TLS around it where the configuration says so (RUN-60).
    pub(super) async fn at(&self, address: &ListenAddr, protocols: Protocols) -> Result<Door, Failure> {
        let door = self.in_plain_at(address).await?;
        let Some(settings) = &self.config.tls else { return Ok(door) };
        let tls = ServerTls::open(settings.files(self.config_file), protocols, to_standard_error());
        let tls =
            tls.map_err(|error| Failure::new(error.code(), format!("`ca2a.tls`: {error}")).rule("RUN-60"))?;
        Ok(door.with_tls(Arc::new(tls)))
    }

    /// A door for the other nodes of a database, under the guard of the others: over TLS, and for nobody else (GATE-74).
    pub(super) async fn between_nodes(&self, settings: &ForwardSettings) -> Result<Door, Failure> {
        let door = self.in_plain_at(&settings.listen_addr).await?;
        let files = settings.files(self.config_file);
        let tls = ServerTls::open(files, Protocols::Http2OrHttp1, to_standard_error()).map_err(between)?;
        Ok(door.with_tls(Arc::new(tls)))
    }

    /// The way to those nodes for one that keeps its calls in `ledger`, which tells them where it is itself.
    pub(super) async fn to_nodes(
        &self,
        settings: &ForwardSettings,
        ledger: &Arc<Ledger>,
    ) -> Result<Forwarding, Failure> {
        let read = |path: &str| pem(&beside(self.config_file, path));
        let tls = ClientTls::pinned(&read(&settings.roots_path)?).map_err(between)?;
        let identity = tls.with_identity(&read(&settings.certificate_path)?, &read(&settings.key_path)?);
        let told = ledger.announce(settings.url.clone()).await;
        told.map_err(|error| Failure::new(error.code(), error.to_string()))?;
        Ok(Forwarding::new(Arc::clone(ledger), identity.map_err(between)?))
    }

    /// Serves what there is to see of `node`, where the configuration says so, until the task is aborted.
    pub(super) async fn operations(&self, node: &Arc<PeerNode>) -> Result<Option<JoinHandle<()>>, Failure> {
        let Some(address) = &self.config.operations.listen_addr else { return Ok(None) };
        let listener = bind(address).await?;
        let mut checks = Vec::new();
        if self.config.revocation.is_some() {
            let (asked, aged) = (Arc::clone(node), Arc::clone(node));
            let check = Check::new("revocations", move || asked.can_check_revocation());
            checks.push(check.aged(move || aged.revocations_age()));
        }
        if let Some(ledger) = node.ledger() {
            let (lease, clock) = (Arc::clone(ledger), Arc::clone(ledger));
            checks.push(Check::new("ledger", move || lease.holds_lease()));
            checks.push(Check::new("clock", move || clock.is_punctual()));
        }
        let operations = Operations::new(Arc::clone(&self.guard), checks);
        Ok(Some(tokio::spawn(async move {
            // A listener that fails for good shows nothing any more; the node goes on.
            let _ = operations.serve(listener, std::future::pending()).await;
        })))
    }

    /// Resolves when the doors are to close: `interrupted`, and then as long as the node still serves while it says that it
    /// is about to end (RUN-67).
    pub(super) fn closing(
        &self,
        interrupted: impl Future<Output = ()> + Send,
    ) -> impl Future<Output = ()> + Send {
        let (guard, drain) = (Arc::clone(&self.guard), self.config.operations.drain);
        async move {
            interrupted.await;
            guard.drain();
            sleep(drain).await;
        }
    }

    /// What an operator should know who starts a node that serves nothing.
    pub(super) fn note(&self) -> Option<&'static str> {
        self.guard
            .is_switched_off()
            .then_some("this node is switched off and refuses everything; `ca2a switch on` ends that")
    }
}

/// A file of certificates, or of the key that nodes know one another by.
fn pem(path: &Path) -> Result<Zeroizing<Vec<u8>>, Failure> {
    let contents = OsFs.read(path, LARGEST_PEM).map(|contents| Zeroizing::new(contents.bytes));
    contents.map_err(|error| {
        Failure::new(ErrorCode::ConfigError, format!("`{}`: {error}", path.display())).rule("GATE-74")
    })
}

fn between(error: TlsError) -> Failure {
    Failure::new(error.code(), format!("`ca2a.calls.forward`: {error}")).rule("GATE-74")
}

/// Who is told what a node decides: `metrics`, and the log and the exporter of spans where there are such (RUN-96, RUN-97).
pub(super) fn observer(config: &Config, metrics: &Arc<Metrics>) -> Result<Arc<dyn Observer>, Failure> {
    let mut told: Vec<Arc<dyn Observer>> = vec![metrics.clone()];
    if config.operations.call_log {
        let form = if io::stderr().is_terminal() { LogForm::Text } else { LogForm::Json };
        told.push(Arc::new(CallLog::new(form, io::stderr())));
    }
    let exporter = span_exporter(&config.operations);
    told.extend(exporter.map_err(|error| Failure::new(ErrorCode::ConfigError, error.to_string()))?);
    Ok(match told.len() {
        1 => metrics.clone(),
        _ => Arc::new(Observers(told)),
    })
}

async fn bind(address: &ListenAddr) -> Result<TcpListener, Failure> {
    let bound = TcpListener::bind((address.host(), address.port())).await;
    bound.map_err(|error| {
        Failure::new(ErrorCode::ConfigError, format!("cannot listen on {address}: {error}"))
            .help("another process may have the port; `listen_addr` in the configuration names another one")
    })
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_an_end_is_no_certificate() {
        for path in ["/dev/zero", "/nonexistent"] {
            assert_eq!(pem(path.as_ref()).unwrap_err().code(), ErrorCode::ConfigError, "{path}");
        }
        assert!(pem("/dev/null".as_ref()).unwrap().is_empty());
    }
}
