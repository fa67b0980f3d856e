//! `ca2a start`: serve a peer.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use ca2a_core::{
    ErrorCode,
    json::{Node, to_text},
};
use ca2a_runtime::{
    a2a,
    config::{Choice as _, Config, EnforcementMode, Provider},
    control::{Control, SOCKET_FILE},
    host::is_loopback,
    http::{HttpLimits, serve},
    node::{ConfiguredAuthority, NodeError, PeerNode, Started},
    operations::{Check, Metrics},
    peer::CallerRequirement,
    reload::to_standard_error,
    store::RecordStore,
    tls::Protocols,
};
use tokio::{signal, sync::watch, task::JoinHandle};

use super::{
    door::{Doors, observer},
    validate_config::{load, members},
};
use crate::{answer::Answer, failure::Failure, session::Session};

/// Serve a peer over HTTP from a configuration file, until interrupted
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration (YAML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let config = load(&self.config, session)?;
        refuse_database(&config)?;
        let Started { node, records, folder, notes: policy, pulled, .. } =
            Started::from_config(&config, &self.config)?;
        let node = ConfiguredAuthority::open(&config, &self.config, to_standard_error())?.govern(node);
        for note in notes(&config).iter().chain(&policy) {
            session.remark(&format!("note: {note}"));
        }
        let runtime = tokio::runtime::Runtime::new().map_err(|error| {
            Failure::new(ErrorCode::Ca2aError, format!("no threads to serve with: {error}"))
        })?;
        runtime.block_on(async {
            if let Some(pulled) = pulled {
                pulled.start().await;
            }
            let control = match Control::bind(folder.join(SOCKET_FILE)) {
                Ok(control) => Some(tokio::spawn(control.serve(records.clone()))),
                Err(error) => {
                    session
                        .remark(&format!("note: `ca2a records` cannot ask this node while it runs: {error}"));
                    None
                }
            };
            let place = Place { config: &config, file: &self.config, folder: &folder, records };
            let served = place.listen(node, session).await;
            if let Some(control) = control {
                // Dropping it takes the socket away.
                control.abort();
                let _ = control.await;
            }
            served
        })?;
        session.remark("ca2a stopped");
        Ok(Answer::given())
    }
}

/// A node without a ledger remembers what was spent for as long as it lives, and its challenges have to live no longer
/// (GATE-47).
fn refuse_database(config: &Config) -> Result<(), Failure> {
    if config.calls.is_none() {
        return Ok(());
    }
    let message =
        "`ca2a.calls` is for `ca2a gateway`: a node by itself keeps no ledger of its calls; leave it out";
    Err(Failure::new(ErrorCode::ConfigError, message))
}

/// What a node is served with: its configuration and the file of it, and where it keeps what it keeps.
struct Place<'p> {
    config: &'p Config,
    file: &'p Path,
    folder: &'p Path,
    records: Arc<RecordStore>,
}

impl Place<'_> {
    /// Serves until interrupted.
    async fn listen(self, node: PeerNode, session: &mut Session<'_, '_>) -> Result<(), Failure> {
        let Self { config, file, folder, records } = self;
        let metrics = Arc::new(Metrics::new());
        let node = Arc::new(node.with_observer(observer(config, &metrics)?));
        let doors = Doors::of(config, file, folder, metrics);
        if let Some(note) = doors.note() {
            session.remark(&format!("note: {note}"));
        }
        let entrance = doors.at(&config.listen_addr, Protocols::Http1).await?;
        let agent = a2a::server(config, &node, records)
            .map_err(|error| Failure::new(error.code(), error.to_string()))?
            .zip(config.a2a.as_ref());
        let agent = match agent {
            Some((agent, settings)) => {
                Some((agent, doors.at(&settings.listen_addr, Protocols::Http2OrHttp1).await?))
            }
            None => None,
        };
        // Taken before anybody is told that we listen, so that an interrupt right after that is not lost.
        let interrupted = interrupt().map_err(|error| {
            Failure::new(ErrorCode::Ca2aError, format!("interrupts cannot be heard: {error}"))
        })?;
        let interrupted = doors.closing(interrupted);
        let operations = doors.operations(Check::all_of(&node)).await?;
        let told = session.out.say(&greeting(config, &node, session.json));
        told.map_err(|error| {
            Failure::new(ErrorCode::Ca2aError, format!("nobody listens to this command: {error}"))
        })?;
        let broken = |error| Failure::new(ErrorCode::Ca2aError, format!("the listener failed: {error}"));
        let Some((agent, agents)) = agent else {
            let served = serve(entrance, node, HttpLimits::from(config.http), interrupted).await;
            operations.iter().for_each(JoinHandle::abort);
            return served.map_err(broken);
        };
        // Both doors close on the same interrupt.
        let (close, closing) = watch::channel(());
        let closed = |mut closing: watch::Receiver<()>| async move {
            let _ = closing.changed().await;
        };
        let reference = serve(entrance, node, HttpLimits::from(config.http), closed(closing.clone()));
        let agent = agent.serve(agents, closed(closing));
        let served = async { tokio::try_join!(reference, agent).map(drop) };
        tokio::pin!(served);
        tokio::select! {
            ended = &mut served => return ended.map_err(broken),
            () = interrupted => drop(close),
        }
        let served = served.await;
        operations.iter().for_each(JoinHandle::abort);
        served.map_err(broken)
    }
}

/// Where it listens, in the peer's words or as JSON.
fn greeting(config: &Config, node: &PeerNode, json: bool) -> String {
    if json {
        let mut object = members(config);
        object.insert("listening", config.listen_addr.to_string());
        object.insert("a2a_listening", config.a2a.as_ref().map(|a2a| a2a.listen_addr.to_string()));
        object.insert("channel_key", node.channel_key().to_string());
        object.insert("signing_key", node.signing_key().map(|key| key.to_hex()));
        return to_text(&Node::from(object)) + "\n";
    }
    let (address, provider) = (&config.listen_addr, config.provider);
    let demand = config.require_caller_attestation.as_str();
    let said =
        format!("ca2a listening on {address} (provider={provider}, require_caller_attestation={demand})\n");
    match &config.a2a {
        Some(a2a) => format!("{said}ca2a serving A2A on {}\n", a2a.listen_addr),
        None => said,
    }
}

/// What an operator should know before the first call surprises them.
fn notes(config: &Config) -> Vec<String> {
    let mut notes = Vec::new();
    if config.provider == Provider::SoftwareOnly {
        let note =
            "the software provider proves nothing: callers appraise this channel key as assurance `none`";
        notes.push(note.to_owned());
    }
    if config.enforcement_mode != EnforcementMode::Enforcing {
        notes.push(format!(
            "`enforcement_mode: {}` is read and has no effect: this node enforces",
            config.enforcement_mode
        ));
    }
    if config.require_caller_attestation == CallerRequirement::Any {
        notes.push("callers must attest; a software offer counts as attested, and proves nothing".to_owned());
    }
    if config.tls.is_none() && !is_loopback(config.listen_addr.host()) {
        let note = "this node listens in plain beyond this machine; `ca2a.tls` turns TLS on";
        notes.push(note.to_owned());
    }
    if config.revocation.is_none() {
        notes.push("revocation is not checked; `ca2a.revocation` turns it on".to_owned());
    }
    notes
}

/// Resolves on an interrupt, or when the system asks the process to end.
pub(super) fn interrupt() -> std::io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    {
        let mut ends = signal::unix::signal(signal::unix::SignalKind::terminate())?;
        let mut breaks = signal::unix::signal(signal::unix::SignalKind::interrupt())?;
        Ok(async move {
            tokio::select! {
                _ = ends.recv() => {}
                _ = breaks.recv() => {}
            }
        })
    }
    #[cfg(not(unix))]
    Ok(async {
        // Without interrupts the process is ended from outside; there is nothing to wait for.
        if signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

impl From<NodeError> for Failure {
    fn from(error: NodeError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}
