//! Is it there, and may calls be sent to it (GATE-29)?

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{Extension, State},
    http::{HeaderValue, Response, StatusCode, header},
    routing::get,
};
use ca2a_core::json::{Node, Object, to_text};

use super::{UpstreamAddress, connection::reach};
use crate::{node::PeerNode, operations::Guard};

/// How long an agent may take to accept a connection before it counts as gone.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is looked at.
struct Checked {
    node: Arc<PeerNode>,
    upstream: UpstreamAddress,
}

/// `/healthz` and `/readyz` of a gateway of `node` before `upstream`.
pub(super) fn routes(node: Arc<PeerNode>, upstream: UpstreamAddress) -> Router {
    Router::new()
        .route("/healthz", get(|| async { told(&[]) }))
        .route("/readyz", get(ready))
        .with_state(Arc::new(Checked { node, upstream }))
}

async fn ready(State(checked): State<Arc<Checked>>, guard: Option<Extension<Arc<Guard>>>) -> Response<Body> {
    let ledger = checked.node.ledger();
    let clock = ledger.is_some_and(|ledger| ledger.is_punctual());
    let ledger = ledger.is_some_and(|ledger| ledger.holds_lease());
    let revocations = checked.node.revocations().is_ok_and(|(_, fresh)| fresh);
    let upstream = reach(&checked.upstream, PATIENCE).await.is_ok();
    let mut checks =
        vec![("clock", clock), ("ledger", ledger), ("revocations", revocations), ("upstream", upstream)];
    if let Some(guard) = guard {
        checks.extend([("switch", !guard.is_switched_off()), ("draining", !guard.is_draining())]);
    }
    told(&checks)
}

/// Every check by its name; 503 where one does not hold.
fn told(checks: &[(&'static str, bool)]) -> Response<Body> {
    let ready = checks.iter().all(|(_, holds)| *holds);
    let word = |holds: bool| if holds { "ok" } else { "failed" };
    let named: Object<'static> =
        checks.iter().map(|(name, holds)| ((*name).to_owned(), Node::from(word(*holds)))).collect();
    let body = Object::from([("status", Node::from(word(ready))), ("checks", named.into())]);
    let mut response = Response::new(Body::from(to_text(&body.into())));
    if !ready {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
