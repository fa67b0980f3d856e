//! `ca2a gateway`: cA2A in front of an A2A agent that knows nothing of it.

use std::{path::PathBuf, sync::Arc};

use ca2a_core::{
    ErrorCode,
    json::{Node, Object, to_text},
};
use ca2a_runtime::{
    a2a::tasks::{DurableTasks, TaskLimits},
    calls::DurableCalls,
    config::Config,
    control::{Control, SOCKET_FILE},
    gateway::{Gateway, UpstreamAddress, UpstreamLimits},
    node::{PeerNode, Started},
    operations::Metrics,
    store::{RecordStore, ReplayLimits, SyncPolicy},
    system::{Clock as _, SystemClock},
    tls::Protocols,
};
use tokio::task::JoinHandle;

use super::{door::Doors, start::interrupt, validate_config::load};
use crate::{answer::Answer, failure::Failure, session::Session};

/// The tasks of the gateway in the folder of state.
const TASKS_FILE: &str = "gateway-tasks.redb";

/// For how many seconds a life of this node is good without a word from it (GATE-5).
const LEASE_SECONDS: u64 = 30;

/// Put cA2A in front of an A2A agent on this machine, until interrupted
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The configuration of the node (YAML)
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The agent's JSON-RPC endpoint: `http://127.0.0.1:PORT/PATH` or `unix:/SOCKET:/PATH`
    #[arg(long, value_name = "ADDRESS")]
    upstream: UpstreamAddress,
    /// Where callers reach this gateway, as its card says
    #[arg(long, value_name = "URL")]
    url: String,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let config = load(&self.config, session)?;
        if config.record_sync != SyncPolicy::EachCommit {
            let message =
                "a gateway keeps what it promises only on the disk: `record_sync` is `each-commit` for it";
            return Err(Failure::new(ErrorCode::ConfigError, message));
        }
        let started = Started::from_config(&config, &self.config)?;
        for note in &started.notes {
            session.remark(&format!("note: {note}"));
        }
        let runtime = tokio::runtime::Runtime::new().map_err(|error| {
            Failure::new(ErrorCode::Ca2aError, format!("no threads to serve with: {error}"))
        })?;
        runtime.block_on(self.serve(&config, started, session))?;
        session.remark("ca2a gateway stopped");
        Ok(Answer::given())
    }

    async fn serve(
        &self,
        config: &Config,
        started: Started,
        session: &mut Session<'_, '_>,
    ) -> Result<(), Failure> {
        let Started { node, records, folder, .. } = started;
        let metrics = Arc::new(Metrics::new());
        let doors = Doors::of(config, &self.config, &folder, metrics.clone());
        if let Some(note) = doors.note() {
            session.remark(&format!("note: {note}"));
        }
        let node = node.with_observer(metrics);
        let node = Arc::new(self.keep_calls(config, node, &records).await?);
        let tasks = folder.join(TASKS_FILE);
        let tasks = DurableTasks::open(&tasks, TaskLimits::default(), SystemClock.now_milliseconds());
        let tasks = Arc::new(tasks.map_err(|error| Failure::new(error.code(), error.to_string()))?);
        let (upstream, limits) = (self.upstream.clone(), UpstreamLimits::default());
        let gateway = Gateway::before(upstream, limits, Arc::clone(&node), tasks, &self.url).await;
        let gateway = gateway.map_err(|error| {
            Failure::new(error.code(), error.to_string())
                .help("the agent must listen before its gateway starts, and serve its card")
        })?;

        let address = &config.listen_addr;
        let entrance = doors.at(address, Protocols::Http2OrHttp1).await?;
        // Taken before anybody is told that we listen, so that an interrupt right after that is not lost.
        let interrupted = interrupt().map_err(|error| {
            Failure::new(ErrorCode::Ca2aError, format!("interrupts cannot be heard: {error}"))
        })?;
        let interrupted = doors.closing(interrupted);
        let operations = doors.operations(&node).await?;
        let control = Control::bind(folder.join(SOCKET_FILE)).ok();
        let control = control.map(|control| tokio::spawn(control.serve(records)));
        let told = session.out.say(&self.greeting(config, &gateway, session.json));
        told.map_err(|error| {
            Failure::new(ErrorCode::Ca2aError, format!("nobody listens to this command: {error}"))
        })?;
        let served = gateway.serve(entrance, interrupted).await;
        operations.iter().for_each(JoinHandle::abort);
        if let Some(control) = control {
            // Dropping it takes the socket away.
            control.abort();
            let _ = control.await;
        }
        served.map_err(|error| Failure::new(ErrorCode::Ca2aError, format!("the listener failed: {error}")))
    }

    /// The node with its calls where the configuration says: in a database of many nodes, else beside its records.
    async fn keep_calls(
        &self,
        config: &Config,
        node: PeerNode,
        records: &Arc<RecordStore>,
    ) -> Result<PeerNode, Failure> {
        if let Some(settings) = &config.calls {
            let node = node.with_database(settings, config, &self.config, LEASE_SECONDS).await;
            return node.map_err(|error| Failure::new(error.code(), error.to_string()));
        }
        let capacity = usize::try_from(config.replay_capacity).unwrap_or(usize::MAX);
        let calls = DurableCalls::new(Arc::clone(records), ReplayLimits::of(capacity));
        let node = node.with_calls(Arc::new(calls), LEASE_SECONDS).await;
        node.map_err(|error| Failure::new(error.code(), error.to_string()))
    }

    fn greeting(&self, config: &Config, gateway: &Gateway, json: bool) -> String {
        let (address, agent) = (config.listen_addr.to_string(), gateway.card().name.as_str());
        if json {
            let object = Object::from([
                ("listening", Node::from(address)),
                ("agent", agent.to_owned().into()),
                ("upstream", self.upstream.to_string().into()),
                ("url", self.url.clone().into()),
            ]);
            return to_text(&Node::from(object)) + "\n";
        }
        let agent = crate::page::harmless(agent);
        format!("ca2a gateway listening on {address}, before {agent} at {}\n", self.upstream)
    }
}
