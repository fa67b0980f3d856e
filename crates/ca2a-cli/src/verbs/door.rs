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
    config::{Config, ForwardSettings, ListenAddr},
    http::Door,
    node::{Observer, Observers},
    operations::{CallLog, Check, Guard, LogForm, Metrics, Operations, Switch, span_exporter},
    reload::to_standard_error,
    tls::{ClientTlsFiles, Protocols, ServerTls, ServerTlsFiles, TlsError, WatchedTls},
};
use tokio::{net::TcpListener, task::JoinHandle, time::sleep};

use crate::failure::Failure;

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
        let ServerTlsFiles { certificate, key, client_roots, .. } = settings.files(self.config_file);
        let files = ClientTlsFiles { roots: client_roots, identity: Some((certificate, key)) };
        let tls = WatchedTls::open(files, to_standard_error()).map_err(between)?;
        let told = ledger.announce(settings.url.clone()).await;
        told.map_err(|error| Failure::new(error.code(), error.to_string()))?;
        Ok(Forwarding::new(Arc::clone(ledger), tls))
    }

    /// Serves what there is to see, `checks` among it, where the configuration says so, until the task is aborted.
    pub(super) async fn operations(
        &self,
        checks: impl Into<Arc<[Check]>>,
    ) -> Result<Option<JoinHandle<()>>, Failure> {
        let Some(address) = &self.config.operations.listen_addr else { return Ok(None) };
        let listener = bind(address).await?;
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
