//! A gateway that is ready to serve.

use std::{
    future::Future,
    io,
    sync::{Arc, OnceLock},
    time::Duration,
};

use a2a::AgentCard;
use axum::Router;
use ca2a_core::ErrorCode;
use tokio::{
    task::JoinHandle,
    time::{Instant, timeout},
};

use super::{
    CallsAtHand, UpstreamAddress, UpstreamAgent, UpstreamError, UpstreamLimits,
    binding::{Spoken, spoken},
    fetch_card, health, present,
};
use crate::{
    a2a::{
        A2aServer, Engine, Forwarding,
        card::{CardError, CardKey},
        tasks::TaskStore,
    },
    calls::Ledger,
    http::Door,
    node::PeerNode,
    operations::Check,
};

/// For how long a gateway that was stopped answers and ends what is at hand (GATE-82).
pub(super) const DRAIN: Duration = Duration::from_secs(30);

/// A gateway that did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// The agent does not show its card, or not one to work with.
    #[error("the gateway cannot work with the agent behind it: {0}")]
    Upstream(#[from] UpstreamError),
    /// The node keeps no ledger, so nothing could be promised about a call.
    #[error("the node keeps no ledger of its calls; a gateway promises at most one request for one proof")]
    NoLedger,
    /// The card cannot be signed.
    #[error("the agent's card cannot be signed: {0}")]
    Sign(#[from] CardError),
    /// The card cannot be written.
    #[error("the card cannot be written: {0}")]
    Card(#[from] serde_json::Error),
}

impl GatewayError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Upstream(error) => error.code(),
            Self::NoLedger | Self::Card(_) | Self::Sign(_) => ErrorCode::ConfigError,
        }
    }
}

/// cA2A in front of one agent.
pub struct Gateway {
    node: Arc<PeerNode>,
    server: A2aServer,
    card: AgentCard,
    at_hand: Arc<CallsAtHand>,
    checks: Arc<[Check]>,
    between: Option<Door>,
    drain: Duration,
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Gateway").field("agent", &self.card.name).finish_non_exhaustive()
    }
}

impl Gateway {
    /// A gateway of `node` before the agent at `upstream`, whose card is asked for now and shown under `url`. Tasks are kept
    /// in `tasks`.
    ///
    /// # Errors
    /// A node without a ledger, or an agent that shows no card or speaks nothing that is spoken here.
    pub async fn before(
        upstream: UpstreamAddress,
        limits: UpstreamLimits,
        node: Arc<PeerNode>,
        tasks: Arc<dyn TaskStore>,
        url: &str,
    ) -> Result<Self, GatewayError> {
        let calls = Arc::clone(node.ledger().ok_or(GatewayError::NoLedger)?.store());
        let card = fetch_card(&upstream, limits).await?;
        let streams = card.capabilities.streaming == Some(true);
        let Spoken { binding, place: upstream, tenant } = spoken(&card, &upstream)?;
        let at_hand = Arc::<CallsAtHand>::default();
        let agent = UpstreamAgent::new(upstream.clone(), calls)
            .speaking(binding)
            .under(tenant)
            .streams(streams)
            .with_limits(limits)
            .showing(Arc::clone(&at_hand), node.signing_key());
        let card = present(card, &node, url);
        let checks = health::checks(&node, upstream);
        let engine = Engine::new(agent, tasks);
        let server = A2aServer::new(Arc::clone(&node), engine, &card)?
            .with_routes(health::routes(Arc::clone(&checks)));
        let server = match node.identity() {
            Some(key) => server.signed_by(CardKey::Ed25519(key.clone()))?,
            None => server,
        };
        Ok(Self { node, server, card, at_hand, checks, between: None, drain: DRAIN })
    }

    /// Hands to other nodes of its database what is bound to their channels, and serves at `door` what they hand to it
    /// (GATE-74).
    #[must_use]
    pub fn with_forwarding(mut self, forwarding: Forwarding, door: Door) -> Self {
        self.server = self.server.with_forwarding(forwarding);
        self.between = Some(door);
        self
    }

    /// For how long what is at hand is answered and ended once the gateway is stopped; half a minute unless given.
    #[must_use]
    pub fn with_drain(mut self, drain: Duration) -> Self {
        self.drain = drain;
        self
    }

    pub(super) fn drain(&self) -> Duration {
        self.drain
    }

    /// The card that it shows.
    #[must_use]
    pub fn card(&self) -> &AgentCard {
        &self.card
    }

    /// The calls that the agent works on, for the side that goes out.
    #[must_use]
    pub fn calls_at_hand(&self) -> Arc<CallsAtHand> {
        Arc::clone(&self.at_hand)
    }

    /// What must hold for it to be ready (GATE-29), for whoever shows that elsewhere too.
    #[must_use]
    pub fn checks(&self) -> Arc<[Check]> {
        Arc::clone(&self.checks)
    }

    /// Everything that it serves.
    pub fn into_router(self) -> Router {
        self.server.into_router()
    }

    /// Serves at `door`, a listener or one with TLS around it, until `stop` resolves, and keeps the lease of the node
    /// meanwhile (GATE-5). Once `stop` resolves, nothing new is taken, what is at hand is answered, and what the agent still
    /// works on is waited for, whoever waits for it besides (GATE-82).
    ///
    /// # Errors
    /// A listener that keeps failing.
    pub async fn serve(self, door: impl Into<Door>, stop: impl Future<Output = ()> + Send) -> io::Result<()> {
        let ledger = self.node.ledger().map(Arc::clone);
        let _kept = ledger.clone().map(Kept::of);
        let stopped = OnceLock::new();
        let stop = async {
            stop.await;
            let _ = stopped.set(Instant::now());
        };
        let doors = [door.into()].into_iter().chain(self.between);
        self.server.serve_at(doors, stop).await?;
        if let Some(ledger) = ledger {
            let passed = stopped.get().map_or(Duration::ZERO, Instant::elapsed);
            let _ = timeout(self.drain.saturating_sub(passed), ledger.rest()).await;
        }
        Ok(())
    }
}

/// Keeps a ledger for as long as this is there.
struct Kept(JoinHandle<()>);

impl Kept {
    fn of(ledger: Arc<Ledger>) -> Self {
        Self(tokio::spawn(async move {
            let pause = Duration::from_secs((ledger.lease_seconds() / 3).max(1));
            loop {
                tokio::time::sleep(pause).await;
                // A store that does not answer refuses every call until it does, and is asked again.
                let _ = ledger.keep().await;
            }
        }))
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.0.abort();
    }
}
