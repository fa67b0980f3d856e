//! The listener for those who keep a node running.

use std::{future::Future, io, sync::Arc};

use ca2a_core::ErrorCode;
use hyper::{Method, Request, body::Incoming};
use tokio::{net::TcpListener, time::Instant};

use super::{
    Check, Guard, Turned,
    health::{text, told, told_with},
};
use crate::http::{HttpLimits, Outgoing, Service, run};

/// The media type of OpenMetrics 1.0.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Serves `/metrics`, `/healthz` and `/readyz`, on a listener of its own, so that who calls a node does not see them.
#[derive(Debug)]
pub struct Operations {
    guard: Arc<Guard>,
    checks: Vec<Check>,
}

impl Operations {
    /// What `guard` counts, and whether `checks` hold, the switch is on and the node is not about to end.
    #[must_use]
    pub fn new(guard: Arc<Guard>, checks: Vec<Check>) -> Self {
        Self { guard, checks }
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

    fn ready(&self) -> Outgoing {
        let checks: Vec<_> =
            self.guard.checks().into_iter().chain(self.checks.iter().map(Check::now)).collect();
        told_with(&checks, &self.ages())
    }
}

impl Service for Operations {
    async fn answer(self: Arc<Self>, request: Request<Incoming>, _: HttpLimits, _: Instant) -> Outgoing {
        match (request.method(), request.uri().path()) {
            (&Method::GET, "/metrics") => self.metrics(),
            (&Method::GET, "/healthz") => told(&[]),
            (&Method::GET, "/readyz") => self.ready(),
            _ => {
                let why = "there are /metrics, /healthz and /readyz, to be read";
                Turned { code: ErrorCode::NotFound, why, retry_after: None }.answer(request.headers())
            }
        }
    }
}
