//! A2A with the official Python SDK on the other side, on every binding, streaming included.

use anyhow::{Context as _, Result, ensure};
use ca2a_core::{
    Capability, CredentialId, Scope, SigningKey,
    json::{Node, to_text},
};
use ca2a_delegation::{Chain, Credential, Grant, delegate, issue};
use ca2a_runtime::{
    a2a::{
        client::{
            Authority, Ca2aTransport, GrpcTransport, JsonBinding, JsonTransport, Sealing, sdk::Transport,
        },
        sdk::{
            Message, Part, Role, SendMessageRequest, SendMessageResponse, StreamResponse, TaskState, stream,
        },
    },
    client::PeerClient,
    http::{HttpClient, Origin},
};
use ca2a_trace::DelegationRecord;
use serde_json::{Value, json};

use super::{live::record_body, tally::Tally};
use crate::{
    agent::AgentProcess,
    python::{Python, pipe},
    workspace::target,
};

const BINDINGS: [&str; 3] = ["JSONRPC", "HTTP+JSON", "GRPC"];

/// Calls of each kind, on each binding.
const CALLS: usize = 5;

fn key(party: u8) -> SigningKey {
    SigningKey::from_seed(&[party; 32])
}

fn chain() -> Result<Vec<Credential>> {
    let grant = |id: &str, party| -> Result<Grant> {
        Ok(Grant {
            id: CredentialId::new(id)?,
            subject: key(party).verifying_key(),
            scope: Scope::new([Capability::new("read")?, Capability::new("write")?]),
            not_before: Some(1_700_000_000),
            not_after: Some(9_000_000_000),
        })
    };
    let root = issue(&key(1), grant("c-0", 2)?)?;
    let leaf = delegate(&root, &key(2), grant("c-1", 3)?)?;
    Ok(vec![root, leaf])
}

/// Both directions.
///
/// # Errors
/// A call that ends otherwise than it must, or an agent that does not start.
pub(crate) fn run(python: &Python, tally: &mut Tally) -> Result<()> {
    let root = key(1).verifying_key().to_hex();
    let ours = AgentProcess::ours("memory", &root, "read", &target().join("interop-a2a-state"))?;
    for binding in BINDINGS {
        for streaming in [false, true] {
            let way = if streaming { "stream" } else { "call" };
            let count = from_python(python, &ours, binding, streaming)?;
            tally.count("Python a2a-sdk to our A2A server", &format!("{binding}, {way}"), count, CALLS + 1);
        }
    }
    let theirs = AgentProcess::of(python.driver("a2a_server"), &[&root, "read"])?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    for binding in BINDINGS {
        let count = runtime.block_on(to_python(&theirs, binding))?;
        tally.count(
            "our A2A client to Python a2a-sdk",
            &format!("{binding}, call and stream"),
            count,
            2 * CALLS + 1,
        );
    }
    Ok(())
}

/// Calls of the SDK's client to us: granted ones, whose record is the one of the call, and one beyond what is allowed.
fn from_python(python: &Python, ours: &AgentProcess, binding: &str, streaming: bool) -> Result<usize> {
    let chain: Node<'static> = chain()?.iter().map(Credential::to_node).collect();
    let chain: Value = serde_json::from_str(&to_text(&chain))?;
    let seed: String = [3_u8; 32].iter().map(|byte| format!("{byte:02x}")).collect();
    let job = |number: usize, capability: &str| {
        json!({
            "url": ours.url(), "chain": chain, "holder_seed": seed, "capability": capability, "binding": binding,
            "record_id": format!("r-{binding}-{streaming}-{number}"), "text": format!("ünïcode {number}"),
            "streaming": streaming,
        })
    };
    let mut jobs: Vec<String> = (0..CALLS).map(|number| job(number, "read").to_string()).collect();
    jobs.push(job(CALLS, "write").to_string());
    let said = pipe(&mut python.driver("a2a_client"), &(jobs.join("\n") + "\n"))?;
    let outcomes: Vec<Value> = said.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    ensure!(outcomes.len() == jobs.len(), "{binding}: {} answers to {} calls", outcomes.len(), jobs.len());
    for (number, outcome) in outcomes.iter().take(CALLS).enumerate() {
        let answer = &outcome["answer"];
        ensure!(answer["state"] == "TASK_STATE_COMPLETED", "{binding}: {outcome}");
        ensure!(answer["text"] == format!("ünïcode {number}"), "{binding}: {outcome}");
        ensure!(answer["advertised"] == true && answer["require_caller_attestation"] == "none", "{outcome}");
        ensure!(!streaming || answer["events"].as_u64() > Some(1), "{binding}: {outcome}");
        let record: Value = serde_json::from_str(answer["record"].as_str().context("no record came back")?)?;
        let record = DelegationRecord::from_json(record_body(&record).as_bytes())?;
        ensure!(record.id().as_str() == format!("r-{binding}-{streaming}-{number}"), "another record");
    }
    let refused = outcomes[CALLS]["refused"].as_str().context("a call beyond the policy was granted")?;
    ensure!(refused.contains("SCOPE_NOT_PERMITTED"), "{binding}: {refused}");
    Ok(outcomes.len())
}

fn request(text: &str) -> SendMessageRequest {
    let message = Message::new(Role::User, vec![Part::text(text)]);
    SendMessageRequest { message, configuration: None, metadata: None, tenant: None }
}

/// Our calls to an agent on the SDK that judges them with the published package.
async fn to_python(theirs: &AgentProcess, binding: &str) -> Result<usize> {
    let origin = Origin::parse(&theirs.url())?;
    let calling = |capability: &str| -> Result<Authority> {
        let chain: Chain = chain()?.into_iter().collect();
        Ok(Authority::new(chain, key(3), Capability::new(capability)?))
    };
    let inner: Box<dyn Transport> = match binding {
        "JSONRPC" => Box::new(JsonTransport::new(HttpClient::new(origin.clone()), "/", JsonBinding::JsonRpc)),
        "GRPC" => {
            let port = theirs.grpc_port().context("the agent speaks no gRPC")?;
            let place = Origin::parse(&format!("http://127.0.0.1:{port}"))?;
            Box::new(GrpcTransport::connect(HttpClient::new(place)).await?)
        }
        _ => Box::new(JsonTransport::new(HttpClient::new(origin.clone()), "/rest", JsonBinding::HttpJson)),
    };
    // The package opens no sealed A2A message, and puts no record into an answer.
    let transport = Ca2aTransport::new(inner, PeerClient::new(origin), calling("read")?)?
        .with_sealing(Sealing::Plain)
        .accepting_unrecorded();
    let mut count = 0;
    for number in 0..CALLS {
        let text = format!("ünïcode {number}");
        let answered = transport.send(request(&text)).await?;
        let SendMessageResponse::Task(task) = answered.response else { anyhow::bail!("{binding}: no task") };
        let said = task.status.message.as_ref().and_then(Message::text);
        ensure!(task.status.state == TaskState::Completed && said == Some(&text), "{binding}: {task:?}");
        let events = transport.stream(request(&text)).await?.events;
        let events: Vec<_> = stream::StreamExt::collect::<Vec<_>>(events).await;
        let last = events.into_iter().last().context("an empty stream")??;
        let StreamResponse::StatusUpdate(last) = last else { anyhow::bail!("{binding}: {last:?}") };
        ensure!(last.status.state == TaskState::Completed, "{binding}: {last:?}");
        count += 2;
    }
    let params = Default::default();
    let answered = transport.send_under(&calling("write")?, None, params, request("no")).await?;
    let SendMessageResponse::Task(task) = answered.response else { anyhow::bail!("{binding}: no task") };
    let said = task.status.message.as_ref().and_then(Message::text).unwrap_or_default();
    ensure!(task.status.state == TaskState::Rejected, "{binding}: {task:?}");
    ensure!(said.starts_with("SCOPE_NOT_PERMITTED"), "{binding}: {said}");
    Ok(count + 1)
}
