//! A2A over JSON-RPC: what one message costs the server's process, on the bare SDK, with cA2A in memory and in files, at a
//! gateway in front of the bare SDK, and on the Python stack. The load comes from the same generator, which makes one
//! handshake per 200 calls of a client, or per batch where that is fewer: a challenge must outlive its calls on the slowest
//! of the servers.

use std::{path::Path, sync::Arc, time::Duration};

use anyhow::{Result, ensure};
use ca2a_core::Capability;
use ca2a_runtime::{
    a2a::{
        client::{Authority, Ca2aTransport, JsonBinding, JsonTransport, Sealing, sdk::Transport as _},
        sdk::{Message, Part, Role, SendMessageRequest, SendMessageResponse, TaskState},
    },
    client::PeerClient,
    http::{HttpClient, Origin},
};

use super::{
    measure::{Charges, Effort},
    request::{CAPABILITY, chain_of, key},
    table::{Goal, Table},
};
use crate::{agent::AgentProcess, python::Python, workspace::target};

const HOPS: u8 = 2;

/// Calls under one handshake, at most.
const CALLS: usize = 200;

/// Messages in a batch to the Python stack are a third of those to the others: one takes it twenty times as long.
const FEWER: usize = 3;

pub(super) fn rows(ca2a: &Path, effort: Effort, table: &mut Table) -> Result<()> {
    let stack = Python::a2a()?;
    let root = root();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    for clients in [1, 16, 64] {
        let folder = target().join("bench").join(format!("a2a-{clients}"));
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        let start = |kind: &str| AgentProcess::ours(kind, &root, CAPABILITY, &folder);
        let each = (effort.tasks / clients).max(1);
        let fewer = (each / FEWER).max(1);
        let echo = start("bare")?;
        let gateway = AgentProcess::gateway(ca2a, &echo, &root, CAPABILITY, &folder)?;
        let python = AgentProcess::of(stack.driver("a2a_server"), &[&root, CAPABILITY])?;
        let mut servers = [
            Server::new(echo, false, clients, each)?,
            Server::new(gateway, true, clients, each)?,
            Server::new(start("memory")?, true, clients, each)?,
            Server::new(start("durable")?, true, clients, each)?,
            Server::new(python, true, clients, fewer)?,
        ];
        for _ in 0..=effort.batches {
            for server in &mut servers {
                runtime.block_on(server.serve_batch())?;
            }
        }
        let [bare, gateway, memory, durable, python] = servers.map(|server| server.charges.each());
        let row = |what: &str| format!("A2A JSON-RPC message, {what}, {clients} at once, CPU of the server");
        let over = |most, times| Goal::Beside { base: bare, most: Duration::from_micros(most), times };
        table.row(row("the bare SDK"), bare, None, Goal::None);
        table.row(row("cA2A in memory"), memory, Some(python), over(120, 15.0));
        let goal = if clients == 1 { Goal::None } else { over(200, 10.0) };
        table.row(row("cA2A in files"), durable, Some(python), goal);
        table.row(row("ca2a gateway in front of the bare SDK"), gateway, None, Goal::None);
    }
    Ok(())
}

/// A server, those who call it, and what it is charged.
struct Server {
    charges: Charges,
    /// Ended with the last of this.
    _agent: AgentProcess,
    /// Whether it speaks cA2A.
    is_ours: bool,
    callers: Vec<Caller>,
    /// Messages of a caller in a batch.
    each: usize,
}

impl Server {
    fn new(agent: AgentProcess, is_ours: bool, clients: usize, each: usize) -> Result<Self> {
        let callers = callers(&agent, clients, each)?;
        Ok(Self { charges: Charges::to(agent.id()), _agent: agent, is_ours, callers, each })
    }

    async fn serve_batch(&mut self) -> Result<()> {
        let load = load(&self.callers, self.each, self.is_ours);
        self.charges.batch(self.each * self.callers.len(), load).await
    }
}

/// The root that every agent here trusts.
pub(super) fn root() -> String {
    key(0, 0).verifying_key().to_hex()
}

/// A client, on the bare binding and with cA2A.
pub(super) type Caller = Arc<(JsonTransport, Ca2aTransport<JsonTransport>)>;

/// `clients` of them, each of whom makes one handshake for `each` calls or fewer.
pub(super) fn callers(agent: &AgentProcess, clients: usize, each: usize) -> Result<Vec<Caller>> {
    let origin = Origin::parse(&agent.url())?;
    let caller = || {
        let http = HttpClient::new(origin.clone());
        let inner = JsonTransport::new(http, "/", JsonBinding::JsonRpc);
        let authority = Authority::new(
            chain_of(HOPS, 0)?.into_iter().collect(),
            key(0, HOPS),
            Capability::new(CAPABILITY)?,
        );
        let caller = Ca2aTransport::new(inner.clone(), PeerClient::new(origin.clone()), authority)?
            .with_sealing(Sealing::Plain)
            .accepting_unrecorded()
            .with_calls_per_handshake(u32::try_from(CALLS.min(each))?);
        Ok(Arc::new((inner, caller)))
    };
    (0..clients).map(|_| caller()).collect()
}

/// Every caller sends `each` messages, one after another; with cA2A where the agent is `ours`.
pub(super) async fn load(callers: &[Caller], each: usize, ours: bool) -> Result<()> {
    let mut loads = tokio::task::JoinSet::new();
    for caller in callers {
        let caller = Arc::clone(caller);
        loads.spawn(async move {
            for _ in 0..each {
                let message = Message::new(Role::User, vec![Part::text("hello")]);
                let request =
                    SendMessageRequest { message, configuration: None, metadata: None, tenant: None };
                let response = match ours {
                    true => caller.1.send(request).await?.response,
                    false => caller.0.send_message(&Default::default(), &request).await?,
                };
                let SendMessageResponse::Task(task) = response else { anyhow::bail!("no task") };
                ensure!(task.status.state == TaskState::Completed, "{task:?}");
            }
            anyhow::Ok(())
        });
    }
    while let Some(ended) = loads.join_next().await {
        ended??;
    }
    Ok(())
}
