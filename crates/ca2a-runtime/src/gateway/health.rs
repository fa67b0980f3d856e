//! Is it there, and may calls be sent to it (GATE-29)?

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{Extension, State},
    http::Response,
    routing::get,
};
use bytes::Bytes;
use http_body_util::Full;
use tokio::sync::Mutex;

use super::{UpstreamAddress, connection::reach};
use crate::{
    node::PeerNode,
    operations::{Guard, told},
};

/// How long an agent may take to accept a connection before it counts as gone.
const PATIENCE: Duration = Duration::from_secs(1);

/// For how long an answer about the agent stands: whoever asks opens no connection to it as often as it likes.
const STANDS: Duration = Duration::from_secs(1);

/// What is looked at.
struct Checked {
    node: Arc<PeerNode>,
    upstream: UpstreamAddress,
    /// Whether the agent took a connection when it was tried last.
    tried: Mutex<Option<(Instant, bool)>>,
}

impl Checked {
    async fn is_reached(&self) -> bool {
        // Who comes meanwhile waits for the one attempt.
        let mut tried = self.tried.lock().await;
        if let Some((_, reached)) = tried.filter(|(when, _)| when.elapsed() < STANDS) {
            return reached;
        }
        let reached = reach(&self.upstream, PATIENCE).await.is_ok();
        *tried = Some((Instant::now(), reached));
        reached
    }
}

/// `/healthz` and `/readyz` of a gateway of `node` before `upstream`.
pub(super) fn routes(node: Arc<PeerNode>, upstream: UpstreamAddress) -> Router {
    Router::new()
        .route("/healthz", get(|| async { told(&[]) }))
        .route("/readyz", get(ready))
        .with_state(Arc::new(Checked { node, upstream, tried: Mutex::default() }))
}

async fn ready(
    State(checked): State<Arc<Checked>>,
    guard: Option<Extension<Arc<Guard>>>,
) -> Response<Full<Bytes>> {
    let ledger = checked.node.ledger();
    let clock = ledger.is_some_and(|ledger| ledger.is_punctual());
    let ledger = ledger.is_some_and(|ledger| ledger.holds_lease());
    let revocations = checked.node.revocations().is_ok_and(|(_, fresh)| fresh);
    let upstream = checked.is_reached().await;
    let mut checks =
        vec![("clock", clock), ("ledger", ledger), ("revocations", revocations), ("upstream", upstream)];
    if let Some(guard) = guard {
        checks.extend(guard.checks());
    }
    told(&checks)
}
