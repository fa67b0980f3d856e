//! The server: a layer over raw bytes, then the SDK's bindings, then the gate, then the engine.
//!
//! ```text
//! bytes ─ layer ─► SDK: JSON-RPC, HTTP+JSON, gRPC ─► Gate ─► Engine ─► agent
//!         │ strict JSON, cA2A parsed                 │ version, extensions, fields
//!         │ limits, deadlines                        │ verify, prove, authorize: no task before
//!         └ refusals as their binding has them       └ whose task is it
//! ```

mod admit;
mod at_hand;
mod card;
mod cut;
#[cfg(feature = "gateway")]
pub(crate) mod door;
mod errors;
mod facts;
mod forward;
mod gate;
mod inbound;
mod layer;
mod listen;
mod node_paths;
mod place;
mod refusal;
mod seen;
mod validate;

use std::{future::Future, io, sync::Arc, time::Duration};

use a2a::AgentCard;
use axum::{
    Router,
    routing::{any, get},
};

use super::{
    Engine,
    card::{CardError, CardKey, sign},
};
use crate::{
    config::{A2aBinding, Choice as _},
    http::{CHANNEL_PATH, Door, METADATA_PATH},
    node::PeerNode,
};
use card::Card;
#[cfg(feature = "grpc")]
pub(super) use errors::reason;
#[cfg(feature = "grpc")]
pub(super) use errors::status;
pub use forward::Forwarding;
use futures_util::{FutureExt as _, future::try_join_all};
use gate::Gate;
use layer::Front;
use node_paths::Channel;
pub(super) use refusal::Refusal;
pub(super) use validate::message_parts;
#[cfg(feature = "grpc")]
pub(super) use validate::one_content;

/// Whether a message must carry authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Demand {
    /// Every message; one without cA2A metadata is refused.
    #[default]
    Required,
    /// A message without cA2A metadata is served for everybody; one with it is judged like any other.
    Optional,
}

/// How large, how long, how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerLimits {
    /// Bytes of a request.
    pub max_body: usize,
    /// From the end of a request's head to the end of its body.
    pub body: Duration,
    /// From the begin of a connection, or the end of a request, to the end of the next head. Twice as long at most where the
    /// connection speaks HTTP/2.
    pub head: Duration,
    /// For as long an answer that has something to say may be left lying by its client; twice as long at most.
    pub untaken: Duration,
    /// For an answer, or the first event of a stream.
    pub request: Duration,
    /// Connections at one time; one more waits.
    pub connections: usize,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            max_body: 1 << 20,
            body: Duration::from_secs(10),
            head: Duration::from_secs(30),
            untaken: Duration::from_secs(30),
            request: Duration::from_secs(30),
            connections: 1024,
        }
    }
}

/// An A2A server: a node, the engine that runs its agent, and the card that describes it.
pub struct A2aServer {
    node: Arc<PeerNode>,
    engine: Engine,
    card: Card,
    card_key: Option<Arc<CardKey>>,
    demand: Demand,
    required: Vec<String>,
    bindings: Vec<A2aBinding>,
    limits: ServerLimits,
    forwarding: Option<Forwarding>,
    routes: Router,
}

impl A2aServer {
    /// A server that describes itself by `card` and demands cA2A of every message. Extensions that the card requires are
    /// required.
    ///
    /// # Errors
    /// A card that does not write as JSON.
    pub fn new(node: Arc<PeerNode>, engine: Engine, card: &AgentCard) -> serde_json::Result<Self> {
        let extensions = card.capabilities.extensions.iter().flatten();
        let required = extensions.filter(|extension| extension.required == Some(true));
        Ok(Self {
            node,
            engine,
            required: required.map(|extension| extension.uri.clone()).collect(),
            card: Card::new(serde_json::to_vec(card)?),
            card_key: None,
            demand: Demand::default(),
            bindings: A2aBinding::ALL.to_vec(),
            limits: ServerLimits::default(),
            forwarding: None,
            routes: Router::new(),
        })
    }

    /// Serves `json` as the card, byte for byte: one that is signed.
    #[must_use]
    pub fn with_card_bytes(mut self, json: Vec<u8>) -> Self {
        self.card = Card::new(json);
        self
    }

    /// Signs the card with `key`, and with it that the node's channel is the card's (A2A-81, A2A-88).
    ///
    /// # Errors
    /// A card that cannot be signed so that every reader agrees.
    pub fn signed_by(mut self, key: CardKey) -> Result<Self, CardError> {
        self.card = Card::new(sign(self.card.json(), [&key])?);
        self.card_key = Some(Arc::new(key));
        Ok(self)
    }

    /// Whether a message must carry authority.
    #[must_use]
    pub fn with_demand(mut self, demand: Demand) -> Self {
        self.demand = demand;
        self
    }

    /// Speaks these bindings and no others.
    #[must_use]
    pub fn with_bindings(mut self, bindings: Vec<A2aBinding>) -> Self {
        self.bindings = bindings;
        self
    }

    /// Its limits.
    #[must_use]
    pub fn with_limits(mut self, limits: ServerLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Hands to other nodes of its database what is bound to their channels (GATE-74).
    #[must_use]
    pub fn with_forwarding(mut self, forwarding: Forwarding) -> Self {
        self.forwarding = Some(forwarding);
        self
    }

    /// Serves `routes` too, which belong to no binding.
    #[must_use]
    pub fn with_routes(mut self, routes: Router) -> Self {
        self.routes = routes;
        self
    }

    /// Everything that it serves: JSON-RPC at `/`, HTTP+JSON below it, the card and the node's handshake and metadata
    /// under `/.well-known/`, and gRPC where that is built in.
    pub fn into_router(self) -> Router {
        let Self {
            node,
            engine,
            card,
            card_key,
            demand,
            required,
            bindings: spoken,
            limits,
            forwarding,
            routes,
        } = self;
        let gate = Arc::new(Gate::new(Arc::clone(&node), engine, demand, required));
        let mut bindings = Router::new();
        if spoken.contains(&A2aBinding::JsonRpc) {
            bindings = bindings.merge(a2a_server::jsonrpc::jsonrpc_router(Arc::clone(&gate)));
        }
        if spoken.contains(&A2aBinding::HttpJson) {
            bindings = bindings.merge(a2a_server::rest::rest_router(Arc::clone(&gate)));
        }
        #[cfg(feature = "grpc")]
        if spoken.contains(&A2aBinding::Grpc) {
            bindings = bindings.merge(super::grpc::router(gate, limits.max_body));
        }
        let front = Arc::new(Front { bindings, limits, forwarding });
        let channel = Arc::new(Channel { node, card_key });
        routes
            .route(CHANNEL_PATH, get(node_paths::handshake).with_state(Arc::clone(&channel)))
            .route(METADATA_PATH, get(node_paths::metadata).with_state(channel))
            .route(card::PATH, get(card::serve).with_state(Arc::new(card)))
            .fallback_service(any(layer::handle).with_state(front))
    }

    /// Serves at `door`, a listener or one with TLS around it, until `stop` resolves, and then until the requests at hand
    /// are answered or their time is up.
    ///
    /// # Errors
    /// A listener that keeps failing.
    pub async fn serve(self, door: impl Into<Door>, stop: impl Future<Output = ()> + Send) -> io::Result<()> {
        self.serve_at([door.into()], stop).await
    }

    /// The same at several doors, until one of them fails.
    ///
    /// # Errors
    /// A listener that keeps failing.
    pub async fn serve_at(
        self,
        doors: impl IntoIterator<Item = Door>,
        stop: impl Future<Output = ()> + Send,
    ) -> io::Result<()> {
        let (limits, router, stop) = (self.limits, self.into_router(), stop.shared());
        let doors = doors.into_iter().map(|door| listen::run(door, router.clone(), limits, stop.clone()));
        try_join_all(doors).await.map(drop)
    }
}
