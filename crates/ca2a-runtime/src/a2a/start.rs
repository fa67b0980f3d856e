//! A node's A2A server from its configuration (A2A-53): what `ca2a start` serves beside the reference transport.

use std::sync::Arc;

use a2a::{AgentCapabilities, AgentCard, AgentInterface, AgentSkill};
use ca2a_core::ErrorCode;

use super::{
    A2aServer, Demand, Engine, HandlerAgent, ServerLimits,
    card::{CardError, CardExtension, CardKey},
    tasks::{DurableTasks, TaskLimits, TaskStoreError},
};
use crate::{
    config::{A2aBinding, A2aDemand, A2aSettings, A2aSkill, Config},
    node::PeerNode,
    store::RecordStore,
    system::{Clock as _, SystemClock},
};

/// Why a node does not serve A2A.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum A2aStartError {
    /// The tasks cannot be kept.
    #[error("the tasks of the A2A server cannot be kept: {0}")]
    Tasks(#[from] TaskStoreError),
    /// The card cannot be made or signed.
    #[error("the card of the A2A server cannot be made: {0}")]
    Card(#[from] CardError),
    /// The card does not write as JSON.
    #[error("the card of the A2A server cannot be written: {0}")]
    Json(#[from] serde_json::Error),
}

impl A2aStartError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Tasks(error) => error.code(),
            Self::Card(_) | Self::Json(_) => ErrorCode::ConfigError,
        }
    }
}

/// The A2A server that `config` describes, over `node` and its handler, with its tasks in the file of `records` and its card
/// signed with the node's own key. `None` where the configuration has no `ca2a.a2a`.
///
/// # Errors
/// Tasks that cannot be kept, or a card that cannot be signed.
pub fn server(
    config: &Config,
    node: &Arc<PeerNode>,
    records: Arc<RecordStore>,
) -> Result<Option<A2aServer>, A2aStartError> {
    let Some(settings) = &config.a2a else { return Ok(None) };
    let now = SystemClock.now_milliseconds();
    let tasks = DurableTasks::open(records, TaskLimits::default(), now)?;
    let engine = Engine::new(HandlerAgent::of(node), Arc::new(tasks));
    let card = card(config, settings, node);
    let server = A2aServer::new(Arc::clone(node), engine, &card)?
        .with_demand(match settings.demand {
            A2aDemand::Required => Demand::Required,
            A2aDemand::Optional => Demand::Optional,
        })
        .with_bindings(settings.bindings.clone())
        .with_limits(ServerLimits {
            body: config.http.body,
            head: config.http.head.max(ServerLimits::default().head),
            request: config.http.request,
            connections: usize::try_from(config.http.max_connections).unwrap_or(usize::MAX),
            ..ServerLimits::default()
        });
    Ok(Some(match node.identity() {
        Some(key) => server.signed_by(CardKey::Ed25519(key.clone()))?,
        None => server,
    }))
}

/// The card of the agent.
fn card(config: &Config, settings: &A2aSettings, node: &PeerNode) -> AgentCard {
    let listener = settings.listen_addr.to_string();
    let url = settings.url.clone().unwrap_or_else(|| {
        let scheme = if config.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{listener}")
    });
    let url = url.trim_end_matches('/').to_owned();
    let interface = |binding: &A2aBinding| match binding {
        A2aBinding::JsonRpc => AgentInterface::new(format!("{url}/"), "JSONRPC"),
        A2aBinding::HttpJson => AgentInterface::new(url.clone(), "HTTP+JSON"),
        A2aBinding::Grpc => {
            // Without a scheme, so that a signature over it verifies everywhere.
            let place = url.split_once("://").map_or(url.as_str(), |(_, place)| place);
            AgentInterface::new(place, "GRPC")
        }
    };
    let text = || vec!["text/plain".to_owned(), "application/json".to_owned()];
    let mut card = AgentCard {
        name: settings.name.clone(),
        description: settings.description.clone(),
        version: settings.version.clone(),
        supported_interfaces: settings.bindings.iter().map(interface).collect(),
        capabilities: AgentCapabilities { streaming: Some(true), ..AgentCapabilities::default() },
        default_input_modes: text(),
        default_output_modes: text(),
        skills: skills(config, settings),
        provider: None,
        documentation_url: None,
        icon_url: None,
        security_schemes: None,
        security_requirements: None,
        signatures: None,
    };
    let mut extension = CardExtension::of(node);
    extension.required = settings.require_extension;
    extension.node_metadata_url = Some(format!("{url}{}", crate::http::METADATA_PATH));
    extension.declare(&mut card);
    card
}

fn skills(config: &Config, settings: &A2aSettings) -> Vec<AgentSkill> {
    let allowed = config.local_policy.iter().flatten().map(|capability| {
        let id = capability.to_string();
        A2aSkill { name: id.clone(), description: format!("What `{id}` allows"), tags: vec![id.clone()], id }
    });
    let mut skills: Vec<A2aSkill> = settings.skills.clone();
    if skills.is_empty() {
        skills.extend(allowed);
    }
    if skills.is_empty() {
        skills.push(A2aSkill {
            id: "delegated-work".to_owned(),
            name: "Delegated work".to_owned(),
            description: "What the policy of this agent allows".to_owned(),
            tags: vec!["ca2a".to_owned()],
        });
    }
    let skill = |skill: A2aSkill| AgentSkill {
        id: skill.id,
        name: skill.name,
        description: skill.description,
        tags: skill.tags,
        examples: None,
        input_modes: None,
        output_modes: None,
        security_requirements: None,
    };
    skills.into_iter().map(skill).collect()
}
