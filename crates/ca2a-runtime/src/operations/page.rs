//! The listener for those who keep a node running.

use std::{future::Future, io, sync::Arc};

use ca2a_core::ErrorCode;
use hyper::{Method, Request, body::Incoming};
use tokio::{net::TcpListener, time::Instant};

use super::{
    Check, Guard, Turned,
    health::{standing, text, told, told_with},
};
use crate::http::{HttpLimits, Outgoing, Service, run};

/// The media type of OpenMetrics 1.0.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Serves `/metrics`, `/healthz` and `/readyz`, on a listener of its own, so that who calls a node does not see them.
#[derive(Debug)]
pub struct Operations {
    guard: Arc<Guard>,
    checks: Arc<[Check]>,
}

impl Operations {
    /// What `guard` counts, and whether `checks` hold, the switch is on and the node is not about to end.
    #[must_use]
    pub fn new(guard: Arc<Guard>, checks: impl Into<Arc<[Check]>>) -> Self {
        Self { guard, checks: checks.into() }
    }

    /// Serves on `listener` until `stop` resolves.
    ///
    /// # Errors
    /// A listener that keeps failing.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()>) -> io::Result<()> {
        let limits = HttpLimits { connections: 64, ..HttpLimits::default() };
        run(listener, Arc::new(self), limits, stop).await
    }

    fn ages(&self) -> Vec<(&'static str, u64)> {
        self.checks.iter().filter_map(Check::age).collect()
    }

    fn metrics(&self) -> Outgoing {
        let metrics = self.guard.metrics();
        metrics.aged(&self.ages());
        text(OPEN_METRICS, metrics.render())
    }

    async fn ready(&self) -> Outgoing {
        let mut checks = self.guard.checks().to_vec();
        checks.extend(standing(&self.checks).await);
        told_with(&checks, &self.ages())
    }
}

impl Service for Operations {
    async fn answer(self: Arc<Self>, request: Request<Incoming>, _: HttpLimits, _: Instant) -> Outgoing {
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/metrics") => self.metrics(),
            (&Method::GET, "/healthz") => told(&[]),
            (&Method::GET, "/readyz") => self.ready().await,
            _ => {
                let why = "there are /metrics, /healthz and /readyz, to be read";
                Turned { code: ErrorCode::NotFound, why, retry_after: None }.answer(request.headers())
            }
        }
    }
}
