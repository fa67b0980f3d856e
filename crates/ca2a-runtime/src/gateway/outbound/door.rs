//! Where the local agent finds its peers: a loopback address, a path for each (GATE-60), and a port for each that is spoken to
//! over gRPC, which knows no paths (GATE-75).

use std::{collections::BTreeMap, future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{
        HeaderValue, Response, Uri, header,
        uri::{Authority, PathAndQuery},
    },
    middleware::{self, Next},
    routing::{any, get},
};
use ca2a_core::ErrorCode;
use futures_util::{FutureExt as _, future::try_join_all};
use tower::ServiceExt as _;

use super::{
    super::at_hand::CallsAtHand,
    Route, RouteError,
    card::Place,
    forward::Forwarder,
    line::{Appraisal, Lines},
};
use crate::{
    a2a::{
        ServerLimits,
        client::CARD_PATH,
        door::{self, Refusal},
    },
    client::PeerClient,
    host::is_loopback,
    http::Door,
    node::PeerNode,
};

/// What the path of every peer begins with.
pub const PEERS: &str = "/peers/";

/// A request of the agent's: as everywhere, but for the answer of a peer that may itself be a gateway.
const LIMITS: ServerLimits = ServerLimits {
    max_body: 1 << 20,
    body: Duration::from_secs(10),
    head: Duration::from_secs(30),
    untaken: Duration::from_secs(30),
    request: Duration::from_secs(90),
    connections: 1024,
};

/// For how long a peer is waited for (RUN-95).
const PATIENCE: Duration = Duration::from_secs(60);

/// What a request has beyond that: the peer may have to be found first.
const BESIDE: Duration = Duration::from_secs(30);

/// Requests that are with one peer at one time.
const AT_ONCE: usize = 256;

/// The peers that a local agent may call.
pub struct Outbound {
    routes: Vec<Route>,
    node: Arc<PeerNode>,
    at_hand: Arc<CallsAtHand>,
    appraisal: Appraisal,
    patience: Duration,
    at_once: usize,
    ports: BTreeMap<String, Port>,
}

/// A port of one peer's own.
struct Port {
    door: Door,
    address: SocketAddr,
}

impl std::fmt::Debug for Outbound {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = self.routes.iter().map(Route::name).collect::<Vec<_>>();
        out.debug_struct("Outbound").field("peers", &names).finish_non_exhaustive()
    }
}

impl Outbound {
    /// Routes of `node`, for an agent that works on the calls `at_hand`.
    ///
    /// # Errors
    /// Two routes of one name.
    pub fn new(
        routes: Vec<Route>,
        node: Arc<PeerNode>,
        at_hand: Arc<CallsAtHand>,
    ) -> Result<Self, RouteError> {
        let mut names = std::collections::BTreeSet::new();
        if let Some(route) = routes.iter().find(|route| !names.insert(route.name())) {
            return Err(RouteError::Twice(route.name().to_owned()));
        }
        Ok(Self {
            routes,
            node,
            at_hand,
            appraisal: Arc::new(|peer| peer),
            patience: PATIENCE,
            at_once: AT_ONCE,
            ports: BTreeMap::new(),
        })
    }

    /// How the channels of peers are appraised: by whom their hardware is judged, and whether it must be there.
    #[must_use]
    pub fn appraising(mut self, by: impl Fn(PeerClient) -> PeerClient + Send + Sync + 'static) -> Self {
        self.appraisal = Arc::new(by);
        self
    }

    /// For how long a peer is waited for until it answers, or sends the first event of a stream; a minute unless given.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// How many requests are with each peer at one time, a stream's until its end; 256 unless given. One more is refused.
    #[must_use]
    pub fn with_calls_at_once(mut self, calls: usize) -> Self {
        self.at_once = calls;
        self
    }

    fn limits(&self) -> ServerLimits {
        ServerLimits { request: self.patience.saturating_add(BESIDE), ..LIMITS }
    }

    /// Serves the peer `name` over gRPC too, at `door`, and says so in its card (GATE-75).
    ///
    /// # Errors
    /// A name that no route has or that has such a port already, a port that is not on a loopback address, or a build that
    /// speaks no gRPC.
    pub fn with_grpc(mut self, name: &str, door: impl Into<Door>) -> Result<Self, RouteError> {
        if cfg!(not(feature = "grpc")) {
            return Err(RouteError::NoGrpc(name.to_owned()));
        }
        if !self.routes.iter().any(|route| route.name() == name) {
            return Err(RouteError::Unknown(name.chars().take(64).collect()));
        }
        let door = door.into();
        let address = local(&door).ok_or_else(|| RouteError::NotLocal(name.to_owned()))?;
        match self.ports.insert(name.to_owned(), Port { door, address }) {
            None => Ok(self),
            Some(_) => Err(RouteError::Twice(name.to_owned())),
        }
    }

    /// What is served to the agent by path, where it finds that at `address`.
    pub fn into_router(self, address: SocketAddr) -> Router {
        self.at(address).0
    }

    /// What is served by path, and at the ports of single peers.
    fn at(self, address: SocketAddr) -> (Router, Vec<(Door, Router)>) {
        let limits = self.limits();
        let Self { routes, node, at_hand, appraisal, patience, at_once, mut ports } = self;
        let (mut doors, mut own) = (BTreeMap::new(), Vec::with_capacity(ports.len()));
        for route in routes {
            let name = route.name().to_owned();
            let port = ports.remove(&name);
            let grpc = port.as_ref().map(|port| port.address);
            let place = Place { url: format!("http://{address}{PEERS}{name}"), grpc };
            let lines = Lines::new(Arc::clone(&appraisal), patience);
            let forwarder = Forwarder::new(route, Arc::clone(&node), Arc::clone(&at_hand), lines, at_once);
            let forwarder = Arc::new(forwarder);
            let card = get(card).with_state(Arc::new((Arc::clone(&forwarder), place)));
            let card = Router::new().route(CARD_PATH, card);
            own.extend(port.map(|port| (port.door, over_grpc(&card, &forwarder, limits))));
            doors.insert(name, card.fallback_service(door::front(forwarder, limits)));
        }
        let by_path = Router::new().fallback(any(enter)).with_state(Arc::new(doors));
        (by_path.layer(middleware::from_fn(for_this_machine)), own)
    }

    /// Serves at `door`, and at the ports of single peers, until `stop` resolves.
    ///
    /// # Errors
    /// A listener that is not on a loopback address, or keeps failing.
    pub async fn serve(self, door: impl Into<Door>, stop: impl Future<Output = ()> + Send) -> io::Result<()> {
        let door = door.into();
        let Some(address) = local(&door) else {
            let why = "peers are served to this machine alone: the listener must be on a loopback address";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        };
        let (limits, stop) = (self.limits(), stop.shared());
        let (router, own) = self.at(address);
        let doors = own.into_iter().chain([(door, router)]);
        try_join_all(doors.map(|(door, router)| door::run(door, router, limits, stop.clone()))).await?;
        Ok(())
    }
}

/// Where `door` is, if that is on a loopback address.
fn local(door: &Door) -> Option<SocketAddr> {
    door.listener.local_addr().ok().filter(|address| address.ip().is_loopback())
}

/// What is served at the port of one peer: its card, and gRPC.
#[cfg(feature = "grpc")]
fn over_grpc(card: &Router, forwarder: &Arc<Forwarder>, limits: ServerLimits) -> Router {
    let served = card.clone().fallback_service(door::grpc_front(Arc::clone(forwarder), limits));
    served.layer(middleware::from_fn(for_this_machine))
}

/// No peer has a port in a build that speaks no gRPC.
#[cfg(not(feature = "grpc"))]
fn over_grpc(card: &Router, _: &Arc<Forwarder>, _: ServerLimits) -> Router {
    card.clone()
}

/// Finds the door that a path begins with.
async fn enter(State(doors): State<Arc<BTreeMap<String, Router>>>, mut request: Request) -> Response<Body> {
    let path = request.uri().path().strip_prefix(PEERS).unwrap_or_default();
    let (name, rest) = path.split_once('/').unwrap_or((path, ""));
    let Some(door) = doors.get(name).cloned() else {
        return refused(&Refusal::new(ErrorCode::NotFound, "no peer has this path"));
    };
    let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
    let Ok(rest) = format!("/{rest}{query}").parse::<PathAndQuery>() else {
        return refused(&Refusal::new(ErrorCode::NotFound, "no peer has this path"));
    };
    *request.uri_mut() = Uri::from(rest);
    match door.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Lets through what a program on this machine asks.
async fn for_this_machine(request: Request, next: Next) -> Response<Body> {
    match is_local(&request) {
        Ok(()) => next.run(request).await,
        Err(why) => {
            let (head, _) = request.into_parts();
            door::refused(&head, &Refusal::new(ErrorCode::BadRequest, why))
        }
    }
}

/// Whether a program on this machine asks, and no page in its browser: a name that is made to point here, or an origin, is a
/// page's. HTTP/2 has the name in `:authority`, most often alone.
fn is_local(request: &Request) -> Result<(), &'static str> {
    let headers = request.headers();
    if headers.contains_key(header::ORIGIN) {
        return Err("peers are not for the pages of a browser");
    }
    let host = headers.get(header::HOST).map(|host| host.to_str().unwrap_or_default());
    let mut named = host.into_iter().chain(request.uri().authority().map(Authority::as_str)).peekable();
    let is_here = named.peek().is_some() && named.all(|name| is_loopback(without_port(name)));
    if is_here { Ok(()) } else { Err("the `Host` is not this machine") }
}

fn without_port(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
}

async fn card(State(of): State<Arc<(Arc<Forwarder>, Place)>>) -> Response<Body> {
    let (forwarder, place) = &*of;
    match forwarder.card(place).await {
        Ok(card) => {
            let mut response = Response::new(Body::from(card));
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            response
        }
        Err(error) => {
            // What is wrong is wrong between this gateway and its peer, whatever the status of the code.
            let mut response = refused(&Refusal::new(error.code(), &error));
            *response.status_mut() = axum::http::StatusCode::BAD_GATEWAY;
            response
        }
    }
}

fn refused(refusal: &Refusal) -> Response<Body> {
    let mut response = Response::new(Body::from(refusal.rest()));
    let status = axum::http::StatusCode::from_u16(refusal.code.http_status());
    *response.status_mut() = status.unwrap_or(axum::http::StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
