//! How an agent acts: it takes a task and a grant, signs for what it does, narrows the grant, and calls on.

use std::sync::{Arc, Mutex, PoisonError};

use ca2a_core::{
    Capability, CredentialId, EvaluationTime, RecordId, Scope, SigningKey, TraceLink, VerifyingKey,
    json::{Node, Object},
};
use ca2a_delegation::{Chain, ChainVerifier, Credential, Grant, TrustedRoots, VerifiedChain, delegate};
use ca2a_runtime::{
    agent::Agent,
    client::PeerClient,
    http::Origin,
    node::{TaskError, TaskHandler, TaskResult},
    payload::TaskPayload,
    peer::Granted,
    store::MemoryRecordStore,
};
use ca2a_trace::{HopContext, ParentLink};

use super::{
    call::{Calling, Request},
    cast::{self, Part},
    hardware::Hardware,
    shelf,
};
use crate::{Clock as _, SystemClock};

/// The agent that comes next.
#[derive(Debug)]
pub(super) struct Next {
    pub(super) name: String,
    pub(super) url: String,
    /// Its key, where it is to be granted something.
    pub(super) key: Option<VerifyingKey>,
}

/// An agent. Its key was made in this process and stays in it.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) part: &'static Part,
    pub(super) agent: Agent<Arc<MemoryRecordStore>>,
    pub(super) roots: TrustedRoots,
    pub(super) next: Option<Next>,
    /// What it attests with, where its machine has something.
    pub(super) hardware: Option<Hardware>,
    /// The last call that it made, as it was sent, and the chain that it acted under.
    pub(super) last: Mutex<Option<(Request, Chain)>>,
}

/// What is known once a task is done: its answer, and how it came about.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) answer: String,
    /// The longest chain that was acted under.
    pub(super) chain: Chain,
    /// The signed records, the first hop's first.
    pub(super) records: Vec<Node<'static>>,
    /// What happened on each call, the first hop's first.
    pub(super) calls: Vec<Node<'static>>,
}

impl Done {
    pub(super) fn to_object(&self) -> Object<'static> {
        Object::from([
            ("answer", Node::from(self.answer.clone())),
            ("chain", self.chain.to_node()),
            ("records", self.records.iter().cloned().collect()),
            ("calls", self.calls.iter().cloned().collect()),
        ])
    }

    fn from_json(plaintext: &[u8]) -> Result<Self, String> {
        let node = ca2a_core::json::read(plaintext).map_err(text)?;
        let object = node.expect_object("result").map_err(text)?;
        let list =
            |name| object.array(name).map(|items| items.iter().cloned().map(Node::into_owned).collect());
        let hops = object.array("chain").map_err(text)?;
        Ok(Self {
            answer: object.text("answer").map_err(text)?.into(),
            chain: Chain::from_nodes(hops, plaintext).map_err(text)?,
            records: list("records").map_err(text)?,
            calls: list("calls").map_err(text)?,
        })
    }
}

impl TaskHandler for Worker {
    fn handle<'t>(&'t self, call: &'t Granted) -> TaskResult<'t> {
        Box::pin(async move {
            let done = self.serve(call).await.map_err(TaskError)?;
            Ok(Some(ca2a_core::json::to_text(&Node::from(done.to_object())).into_bytes()))
        })
    }
}

impl Worker {
    /// The agent that plays `part` with `key`, and keeps in `records` what it signs for.
    pub(super) fn new(
        part: &'static Part,
        key: SigningKey,
        roots: TrustedRoots,
        next: Option<Next>,
        hardware: Option<Hardware>,
        records: Arc<MemoryRecordStore>,
    ) -> Self {
        let policy = format!("{} serves {}", part.name, part.serves.join(", "));
        let context =
            HopContext::software("ca2a", "demo", part.name, TraceLink::sha256_of(policy.as_bytes()));
        let context = match &hardware {
            Some(hardware) => hardware.context(context),
            None => context,
        };
        let subject = format!("spiffe://demo.invalid/agent/{}", part.name);
        let agent = Agent::new(key, subject, context, records);
        Self { part, agent, roots, next, hardware, last: Mutex::new(None) }
    }

    /// A client of the peer at `url`, as this agent calls.
    pub(super) fn client(&self, url: &str) -> Result<PeerClient, String> {
        let client = PeerClient::new(Origin::parse(url).map_err(text)?);
        Ok(match &self.hardware {
            Some(hardware) => hardware.client(client),
            None => client,
        })
    }

    /// Does what a caller was granted.
    async fn serve(&self, call: &Granted) -> Result<Done, String> {
        let plaintext = call.payload.as_deref().ok_or("there is no task in this call")?;
        let payload = TaskPayload::from_json(plaintext).map_err(text)?;
        let task = payload.task.as_str().ok_or("the task is no text")?;
        let Some(grant) = payload.grant else {
            // The end of the row: nothing is passed on, so nothing more is signed.
            let answer = shelf::fetch(task).to_owned();
            return Ok(Done { answer, chain: Chain::from_iter([]), records: Vec::new(), calls: Vec::new() });
        };
        self.act(grant, *call.record.parent(), task).await
    }

    /// Acts under `grant`, following the record `parent`: signs, narrows, calls on.
    pub(super) async fn act(&self, grant: Chain, parent: ParentLink, task: &str) -> Result<Done, String> {
        let held = self.check(&grant)?;
        let act = self.agent.act(&grant, parent).await.map_err(text)?;
        let next = self.next.as_ref().ok_or("there is nobody to call")?;
        let child = next.key.map(|key| self.narrow(held.leaf(), key)).transpose()?;
        let passed = child.clone().map(|child| {
            let mut chain = grant.clone();
            chain.extend([child]);
            chain
        });
        let payload = TaskPayload { task: Node::from(task.to_owned()), grant: passed }.to_json();
        let calling = Calling {
            client: self.client(&next.url)?,
            chain: &grant,
            key: self.agent.key(),
            capability: capability(self.part.asks_for)?,
            record_id: record_id(self.part.name)?,
            parent: ParentLink::from(&act),
        };
        let reply = calling.call(payload.as_bytes()).await?;
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((reply.request, grant.clone()));
        let result = reply.result.ok_or("the result did not come back")?;
        let below = Done::from_json(&result)?;

        let mut happened = Object::from([
            ("caller", Node::from(self.part.name)),
            ("callee", next.name.clone().into()),
            ("capability", self.part.asks_for.into()),
            ("holds", held.scope().to_node().into_owned()),
            ("under", held.hops().iter().map(|hop| hop.id().to_string()).collect::<Node<'_>>()),
            ("trace", act.record().hash().to_string().into()),
            ("plain_bytes", payload.len().into()),
            ("sealed_bytes", reply.sealed.len().into()),
            ("sealed_start", ca2a_core::encoding::hex(reply.sealed.get(..12).unwrap_or_default()).into()),
            ("result_sealed_bytes", reply.result_sealed_bytes.into()),
            ("channel", reply.channel.into()),
            ("assurance", reply.assurance.as_str().into()),
            ("measurement", reply.measurement.into()),
            ("record_hash", reply.record_hash.into()),
            ("statement", reply.statement.into()),
        ]);
        if let Some(child) = &child {
            happened.insert("passes", child.scope().to_node().into_owned());
            happened.insert("issues", child.id().to_string());
        }
        let own = |node: Node<'static>, rest: Vec<Node<'static>>| std::iter::once(node).chain(rest).collect();
        Ok(Done {
            answer: below.answer,
            chain: if below.chain.is_empty() { grant } else { below.chain },
            records: own(act.into_record().object().clone().into(), below.records),
            calls: own(happened.into(), below.calls),
        })
    }

    /// A grant is worth something only where it holds, and names this agent.
    fn check(&self, grant: &Chain) -> Result<VerifiedChain, String> {
        let now = EvaluationTime::Live(SystemClock.now());
        let held = ChainVerifier::new(&self.roots).verify(grant, now).map_err(text)?;
        if *held.subject() != self.agent.key().verifying_key() {
            return Err(format!("the grant is for {}, not for me", held.subject()));
        }
        Ok(held)
    }

    /// Grants the next agent what it needs for its part of the task, and no more.
    fn narrow(&self, leaf: &Credential, subject: VerifyingKey) -> Result<Credential, String> {
        let grant = Grant {
            id: CredentialId::new(self.part.issues).map_err(text)?,
            subject,
            scope: Scope::new(cast::scope(self.part.passes).iter().cloned()),
            not_before: leaf.not_before(),
            not_after: leaf.not_after(),
        };
        delegate(leaf, self.agent.key(), grant).map_err(text)
    }
}

pub(super) fn capability(name: &str) -> Result<Capability, String> {
    Capability::new(name).map_err(text)
}

/// An id for the record of one call, which no other call has.
pub(super) fn record_id(caller: &str) -> Result<RecordId, String> {
    let random = crate::session::random::<8>().map_err(|failure| failure.message().to_owned())?;
    RecordId::new(format!("{caller}-{}", ca2a_core::encoding::hex(random.as_slice()))).map_err(text)
}

pub(super) fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
