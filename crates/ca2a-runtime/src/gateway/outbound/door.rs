//! Where the local agent finds its peers: a loopback address, a path for each (GATE-60).

use std::{collections::BTreeMap, future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Response, Uri, header, uri::PathAndQuery},
    routing::{any, get},
};
use ca2a_core::ErrorCode;
use tower::ServiceExt as _;

use super::{
    super::at_hand::CallsAtHand,
    Route, RouteError,
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
    request: Duration::from_secs(90),
    connections: 1024,
};

/// For how long a peer is waited for (RUN-95).
const PATIENCE: Duration = Duration::from_secs(60);

/// What a request has beyond that: the peer may have to be found first.
const BESIDE: Duration = Duration::from_secs(30);

/// The peers that a local agent may call.
pub struct Outbound {
    routes: Vec<Route>,
    node: Arc<PeerNode>,
    at_hand: Arc<CallsAtHand>,
    appraisal: Appraisal,
    patience: Duration,
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
        Ok(Self { routes, node, at_hand, appraisal: Arc::new(|peer| peer), patience: PATIENCE })
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

    fn limits(&self) -> ServerLimits {
        ServerLimits { request: self.patience.saturating_add(BESIDE), ..LIMITS }
    }

    /// What is served to the agent, which finds it at `address`.
    pub fn into_router(self, address: SocketAddr) -> Router {
        let limits = self.limits();
        let Self { routes, node, at_hand, appraisal, patience } = self;
        let doors = routes.into_iter().map(|route| {
            let url = format!("http://{address}{PEERS}{}", route.name());
            let name = route.name().to_owned();
            let lines = Lines::new(Arc::clone(&appraisal), patience);
            let forwarder = Forwarder::new(route, Arc::clone(&node), Arc::clone(&at_hand), lines);
            let forwarder = Arc::new(forwarder);
            let card = get(card).with_state(Arc::new((Arc::clone(&forwarder), url)));
            let door = Router::new().route(CARD_PATH, card).fallback_service(door::front(forwarder, limits));
            (name, door)
        });
        let doors: BTreeMap<String, Router> = doors.collect();
        Router::new().fallback(any(enter)).with_state(Arc::new(doors))
    }

    /// Serves at `door` until `stop` resolves.
    ///
    /// # Errors
    /// A listener that is not on a loopback address, or keeps failing.
    pub async fn serve(self, door: impl Into<Door>, stop: impl Future<Output = ()> + Send) -> io::Result<()> {
        let door = door.into();
        let address = door.listener.local_addr()?;
        if !address.ip().is_loopback() {
            let why = "peers are served to this machine alone: the listener must be on a loopback address";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, why));
        }
        let limits = self.limits();
        door::run(door, self.into_router(address), limits, stop).await
    }
}

/// Finds the door that a path begins with.
async fn enter(State(doors): State<Arc<BTreeMap<String, Router>>>, mut request: Request) -> Response<Body> {
    if let Err(why) = is_local(request.headers()) {
        return refused(&Refusal::new(ErrorCode::BadRequest, why));
    }
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

/// Whether a program on this machine asks, and no page in its browser: a name that is made to point here, or an origin, is a
/// page's.
fn is_local(headers: &HeaderMap) -> Result<(), &'static str> {
    if headers.contains_key(header::ORIGIN) {
        return Err("peers are not for the pages of a browser");
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let bare = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    if is_loopback(bare) { Ok(()) } else { Err("the `Host` is not this machine") }
}

async fn card(State(of): State<Arc<(Arc<Forwarder>, String)>>) -> Response<Body> {
    let (forwarder, url) = &*of;
    match forwarder.card(url).await {
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
