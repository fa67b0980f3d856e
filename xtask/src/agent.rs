//! An echo agent as a process of its own: on the bare A2A SDK, or behind a node of ours. What interop calls and bench
//! charges.

use std::{
    net::TcpListener as StdListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use axum::routing::get;
use ca2a_core::{Capability, SigningKey, VerifyingKey};
use ca2a_delegation::TrustedRoots;
use ca2a_policy::AllowSet;
use ca2a_runtime::{
    a2a::{
        A2aServer, Engine,
        card::{CardExtension, CardKey},
        sdk::{
            A2AError, AgentCapabilities, AgentCard, AgentExecutor, AgentInterface, AgentSkill, BoxStream,
            ExecutorContext, Message, Part, Role, StreamResponse, Task, TaskState, TaskStatus,
            TaskStatusUpdateEvent, stream,
        },
        tasks::{DurableTasks, MemoryTasks, TaskLimits, TaskStore},
    },
    node::PeerNode,
    sink::RecordSink,
    store::{MemoryRecordStore, MemoryReplayStore, RecordStore, ReplayLimits, SyncPolicy},
};

use crate::workspace::write;

/// The key of our agent's statements and card.
pub(crate) fn card_key() -> SigningKey {
    SigningKey::from_seed(&[0x61; 32])
}

/// Says what it was told.
struct Echo;

impl AgentExecutor for Echo {
    fn execute(&self, context: ExecutorContext) -> BoxStream<'static, Result<StreamResponse, A2AError>> {
        let text = context.message.as_ref().and_then(Message::text).unwrap_or_default().to_owned();
        let (task_id, context_id) = (context.task_id, context.context_id);
        // The SDK's own handler shows no task unless its agent does.
        let task = Task {
            id: task_id.clone(),
            context_id: context_id.clone(),
            status: TaskStatus { state: TaskState::Working, message: None, timestamp: None },
            artifacts: None,
            history: None,
            metadata: None,
        };
        let message = Some(Message::new(Role::Agent, vec![Part::text(text)]));
        let status = TaskStatus { state: TaskState::Completed, message, timestamp: None };
        let done = TaskStatusUpdateEvent { task_id, context_id, status, metadata: None };
        Box::pin(stream::iter([Ok(StreamResponse::Task(task)), Ok(StreamResponse::StatusUpdate(done))]))
    }

    fn cancel(&self, _: ExecutorContext) -> BoxStream<'static, Result<StreamResponse, A2AError>> {
        Box::pin(stream::empty())
    }
}

fn card(port: u16) -> AgentCard {
    let url = format!("http://127.0.0.1:{port}");
    let text = || vec!["text/plain".to_owned()];
    AgentCard {
        name: "echo".into(),
        description: "says what it was told".into(),
        version: "1".into(),
        supported_interfaces: vec![
            AgentInterface::new(format!("{url}/"), "JSONRPC"),
            AgentInterface::new(url, "HTTP+JSON"),
            AgentInterface::new(format!("127.0.0.1:{port}"), "GRPC"),
        ],
        capabilities: AgentCapabilities { streaming: Some(true), ..AgentCapabilities::default() },
        default_input_modes: text(),
        default_output_modes: text(),
        skills: vec![AgentSkill {
            id: "echo".into(),
            name: "echo".into(),
            description: "says what it was told".into(),
            tags: vec!["echo".into()],
            examples: None,
            input_modes: None,
            output_modes: None,
            security_requirements: None,
        }],
        provider: None,
        documentation_url: None,
        icon_url: None,
        security_schemes: None,
        security_requirements: None,
        signatures: None,
    }
}

/// Serves until it is ended: `bare` the SDK alone, `memory` a node of ours, `durable` one whose stores are files in `folder`.
///
/// # Errors
/// A port that is taken, or stores that do not open.
pub(crate) fn serve(kind: &str, port: &str, root: &str, capability: &str, folder: &str) -> Result<()> {
    let port: u16 = port.parse()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
        if kind == "bare" {
            let handler = a2a_server::DefaultRequestHandler::new(Echo, a2a_server::InMemoryTaskStore::new());
            let router = a2a_server::jsonrpc::jsonrpc_router(Arc::new(handler));
            // What stands in front of it wants to know it.
            let card = axum::Json(card(port));
            let router = router.route("/.well-known/agent-card.json", get(async move || card));
            return Ok(axum::serve(listener, router).await?);
        }
        let roots = TrustedRoots::from_iter([VerifyingKey::from_hex(root)?]);
        let policy = Arc::new(AllowSet::new([Capability::new(capability)?]));
        let (records, tasks): (Arc<dyn RecordSink>, Arc<dyn TaskStore>) = match kind {
            "durable" => {
                std::fs::create_dir_all(folder)?;
                let folder = Path::new(folder);
                let records =
                    Arc::new(RecordStore::open(&folder.join("records.redb"), SyncPolicy::EachCommit)?);
                let tasks = DurableTasks::open(Arc::clone(&records), TaskLimits::default(), 0)?;
                (records, Arc::new(tasks))
            }
            "memory" => (Arc::new(MemoryRecordStore::default()), Arc::new(MemoryTasks::default())),
            other => bail!("no agent is called `{other}`"),
        };
        // One holder is all there is here, and sends more in a minute than the share of one among many.
        let limits = ReplayLimits { per_holder: ReplayLimits::default().claims, ..ReplayLimits::default() };
        let replay = Arc::new(MemoryReplayStore::new(limits));
        let node = PeerNode::new(roots, policy, replay, records)?.with_identity(card_key());
        let mut card = card(port);
        CardExtension::of(&node).declare(&mut card);
        let server = A2aServer::new(Arc::new(node), Engine::new(Echo, tasks), &card)?;
        let server = server.signed_by(CardKey::Ed25519(card_key()))?;
        Ok(server.serve(listener, std::future::pending()).await?)
    })
}

/// An agent that runs; it ends when this is dropped.
pub(crate) struct AgentProcess {
    child: Child,
    port: u16,
    grpc_port: Option<u16>,
}

impl AgentProcess {
    /// One of ours, in this very build.
    ///
    /// # Errors
    /// One that does not listen in time.
    pub(crate) fn ours(kind: &str, root: &str, capability: &str, folder: &Path) -> Result<Self> {
        let [port] = free_ports()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["a2a-agent", kind, &port.to_string(), root, capability]).arg(folder);
        Self::start(command, port)
    }

    /// One that `command` starts, given a port, another one for gRPC, and `rest`.
    ///
    /// # Errors
    /// One that does not listen in time.
    pub(crate) fn of(mut command: Command, rest: &[&str]) -> Result<Self> {
        let [port, grpc_port] = free_ports()?;
        command.args([port.to_string(), grpc_port.to_string()]).args(rest);
        let mut agent = Self::start(command, port)?;
        agent.grpc_port = Some(grpc_port);
        Ok(agent)
    }

    /// The gateway of the command `ca2a` in front of `upstream`, with everything that it keeps in `folder`.
    ///
    /// # Errors
    /// One that does not listen in time.
    pub(crate) fn gateway(
        ca2a: &Path,
        upstream: &Self,
        root: &str,
        capability: &str,
        folder: &Path,
    ) -> Result<Self> {
        let [port] = free_ports()?;
        let config = folder.join("gateway.yaml");
        // One holder asks as often as it can, and has an eighth of what is remembered of spent proofs.
        let text = format!(
            "attestation: {{provider: software-only}}\nlisten_addr: '127.0.0.1:{port}'\n\
             local_policy: ['{capability}']\ntrusted_root_issuers: ['{root}']\nca2a: {{replay_capacity: 8000000}}\n"
        );
        write(&config, text)?;
        let mut command = Command::new(ca2a);
        command.args(["gateway", "--config"]).arg(config).stderr(Stdio::null());
        command.args(["--upstream", &format!("{}/", upstream.url())]);
        command.args(["--url", &format!("http://127.0.0.1:{port}/")]);
        Self::start(command, port)
    }

    fn start(mut command: Command, port: u16) -> Result<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn();
        let mut agent =
            Self { child: child.with_context(|| format!("starting {command:?}"))?, port, grpc_port: None };
        let started = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = agent.child.try_wait()? {
                bail!("{command:?} ended with {status} instead of listening");
            }
            if started.elapsed() > Duration::from_secs(60) {
                bail!("{command:?} does not listen on port {port}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(agent)
    }

    /// Where it is.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Where it speaks gRPC, if it was given a port for that.
    pub(crate) fn grpc_port(&self) -> Option<u16> {
        self.grpc_port
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for AgentProcess {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody to tell either way.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ports that are free at the moment.
fn free_ports<const N: usize>() -> Result<[u16; N]> {
    let mut listeners = Vec::with_capacity(N);
    for _ in 0..N {
        listeners.push(StdListener::bind("127.0.0.1:0")?);
    }
    let mut ports = [0; N];
    for (port, listener) in ports.iter_mut().zip(&listeners) {
        *port = listener.local_addr()?.port();
    }
    Ok(ports)
}
