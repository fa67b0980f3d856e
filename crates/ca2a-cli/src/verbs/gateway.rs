//! `ca2a gateway`: cA2A in front of an A2A agent that knows nothing of it.

use std::{path::PathBuf, sync::Arc};

use ca2a_core::{
    ErrorCode,
    json::{Node, Object, to_text},
};
use ca2a_runtime::{
    a2a::tasks::{DurableTasks, PostgresTasks, TaskLimits, TaskStore},
    calls::DurableCalls,
    config::{Config, ListenAddr, OutboundSettings, PeerSettings},
    control::{Control, SOCKET_FILE},
    gateway::{
        Gateway, Sides, UpstreamAddress, UpstreamError, UpstreamLimits,
        outbound::{Outbound, PEERS},
    },
    http::Origin,
    node::{ConfiguredAuthority, DatabaseError, PeerNode, Started, shared_challenges, shared_database},
    operations::{Check, Metrics},
    postgres::{PostgresRecords, SharedDatabase},
    reload::to_standard_error,
    store::{ExportRecords, RecordStore, ReplayLimits, SyncPolicy},
    system::{Clock as _, SystemClock},
    tls::Protocols,
};
use tokio::{runtime::Handle, task::JoinHandle};

use super::{
    door::{Doors, observer},
    start::interrupt,
    validate_config::load,
};
use crate::{answer::Answer, failure::Failure, session::Session};

/// For how many seconds a life of this node is good without a word from it (GATE-5).
const LEASE_SECONDS: u64 = 30;

/// Put cA2A in front of an A2A agent on this machine, and between it and its peers, until interrupted
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration of the node (YAML); `ca2a.gateway` says whose gateway it is
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Where the agent is: its JSON-RPC endpoint, or what its HTTP+JSON is below, as `http://127.0.0.1:PORT/PATH` or
    /// `unix:/SOCKET:/PATH`; its card is there too, and says where its gRPC is. In the place of `ca2a.gateway.upstream`
    #[arg(long, value_name = "ADDRESS", requires = "url")]
    upstream: Option<UpstreamAddress>,
    /// Where callers reach this gateway, as its card says, in the place of `ca2a.gateway.url`
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

/// The agent behind the gateway, and where callers find it.
struct Inbound {
    upstream: UpstreamAddress,
    url: String,
    limits: UpstreamLimits,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let config = load(&self.config, session)?.for_gateway();
        if config.record_sync != SyncPolicy::EachCommit {
            let message =
                "a gateway keeps what it promises only on the disk: `record_sync` is `each-commit` for it";
            return Err(Failure::new(ErrorCode::ConfigError, message));
        }
        let inbound = self.inbound(&config)?;
        let started = Started::from_config(&config, &self.config)?;
        for note in &started.notes {
            session.remark(&format!("note: {note}"));
        }
        if config.revocation.is_none() {
            session.remark("note: revocation is not checked; `ca2a.revocation` turns it on");
        }
        let runtime = tokio::runtime::Runtime::new().map_err(|error| {
            Failure::new(ErrorCode::Ca2aError, format!("no threads to serve with: {error}"))
        })?;
        runtime.block_on(self.serve(&config, inbound, started, session))?;
        session.remark("ca2a gateway stopped");
        Ok(Answer::given())
    }

    /// Whose gateway it is: as the command line says, or else the configuration. Nobody's where it only calls.
    fn inbound(&self, config: &Config) -> Result<Option<Inbound>, Failure> {
        let settings = config.gateway.as_ref();
        let refused = |why: String| Failure::new(ErrorCode::ConfigError, why);
        let upstream = match (&self.upstream, settings.and_then(|settings| settings.upstream.as_ref())) {
            (Some(said), _) => Some(said.clone()),
            (None, Some(text)) => {
                Some(text.parse().map_err(|error: UpstreamError| refused(error.to_string()))?)
            }
            (None, None) => None,
        };
        let url = self.url.clone().or_else(|| settings.and_then(|settings| settings.url.clone()));
        if let Some(url) = &url {
            Origin::parse(url).map_err(|error| refused(format!("--url: {error}")))?;
        }
        let calls = settings.is_some_and(|settings| settings.outbound.is_some());
        let mut limits = UpstreamLimits::default();
        if let Some(settings) = settings {
            limits.silence = settings.silence;
        }
        match (upstream, url) {
            (Some(upstream), Some(url)) => Ok(Some(Inbound { upstream, url, limits })),
            (None, None) if calls => Ok(None),
            _ => Err(refused("a gateway needs an agent, or peers of one".to_owned()).help(
                "--upstream and --url, or `ca2a.gateway` in the configuration, say whose gateway it is",
            )),
        }
    }

    async fn serve(
        &self,
        config: &Config,
        inbound: Option<Inbound>,
        started: Started,
        session: &mut Session<'_, '_>,
    ) -> Result<(), Failure> {
        let Started { node, records, folder, pulled, .. } = started;
        if let Some(pulled) = pulled {
            pulled.start().await;
        }
        let node = ConfiguredAuthority::open(config, &self.config, to_standard_error())?.govern(node);
        let metrics = Arc::new(Metrics::new());
        let doors = Doors::of(config, &self.config, &folder, metrics.clone());
        if let Some(note) = doors.note() {
            session.remark(&format!("note: {note}"));
        }
        let node = node.with_observer(observer(config, &metrics)?);
        let mut database = None;
        let node = match &config.calls {
            Some(settings) => {
                let challenges = shared_challenges(settings, &self.config).map_err(failed)?;
                let shared = database.insert(shared_database(settings, &self.config).await.map_err(failed)?);
                node.with_database(shared, challenges, config, LEASE_SECONDS).await.map_err(failed)?
            }
            None => keep_calls(config, node, &records).await?,
        };
        let node = Arc::new(node);
        let gateway = match &inbound {
            Some(inbound) => {
                let tasks = keep_tasks(&node, Arc::clone(&records), database.as_ref())?;
                let gateway = inbound.gateway(&node, tasks).await?;
                let forward = config.calls.as_ref().and_then(|settings| settings.forward.as_ref());
                Some(match forward.zip(node.ledger()) {
                    Some((settings, ledger)) => {
                        let door = doors.between_nodes(settings).await?;
                        gateway.with_forwarding(doors.to_nodes(settings, ledger).await?, door)
                    }
                    None => gateway,
                })
            }
            None => None,
        };
        let at_hand = gateway.as_ref().map(Gateway::calls_at_hand).unwrap_or_default();
        let settings = config.gateway.as_ref().and_then(|settings| settings.outbound.as_ref());
        let outbound = settings.map(|settings| {
            Outbound::from_config(config, settings, &self.config, Arc::clone(&node), at_hand)
                .map(|outbound| (outbound, settings))
                .map_err(|error| Failure::new(error.code(), error.to_string()))
        });
        let mut sides = Sides::default();
        if let Some((mut outbound, settings)) = outbound.transpose()? {
            // The agent on this machine is spoken to in plain, whatever callers from elsewhere meet.
            for (peer, address) in over_grpc(settings) {
                let served = outbound.with_grpc(peer, doors.in_plain_at(address).await?);
                outbound = served.map_err(|error| Failure::new(error.code(), error.to_string()))?;
            }
            sides.outbound = Some((outbound, doors.in_plain_at(&settings.listen_addr).await?));
        }
        let checks = gateway.as_ref().map_or_else(|| Check::all_of(&node).into(), Gateway::checks);
        if let Some(gateway) = gateway {
            sides.inbound = Some((gateway, doors.at(&config.listen_addr, Protocols::Http2OrHttp1).await?));
        }
        // Taken before anybody is told that we listen, so that an interrupt right after that is not lost.
        let interrupted = interrupt().map_err(|error| {
            Failure::new(ErrorCode::Ca2aError, format!("interrupts cannot be heard: {error}"))
        })?;
        let interrupted = doors.closing(interrupted);
        let operations = doors.operations(checks).await?;
        let control = Control::bind(folder.join(SOCKET_FILE)).ok();
        let kept: Arc<dyn ExportRecords> = match database {
            Some(database) => Arc::new(PostgresRecords::new(database, records, Handle::current())),
            None => records,
        };
        let control = control.map(|control| tokio::spawn(control.serve(kept)));
        let told = session.out.say(&greeting(config, inbound.as_ref(), &sides, session.json));
        told.map_err(|error| {
            Failure::new(ErrorCode::Ca2aError, format!("nobody listens to this command: {error}"))
        })?;
        let served = sides.serve(interrupted).await;
        operations.iter().for_each(JoinHandle::abort);
        if let Some(control) = control {
            // Dropping it takes the socket away.
            control.abort();
            let _ = control.await;
        }
        served.map_err(|error| Failure::new(ErrorCode::Ca2aError, format!("the listener failed: {error}")))
    }
}

/// The node with its calls beside its records.
async fn keep_calls(
    config: &Config,
    node: PeerNode,
    records: &Arc<RecordStore>,
) -> Result<PeerNode, Failure> {
    let capacity = usize::try_from(config.replay_capacity).unwrap_or(usize::MAX);
    let calls = DurableCalls::new(Arc::clone(records), ReplayLimits::of(capacity));
    let node = node.with_calls(Arc::new(calls), LEASE_SECONDS).await;
    node.map_err(|error| Failure::new(error.code(), error.to_string()))
}

/// The tasks, where the calls are.
fn keep_tasks(
    node: &PeerNode,
    records: Arc<RecordStore>,
    database: Option<&SharedDatabase>,
) -> Result<Arc<dyn TaskStore>, Failure> {
    let limits = TaskLimits::default();
    if let (Some(database), Some(ledger)) = (database, node.ledger()) {
        return Ok(Arc::new(PostgresTasks::new(database, Arc::clone(ledger), limits)));
    }
    let tasks = DurableTasks::open(records, limits, SystemClock.now_milliseconds());
    Ok(Arc::new(tasks.map_err(|error| Failure::new(error.code(), error.to_string()))?))
}

pub(super) fn failed(error: DatabaseError) -> Failure {
    Failure::new(error.code(), error.to_string())
}

impl Inbound {
    async fn gateway(&self, node: &Arc<PeerNode>, tasks: Arc<dyn TaskStore>) -> Result<Gateway, Failure> {
        let upstream = self.upstream.clone();
        let gateway = Gateway::before(upstream, self.limits, Arc::clone(node), tasks, &self.url).await;
        gateway.map_err(|error| {
            Failure::new(error.code(), error.to_string())
                .help("the agent must listen before its gateway starts, and serve its card")
        })
    }
}

/// The peers that the agent speaks gRPC to, each at a port of its own.
fn over_grpc<'s>(settings: &'s OutboundSettings) -> impl Iterator<Item = (&'s str, &'s ListenAddr)> {
    let place = |peer: &'s PeerSettings| Some((peer.name.as_str(), peer.grpc_listen_addr.as_ref()?));
    settings.peers.iter().filter_map(place)
}

/// Where it listens, and for whom.
fn greeting(config: &Config, inbound: Option<&Inbound>, sides: &Sides, json: bool) -> String {
    let address = config.listen_addr.to_string();
    let outbound = config.gateway.as_ref().and_then(|settings| settings.outbound.as_ref());
    let peers = |outbound: &OutboundSettings| -> Vec<String> {
        let place = |peer: &PeerSettings| format!("http://{}{PEERS}{}", outbound.listen_addr, peer.name);
        outbound.peers.iter().map(place).collect()
    };
    let grpc = |outbound: &OutboundSettings| -> Object<'static> {
        over_grpc(outbound)
            .map(|(peer, address)| (peer.to_owned(), Node::from(address.to_string())))
            .collect()
    };
    let agent = sides.inbound.as_ref().map(|(gateway, _)| gateway.card().name.clone());
    if json {
        let object = Object::from([
            ("listening", Node::from(inbound.map(|_| address))),
            ("agent", agent.into()),
            ("upstream", inbound.map(|inbound| inbound.upstream.to_string()).into()),
            ("url", inbound.map(|inbound| inbound.url.clone()).into()),
            ("peers", outbound.map(|outbound| peers(outbound).into_iter().collect::<Node<'static>>()).into()),
            ("grpc_peers", outbound.map(grpc).into()),
        ]);
        return to_text(&Node::from(object)) + "\n";
    }
    let mut said = String::new();
    if let (Some(inbound), Some(agent)) = (inbound, agent) {
        let agent = crate::page::harmless(&agent);
        said = format!("ca2a gateway listening on {address}, before {agent} at {}\n", inbound.upstream);
    }
    for peer in outbound.map(peers).unwrap_or_default() {
        said.push_str(&format!("ca2a gateway serving its agent {peer}\n"));
    }
    for (peer, address) in outbound.into_iter().flat_map(over_grpc) {
        said.push_str(&format!("ca2a gateway serving its agent {peer} over gRPC at {address}\n"));
    }
    said
}
