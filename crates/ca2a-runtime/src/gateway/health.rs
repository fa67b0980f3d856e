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
    operations::{Check, Guard, standing, told},
};

/// How long an agent may take to accept a connection before it counts as gone.
const PATIENCE: Duration = Duration::from_secs(1);

/// For how long an answer about the agent stands: whoever asks opens no connection to it as often as it likes.
const STANDS: Duration = Duration::from_secs(1);

/// The agent, as it was met last.
struct Met {
    upstream: UpstreamAddress,
    /// Whether it took a connection when it was tried last.
    tried: Mutex<Option<(Instant, bool)>>,
}

impl Met {
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

/// What must hold for a gateway of `node` before `upstream`.
pub(super) fn checks(node: &Arc<PeerNode>, upstream: UpstreamAddress) -> Arc<[Check]> {
    let met = Arc::new(Met { upstream, tried: Mutex::default() });
    let is_reached = move || {
        let met = Arc::clone(&met);
        async move { met.is_reached().await }
    };
    let mut checks = Check::all_of(node);
    checks.push(Check::looked_for("upstream", is_reached));
    checks.into()
}

/// `/healthz`, and `/readyz` with `checks`.
pub(super) fn routes(checks: Arc<[Check]>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { told(&[]) }))
        .route("/readyz", get(ready))
        .with_state(checks)
}

async fn ready(
    State(checks): State<Arc<[Check]>>,
    guard: Option<Extension<Arc<Guard>>>,
) -> Response<Full<Bytes>> {
    let mut standing = standing(&checks).await;
    if let Some(guard) = guard {
        standing.extend(guard.checks());
    }
    told(&standing)
}
