//! `ca2a demo-agent`: one agent of the demo, in a process of its own.
//!
//! It hears orders as lines of JSON on standard input, answers each with one line, and ends with its input.

use std::{
    io::{BufRead as _, Read as _},
    sync::{Arc, PoisonError},
};

use ca2a_core::{
    ErrorCode, SigningKey, VerifyingKey,
    json::{Node, NumberPolicy, Object, Reader, to_text},
};
use ca2a_delegation::{Chain, TrustedRoots};
use ca2a_policy::AllowSet;
use ca2a_runtime::{
    http::{HttpLimits, serve},
    node::PeerNode,
    store::{MemoryRecordStore, MemoryReplayStore},
};
use ca2a_trace::ParentLink;
use tokio::{net::TcpListener, runtime::Runtime};

use super::{
    call::{self, Calling, Request},
    cast::{self, Part},
    hardware::Hardware,
    machine::Machine,
    worker::{Next, Worker, capability, record_id, text},
};
use crate::{
    answer::Answer,
    failure::Failure,
    session::{Session, random},
};

/// The longest order.
const LONGEST: u64 = 1 << 20;

/// Play one part of the demo
#[derive(Debug, clap::Args)]
#[command(hide = true)]
pub(crate) struct Args {
    part: String,
}

impl Args {
    pub(crate) fn run(&self, session: &mut Session<'_, '_>) -> Result<Answer, Failure> {
        let broken = |error: std::io::Error| Failure::new(ErrorCode::Ca2aError, error.to_string());
        let mut agent = Agent {
            part: Part::named(&self.part)?,
            runtime: Runtime::new().map_err(broken)?,
            worker: None,
            machine: None,
        };
        let mut input = std::io::stdin().lock();
        loop {
            let mut line = String::new();
            if input.by_ref().take(LONGEST).read_line(&mut line).map_err(broken)? == 0 {
                return Ok(Answer::given());
            }
            let said = agent.obey(line.as_bytes());
            let said = said.unwrap_or_else(|trouble| Object::from([("trouble", trouble)]));
            session.out.say(&(to_text(&Node::from(said)) + "\n")).map_err(broken)?;
        }
    }
}

struct Agent {
    part: &'static Part,
    runtime: Runtime,
    worker: Option<Arc<Worker>>,
    machine: Option<Machine>,
}

impl Agent {
    fn obey(&mut self, line: &[u8]) -> Result<Object<'static>, String> {
        let order = Reader::new(NumberPolicy::Integer53).read(line).map_err(text)?;
        let order = order.expect_object("order").map_err(text)?;
        match order.text("do").map_err(text)? {
            "boot" => self.boot(),
            "begin" => self.begin(order),
            "run" => self.carry_out(order, line),
            "overreach" => self.overreach(),
            "replay" => self.replay(),
            "steal" => self.steal(order, line),
            other => Err(format!("no such order: {other}")),
        }
    }

    fn worker(&self) -> Result<&Arc<Worker>, String> {
        self.worker.as_ref().ok_or_else(|| "this agent has not begun".into())
    }

    /// Is the machine of the others for as long as this process lives.
    fn boot(&mut self) -> Result<Object<'static>, String> {
        let (machine, facts) = Machine::boot()?;
        self.machine = Some(machine);
        Ok(facts)
    }

    /// Makes a key, and listens if the part serves.
    fn begin(&mut self, order: &Object<'_>) -> Result<Object<'static>, String> {
        let seed = random::<32>().map_err(|failure| failure.message().to_owned())?;
        let root = VerifyingKey::from_hex(order.text("root").map_err(text)?).map_err(text)?;
        let next = order.optional("next").map(read_next).transpose()?;
        let machine = order.optional("machine").and_then(Node::as_object);
        let hardware = machine.map(Hardware::on).transpose()?;
        let (key, records) = (SigningKey::from_seed(&seed), Arc::new(MemoryRecordStore::default()));
        let roots = TrustedRoots::from_iter([root]);
        let worker = Arc::new(Worker::new(self.part, key, roots, next, hardware, Arc::clone(&records)));
        let mut said = Object::from([("key", worker.agent.key().verifying_key().to_hex())]);
        if !self.part.serves.is_empty() {
            let (url, channel) = self.listen(&worker, records)?;
            said.insert("url", url);
            said.insert("channel", channel);
        }
        self.worker = Some(worker);
        Ok(said)
    }

    /// Serves on a port of loopback that the system chooses; gives the URL and the channel key.
    fn listen(
        &self,
        worker: &Arc<Worker>,
        records: Arc<MemoryRecordStore>,
    ) -> Result<(String, String), String> {
        let policy = AllowSet::new(cast::scope(self.part.serves).iter().cloned());
        let replay = MemoryReplayStore::default();
        let node = PeerNode::new(worker.roots.clone(), Arc::new(policy), Arc::new(replay), records);
        let handler = Arc::<Worker>::clone(worker);
        let node = node.map_err(text)?.with_handler(handler).with_identity(worker.agent.key().clone());
        let node = match &worker.hardware {
            Some(hardware) => hardware.node(node),
            None => node,
        };
        let channel = node.channel_key().to_string();
        let listener = self.runtime.block_on(TcpListener::bind(("127.0.0.1", 0))).map_err(text)?;
        let url = format!("http://{}", listener.local_addr().map_err(text)?);
        self.runtime.spawn(serve(listener, Arc::new(node), HttpLimits::default(), std::future::pending()));
        Ok((url, channel))
    }

    /// Takes a grant and a task from the operator.
    fn carry_out(&self, order: &Object<'_>, source: &[u8]) -> Result<Object<'static>, String> {
        let grant = Chain::from_nodes(order.array("grant").map_err(text)?, source).map_err(text)?;
        let task = order.text("task").map_err(text)?;
        let done = self.runtime.block_on(self.worker()?.act(grant, ParentLink::Root, task))?;
        Ok(done.to_object())
    }

    /// What this agent sent last, and the chain that it acted under.
    fn last(&self) -> Result<(Request, Chain), String> {
        let last = self.worker()?.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        last.ok_or_else(|| "this agent has called nobody yet".into())
    }

    /// Asks the next one for more than was granted.
    fn overreach(&self) -> Result<Object<'static>, String> {
        let worker = self.worker()?;
        let next = worker.next.as_ref().ok_or("there is nobody to ask")?;
        let (_, chain) = self.last()?;
        let calling = Calling {
            client: worker.client(&next.url)?,
            chain: &chain,
            key: worker.agent.key(),
            capability: capability(cast::OVERREACH)?,
            record_id: record_id(self.part.name)?,
            parent: ParentLink::Root,
        };
        self.runtime.block_on(calling.attempt(b"{\"task\":\"one of everything\"}"))
    }

    /// Sends the last call once more, byte for byte.
    fn replay(&self) -> Result<Object<'static>, String> {
        let (request, _) = self.last()?;
        self.runtime.block_on(request.send_again())
    }

    /// Presents the chain of others. Their keys are not here, so the proof is made with a key of its own.
    fn steal(&self, order: &Object<'_>, source: &[u8]) -> Result<Object<'static>, String> {
        let worker = self.worker()?;
        let chain = Chain::from_nodes(order.array("chain").map_err(text)?, source).map_err(text)?;
        let client = worker.client(order.text("url").map_err(text)?)?;
        let capability = capability(self.part.asks_for)?;
        let theft = call::steal(client, chain, worker.agent.key(), capability, record_id(self.part.name)?);
        self.runtime.block_on(theft)
    }
}

fn read_next(node: &Node<'_>) -> Result<Next, String> {
    let object = node.expect_object("next").map_err(text)?;
    let key = object.optional("key").and_then(Node::as_str);
    Ok(Next {
        name: object.text("name").map_err(text)?.into(),
        url: object.text("url").map_err(text)?.into(),
        key: key.map(VerifyingKey::from_hex).transpose().map_err(text)?,
    })
}
