//! An agent that behaves as the A2A conformance kit asks, by the id of the message, on all three bindings.
#![allow(missing_docs, reason = "an example")]

mod script;

use std::{net::Ipv4Addr, sync::Arc};

use anyhow::{Context as _, bail};
use ca2a_delegation::TrustedRoots;
use ca2a_policy::AllowSet;
use ca2a_runtime::{
    a2a::{
        A2aServer, Demand, Engine, Push,
        sdk::{AgentCapabilities, AgentCard, AgentInterface, AgentSkill},
        tasks::MemoryTasks,
    },
    node::PeerNode,
    store::{MemoryRecordStore, MemoryReplayStore},
};
use script::Script;
use tokio::net::TcpListener;

/// The port of `--port`, or 9820.
fn port() -> anyhow::Result<u16> {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (None, _) => Ok(9820),
        (Some("--port"), Some(port)) => port.parse().context("`--port` takes a number from 1 to 65535"),
        _ => bail!("usage: tck_agent [--port 9820]"),
    }
}

/// What the agent says about itself. It does not require cA2A: the kit knows nothing of it.
fn card(port: u16) -> AgentCard {
    let origin = format!("http://127.0.0.1:{port}");
    AgentCard {
        name: "tck-agent".into(),
        description: "Does what the conformance kit asks, by the id of the message".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        supported_interfaces: vec![
            AgentInterface::new(format!("{origin}/"), "JSONRPC"),
            AgentInterface::new(origin, "HTTP+JSON"),
            AgentInterface::new(format!("127.0.0.1:{port}"), "GRPC"),
        ],
        capabilities: AgentCapabilities {
            streaming: Some(true),
            push_notifications: Some(true),
            extensions: None,
            extended_agent_card: None,
        },
        default_input_modes: vec!["text/plain".into()],
        default_output_modes: vec!["text/plain".into()],
        skills: vec![AgentSkill {
            id: "tck".into(),
            name: "TCK".into(),
            description: "The scripted behaviours".into(),
            tags: vec!["tck".into()],
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

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let port = port()?;
    let (replay, records) = (Arc::new(MemoryReplayStore::default()), Arc::new(MemoryRecordStore::default()));
    let node = PeerNode::new(TrustedRoots::none(), Arc::new(AllowSet::new([])), replay, records)?;
    let engine = Engine::new(Script, Arc::new(MemoryTasks::default()))
        .with_input_modes(vec!["text/plain".into(), "application/json".into()])
        .with_push(Push::in_memory(true));
    let server = A2aServer::new(Arc::new(node), engine, &card(port))?.with_demand(Demand::Optional);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    println!("http://127.0.0.1:{port}/.well-known/agent-card.json");
    server.serve(listener, async { tokio::signal::ctrl_c().await.unwrap_or(()) }).await?;
    Ok(())
}
